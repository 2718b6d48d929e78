// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/awaiters.h>
#include <Actorio/detail/foreignawaiter.h>
#include <Actorio/detail/frame.h>
#include <Actorio/detail/signalawaiter.h>

#include <QtCore/qfuture.h>
#include <QtCore/qpromise.h>

#include <chrono>
#include <concepts>
#include <coroutine>
#include <exception>
#include <type_traits>

namespace Actorio::Detail {

template<class R>
class Frame : public FrameBase
{
public:
    QFuture<R> get_return_object() { return m_future; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept
    {
        m_promise.finish();
        ended();
        return {};
    }
    void unhandled_exception()
    {
        m_promise.setException(std::current_exception());
        failed();
    }

    template<class T>
    AskAwaiter<T> await_transform(Ask<T> &&ask)
    {
        return {*this, ask.state(), true};
    }
    template<class T>
    AskAwaiter<T> await_transform(Ask<T> &ask)
    {
        return {*this, ask.state(), false};
    }
    template<class T>
    FutureAwaiter<T> await_transform(QFuture<T> future)
    {
        return {*this, std::move(future)};
    }

    template<class Rep, class Period>
    DelayAwaiter await_transform(std::chrono::duration<Rep, Period> delay)
    {
        return {*this, nanosecondsOf(delay)};
    }
    template<class Sender, class C, class... Args>
    EmissionAwaiter<Sender, C, Args...> await_transform(NextEmission<Sender, C, Args...> emission)
    {
        return {*this, emission};
    }
    template<Awaitable T>
    ForeignAwaiter<T> await_transform(T &&awaitable)
    {
        return {*this, std::forward<T>(awaitable)};
    }

    // clang-format off
    template<class T>
    void await_transform(T &&) = delete; // Error: an actor awaits an Ask, a QFuture, a time span, nextEmission(), or what is made to be awaited.
    // clang-format on

protected:
    Frame() : m_future(m_promise.future()) { m_promise.start(); }
    explicit Frame(const Actor &actor) : FrameBase(actor), m_future(m_promise.future())
    {
        m_promise.start();
    }

    QPromise<R> m_promise;

private:
    const QFutureInterfaceBase &state() const noexcept override { return stateOf(m_future); }

    const QFuture<R> m_future;
};

// What a coroutine returns.
template<class R>
class ReturningFrame : public Frame<R>
{
public:
    using Frame<R>::Frame;
    template<class T = R>
    void return_value(T &&value)
    {
        this->m_promise.addResult(R(std::forward<T>(value)));
    }
};
template<>
class ReturningFrame<void> : public Frame<void>
{
public:
    using Frame<void>::Frame;
    void return_void() noexcept { }
};

// The promise of a coroutine that is a member function of an actor. No default constructor: GCC would take it in silence where
// the other one does not fit.
template<class R>
class MemberFrame final : public ReturningFrame<R>
{
public:
    template<class D, class... A>
    MemberFrame(D &actor, A &...) : ReturningFrame<R>(actor)
    {
    }
};

// That of a lambda: its actor is the one whose handler runs. Clang before 17 does not pass the closure.
template<class R>
class LambdaFrame final : public ReturningFrame<R>
{
public:
    LambdaFrame() = default;
    template<class... A>
    LambdaFrame(A &...)
    {
    }
};

// A closure is incomplete in its own body, where only this may be asked.
template<class D>
inline constexpr bool IsActorClass = std::is_convertible_v<std::remove_cvref_t<D> *, Actor *>;

} // namespace Actorio::Detail

// A member function of an actor, or a lambda in one, that returns a QFuture may be a coroutine.
template<class R, class D, class... A>
    requires std::is_class_v<std::remove_cvref_t<D>>
struct std::coroutine_traits<QFuture<R>, D, A...>
{
    using promise_type =
            std::conditional_t<Actorio::Detail::IsActorClass<D>, Actorio::Detail::MemberFrame<R>,
                               Actorio::Detail::LambdaFrame<R>>;
};
