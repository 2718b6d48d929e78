// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/ask.h>
#include <Actorio/detail/anyfuture.h>
#include <Actorio/detail/askstate.h>
#include <Actorio/detail/futurewatch.h>
#include <Actorio/detail/fwd.h>

#include <QtCore/qfuture.h>
#include <QtCore/qpromise.h>

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <type_traits>

namespace Actorio::Detail {

class ActorCell;

// A coroutine of an actor: every frame is listed in its actor's cell, which resumes it one at a time
// with everything else the actor does, and destroys it when the actor is killed.
class ACTORIO_EXPORT FrameBase : public Pooled
{
public:
    FrameBase(const FrameBase &) = delete;
    FrameBase &operator=(const FrameBase &) = delete;

    // The coroutine stands at an await. False: what it awaits is there already.
    bool awaitAsk(AskBase &ask, std::coroutine_handle<> handle);
    void awaitFuture(const AnyFuture &future, FutureWatchPointer &watch,
                     std::coroutine_handle<> handle);
    void awaitEnded() noexcept;

protected:
    // Of an actor; of the one whose handler is running in this thread, if any.
    explicit FrameBase(const Actor &actor);
    FrameBase();
    virtual ~FrameBase();

    // The coroutine has ended, its result is in its future.
    void ended() noexcept;
    // By the exception that is being handled.
    void failed() noexcept;

private:
    friend class ActorCell;
    friend class AskBase;
    friend class Turn;

    explicit FrameBase(ActorCell *cell);
    virtual const QFutureInterfaceBase &state() const noexcept = 0;
    void requireActor() const;

    ActorCell *m_cell; // null in an actor that does not run: it cannot await
    std::coroutine_handle<> m_handle;
    quint64 m_turn = 0; // the handler it belongs to
    FrameBase *m_older = nullptr; // the frames of a cell, newest first
    FrameBase *m_newer = nullptr;
    AskBase *m_awaitedAsk = nullptr;
    FrameBase *m_awaitedFrame = nullptr;
    FrameBase *m_waiters = nullptr; // the frames that await this one
    FrameBase *m_nextWaiter = nullptr; // another that awaits the same
    bool m_isReady = false;
};

template<class R>
class AskAwaiter
{
public:
    AskAwaiter(FrameBase &frame, AskHandle<R> ask, bool mayMove)
        : m_frame(frame), m_ask(std::move(ask)), m_mayMove(mayMove)
    {
    }
    AskAwaiter(const AskAwaiter &) = delete;
    ~AskAwaiter()
    {
        if (m_isWaiting)
            m_ask->endAwait();
    }
    bool await_ready() const noexcept { return m_ask->isSettled(); }
    bool await_suspend(std::coroutine_handle<> handle)
    {
        return m_isWaiting = m_frame.awaitAsk(*m_ask, handle);
    }
    R await_resume()
    {
        if (m_isWaiting) {
            m_isWaiting = false;
            m_ask->endAwait();
            m_frame.awaitEnded();
        }
        return m_mayMove && !m_ask->isShared() ? m_ask->take() : m_ask->read();
    }

private:
    FrameBase &m_frame;
    const AskHandle<R> m_ask;
    const bool m_mayMove;
    bool m_isWaiting = false;
};

template<class T>
class FutureAwaiter
{
public:
    FutureAwaiter(FrameBase &frame, QFuture<T> future)
        : m_frame(frame), m_future(std::move(future))
    {
    }
    bool await_ready() const { return m_future.isFinished(); }
    void await_suspend(std::coroutine_handle<> handle)
    {
        m_frame.awaitFuture(m_future, m_watch, handle);
    }
    T await_resume()
    {
        m_frame.awaitEnded();
        m_watch.reset();
        return m_future.template value<T>();
    }

private:
    FrameBase &m_frame;
    AnyFuture m_future;
    FutureWatchPointer m_watch;
};

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

    // clang-format off
    template<class T>
    void await_transform(T &&) = delete; // Error: an actor awaits an Ask or a QFuture.
    // clang-format on

protected:
    template<class... Where>
    explicit Frame(Where &...where) : FrameBase(where...), m_future(m_promise.future())
    {
        m_promise.start();
    }

    QPromise<R> m_promise;

private:
    const QFutureInterfaceBase &state() const noexcept override { return stateOf(m_future); }

    const QFuture<R> m_future;
};

// A closure is incomplete in its own body, where only this may be asked.
template<class D>
inline constexpr bool IsActorClass = std::is_convertible_v<std::remove_cvref_t<D> *, Actor *>;

// The promise of a coroutine that is a member function of an actor, or a lambda that one of its handlers calls. No default
// constructor: GCC would take it in silence where the other ones do not fit.
template<class R>
class ActorFrame final : public Frame<R>
{
public:
    template<class D, class... A>
        requires IsActorClass<D>
    ActorFrame(D &actor, A &...) : Frame<R>(actor)
    {
    }
    template<class D, class... A>
        requires(!IsActorClass<D>)
    ActorFrame(D &, A &...)
    {
    }
    template<class T = R>
    void return_value(T &&value)
    {
        this->m_promise.addResult(R(std::forward<T>(value)));
    }
};

template<>
class ActorFrame<void> final : public Frame<void>
{
public:
    template<class D, class... A>
        requires IsActorClass<D>
    ActorFrame(D &actor, A &...) : Frame<void>(actor)
    {
    }
    template<class D, class... A>
        requires(!IsActorClass<D>)
    ActorFrame(D &, A &...)
    {
    }
    void return_void() noexcept { }
};

} // namespace Actorio::Detail

// A member function of an actor, or a lambda in one, that returns a QFuture may be a coroutine.
template<class R, class D, class... A>
    requires std::is_class_v<std::remove_cvref_t<D>>
struct std::coroutine_traits<QFuture<R>, D, A...>
{
    using promise_type = Actorio::Detail::ActorFrame<R>;
};
