// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/ask.h>
#include <Actorio/detail/askstate.h>
#include <Actorio/detail/frame.h>

#include <QtCore/qfuture.h>

#include <chrono>
#include <coroutine>

namespace Actorio::Detail {

// What stands between a coroutine of an actor and what it awaits.

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
    FutureAwaiter(FrameBase &frame, QFuture<T> future) : m_frame(frame), m_future(std::move(future))
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

class ACTORIO_EXPORT DelayAwaiter final : private TimerEntry
{
public:
    DelayAwaiter(FrameBase &frame, std::chrono::nanoseconds delay) : m_frame(frame), m_delay(delay)
    {
    }
    DelayAwaiter(const DelayAwaiter &) = delete;
    ~DelayAwaiter()
    {
        if (place != NoPlace)
            m_frame.stopTimer(*this);
    }
    bool await_ready() const noexcept { return false; } // no time at all lets others have a turn
    void await_suspend(std::coroutine_handle<> handle)
    {
        m_frame.awaitTimer(*this, m_delay, handle);
    }
    void await_resume() const noexcept { }

private:
    void expired() noexcept override { m_frame.goOn(); }

    FrameBase &m_frame;
    const std::chrono::nanoseconds m_delay;
};

} // namespace Actorio::Detail
