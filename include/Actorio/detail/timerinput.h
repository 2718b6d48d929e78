// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/envelope.h>
#include <Actorio/detail/inputhandler.h>
#include <Actorio/detail/inputsource.h>
#include <Actorio/detail/timerentry.h>
#include <Actorio/schedule.h>

#include <memory>
#include <optional>

namespace Actorio::Detail {

// A timer in the heap of the actor's dispatcher.
class ACTORIO_EXPORT TimerSource : public InputSource, private TimerEntry
{
public:
    const QString &key() const noexcept { return m_key; }

protected:
    TimerSource(const Schedule &schedule, int limit);
    // Starts it for the next time: a period after the last, or, if that is over, when the next one would be.
    void startAgain();
    bool isStarted() const noexcept { return place != NoPlace; }
    bool isWithoutPause() const noexcept { return m_interval.count() == 0; }

private:
    void arm() override;
    void disarm() noexcept override;
    void expired() noexcept override { due(); }
    virtual void due() = 0;

    const std::chrono::nanoseconds m_interval;
    const QString m_key;
};

// A timer with a handler. What it missed while its actor was busy is one tick.
template<class H>
class TimerInput final : public TimerSource
{
public:
    TimerInput(const Schedule &schedule, H handler, int limit)
        : TimerSource(schedule, limit), m_handler(std::move(handler))
    {
    }

private:
    void due() override
    {
        m_isDue = true;
        notify();
    }
    News look() override { return m_isDue ? News::Something : News::Nothing; }
    void release() noexcept override { m_handler.reset(); }
    AnyFuture fire() override
    {
        m_isDue = false;
        return callHandler(*m_handler);
    }
    void goOn() override { startAgain(); }

    std::optional<H> m_handler;
    bool m_isDue = false;
};

// A timer with a message. It tells without waiting for its actor's turn, unless its last message has not been handled yet.
template<class A, class M>
class MessageTimer final : public TimerSource
{
public:
    MessageTimer(const Schedule &schedule, Ref<Address> target, M message, Ref<Address> sender,
                 int limit)
        : TimerSource(schedule, limit), m_target(std::move(target)), m_sender(std::move(sender)),
          m_untilEnd(schedule.isOnce() ? 1 : limit),
          m_message(std::make_shared<const M>(std::move(message)))
    {
    }

    // Whoever handles the message asks for it, in any thread.
    std::optional<M> take()
    {
        std::shared_ptr<const M> message;
        {
            const QMutexLocker locker(&mutex());
            m_isQueued = false;
            if (m_untilEnd == 0 || isWithoutPause())
                notifyLocked();
            if (m_isRevoked || !m_message)
                return {};
            message = m_isOver ? std::move(m_message) : m_message;
        }
        return *message;
    }

private:
    void due() override
    {
        bool isWanted = false;
        {
            const QMutexLocker locker(&mutex());
            isWanted = !std::exchange(m_isQueued, true);
            if (isWanted && m_untilEnd != Endless)
                --m_untilEnd;
        }
        if (isWanted
            && !m_target->post(
                    new LazyEnvelope<A, M, MessageTimer>(Ref<MessageTimer>(this), m_sender)))
            m_isRefused = true;
        if (m_isRefused)
            notify();
        else if (m_untilEnd > 0 && !isWithoutPause())
            startAgain();
    }
    News look() override
    {
        const QMutexLocker locker(&mutex());
        if (m_isRefused || (m_untilEnd == 0 && !m_isQueued))
            return News::End;
        if (isWithoutPause() && !m_isQueued && !isStarted())
            startAgain(); // as soon as its last message is handled: there is no other pace
        return News::Nothing;
    }
    AnyFuture fire() override { return {}; }
    // What the message holds may hold this.
    void release() noexcept override
    {
        std::shared_ptr<const M> message; // goes without the mutex
        const QMutexLocker locker(&mutex());
        m_isOver = true;
        if (!m_isQueued || m_isRevoked)
            message.swap(m_message);
    }
    void revoke() noexcept override
    {
        const QMutexLocker locker(&mutex());
        m_isRevoked = true;
    }
    void revokeOwn() noexcept override
    {
        if (m_target.get() == home())
            revoke();
    }

    const Ref<Address> m_target;
    const Ref<Address> m_sender;
    // Guarded by the mutex; the first is written in the actor's thread only.
    int m_untilEnd;
    std::shared_ptr<const M> m_message; // null once nobody will take it
    bool m_isOver = false;
    bool m_isQueued = false;
    bool m_isRevoked = false;
    bool m_isRefused = false; // the actor's thread
};

} // namespace Actorio::Detail
