// SPDX-License-Identifier: MIT
#include "kernel/waiter_p.h"

#include "kernel/delaypoint_p.h"
#include "kernel/dispatcher_p.h"
#include "kernel/spin_p.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qthread.h>
#include <QtCore/qtimer.h>

#include <algorithm>

namespace Actorio::Detail {

Waiter::Waiter() = default;
Waiter::~Waiter() = default;

bool Waiter::waitUntil(const std::function<bool()> &isDone, QDeadlineTimer deadline)
{
    if (isDone())
        return true;
    QAbstractEventDispatcher *const loop = QAbstractEventDispatcher::instance();
    if (!loop)
        return sleepUntil(isDone, deadline);
    const QThread *const here = QThread::currentThread();
    const auto isHost = [=] { return Dispatcher::anyInThread(here); };
    if (!isHost()) {
        // Sleeps until it is done, or until somebody places an actor here, on which it may depend.
        Dispatcher::addSleeper(here, *this);
        bool isOver = false;
        ACTORIO_DELAY_POINT("waiter.sleep");
        sleepUntil([&] { return (isOver = isDone()) || isHost(); }, deadline);
        Dispatcher::removeSleeper(here, *this);
        if (isOver || deadline.hasExpired())
            return isOver;
    }
    {
        const std::lock_guard lock(m_mutex);
        m_loop = loop;
    }
    QTimer alarm; // makes the loop return at the deadline
    if (!deadline.isForever()) {
        alarm.setSingleShot(true);
        alarm.setTimerType(Qt::PreciseTimer);
        // A timer's interval is an int; a deadline beyond waits for another notification.
        constexpr std::chrono::milliseconds Longest{1'000'000'000};
        alarm.start(std::min(
                Longest,
                std::chrono::ceil<std::chrono::milliseconds>(deadline.remainingTimeAsDuration())));
    }
    bool isOver = false;
    while (!(isOver = isDone()) && !deadline.hasExpired())
        loop->processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::ExcludeUserInputEvents);
    {
        const std::lock_guard lock(m_mutex);
        m_loop = nullptr;
    }
    return isOver;
}

bool Waiter::sleepUntil(const std::function<bool()> &isDone, QDeadlineTimer deadline)
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        lock.unlock();
        if (isDone())
            return true;
        if (deadline.hasExpired())
            return false;
        lock.lock();
        if (deadline.isForever())
            m_condition.wait(lock, [this] { return m_isNotified; });
        else
            m_condition.wait_for(lock, deadline.remainingTimeAsDuration(),
                                 [this] { return m_isNotified; });
        m_isNotified = false;
    }
}

void Completion::sleepUntil(const std::function<bool()> &isDone)
{
    thread_local SpinCredit credit;
    if (credit.isThere()) {
        const bool inTime = Spin::until([this] { return isOver(); });
        credit.spun(inTime);
        if (inTime)
            return;
    }
    const auto begin = std::chrono::steady_clock::now();
    waiter.sleepUntil([&] { return isOver() || isDone(); },
                      QDeadlineTimer(QDeadlineTimer::Forever));
    credit.slept(std::chrono::steady_clock::now() - begin);
}

void Waiter::notify()
{
    const std::lock_guard lock(m_mutex);
    m_isNotified = true;
    if (m_loop)
        m_loop->wakeUp();
    m_condition.notify_all();
}

} // namespace Actorio::Detail
