// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/frame.h>

#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

namespace Actorio::Detail {

// What others have made to be awaited, such as QCoro's tasks.
template<class T>
concept HasMemberAwait = requires(T &&t) { std::forward<T>(t).operator co_await(); };
template<class T>
concept HasFreeAwait = requires(T &&t) { operator co_await(std::forward<T>(t)); };
template<class T>
concept IsAwaiter = requires(T &&t, std::coroutine_handle<> handle) {
    static_cast<bool>(t.await_ready());
    t.await_suspend(handle);
    t.await_resume();
};
template<class T>
concept Awaitable = HasMemberAwait<T> || HasFreeAwait<T> || IsAwaiter<T>;

template<Awaitable T>
decltype(auto) awaiterOf(T &&awaitable)
{
    if constexpr (HasMemberAwait<T>)
        return std::forward<T>(awaitable).operator co_await();
    else if constexpr (HasFreeAwait<T>)
        return operator co_await(std::forward<T>(awaitable));
    else
        return std::forward<T>(awaitable);
}
template<Awaitable T>
using AwaitedOf = decltype(awaiterOf(std::declval<T>()).await_resume());

// A coroutine that belongs to no actor and destroys itself when it has ended: others may resume it at any time.
struct LooseCoroutine
{
    struct promise_type
    {
        LooseCoroutine get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept { }
        void unhandled_exception() noexcept { std::terminate(); } // it catches all
    };
};

// Never hands the actor's own coroutine out: who resumes it by a handle would not know when it is the actor's turn, nor that it has
// been destroyed. A loose one waits instead, and says by a token when that is over; what comes of it is asked for in the actor.
template<Awaitable T>
class ForeignAwaiter
{
public:
    ForeignAwaiter(FrameBase &frame, T &&awaitable)
        : m_frame(frame), m_awaitable(std::forward<T>(awaitable))
    {
    }
    ForeignAwaiter(const ForeignAwaiter &) = delete;
    ~ForeignAwaiter()
    {
        if (m_wait)
            m_wait->revoke();
    }

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle)
    {
        m_wait = Ref<Wait>(new Wait(m_frame.await(handle), std::forward<T>(m_awaitable)));
        run(m_wait);
    }
    AwaitedOf<T> await_resume()
    {
        if (m_wait->error)
            std::rethrow_exception(m_wait->error);
        return m_wait->awaiter.await_resume();
    }

private:
    // A temporary goes along, so that it outlives an actor that is killed.
    using Kept =
            std::conditional_t<std::is_lvalue_reference_v<T> || !std::is_move_constructible_v<T>,
                               T &&, T>;
    struct Wait final : FrameToken
    {
        Wait(FrameToken &&token, T &&given)
            : FrameToken(std::move(token)), awaitable(std::forward<T>(given)),
              awaiter(awaiterOf(std::forward<T>(awaitable)))
        {
        }
        Kept awaitable;
        decltype(awaiterOf(std::declval<T>())) awaiter;
        std::exception_ptr error; // of what begins to wait
    };
    // The part that waits.
    struct Waiting
    {
        bool await_ready() { return static_cast<bool>(wait.awaiter.await_ready()); }
        auto await_suspend(std::coroutine_handle<> handle)
        {
            return wait.awaiter.await_suspend(handle);
        }
        void await_resume() const noexcept { }
        Wait &wait;
    };

    static LooseCoroutine run(Ref<Wait> wait)
    {
        try {
            co_await Waiting{*wait};
        } catch (...) {
            wait->error = std::current_exception();
        }
        FrameToken::goOn(std::move(wait));
    }

    FrameBase &m_frame;
    T &&m_awaitable;
    Ref<Wait> m_wait;
};

} // namespace Actorio::Detail
