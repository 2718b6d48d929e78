// SPDX-License-Identifier: MIT
#include "kernel/linux/epolldispatcher_p.h"

#include "kernel/linux/timeleft_p.h"
#include "kernel/tsan_p.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace Actorio::Detail {

std::unique_ptr<EpollDispatcher> EpollDispatcher::make()
{
    const int wakeUp = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wakeUp < 0)
        return nullptr;
    std::unique_ptr<EpollDispatcher> dispatcher(new EpollDispatcher(wakeUp));
    if (!dispatcher->m_notifiers.isValid())
        return nullptr;
    return dispatcher;
}

EpollDispatcher::EpollDispatcher(int wakeUp) : m_wakeUp(wakeUp), m_notifiers(wakeUp) { }

EpollDispatcher::~EpollDispatcher()
{
    // Whoever has called wakeUp() did so before: Qt, or its caller, sees to that by means that cannot be seen.
    ACTORIO_TSAN_ACQUIRE(this);
    close(m_wakeUp);
}

bool EpollDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags)
{
    const bool hasNotifiers = !flags.testFlag(QEventLoop::ExcludeSocketNotifiers);
    const bool hasTimers = !flags.testFlag(QEventLoop::X11ExcludeTimers);
    const quint64 pass = ++m_passes;
    const auto hasNested = [&] {
        return m_passes != pass;
    }; // a handler ran an event loop of its own
    m_isInterrupted.store(false, std::memory_order_relaxed);
    // Before what was posted is sent, so that whoever posts later wakes again. Acquire: pairs with wakeUp().
    bool hasWorked = m_state.exchange(State::Awake, std::memory_order_acq_rel) == State::Woken;
    Q_EMIT awake();
    QCoreApplication::sendPostedEvents();

    // A nested event loop took the wake-ups and interrupts that came meanwhile, and they may have been for this one.
    const auto mayWait = [&] {
        return flags.testFlag(QEventLoop::WaitForMoreEvents) && !hasWorked && !hasNested();
    };
    if (mayWait() && !isInterrupted())
        Q_EMIT aboutToBlock();
    if (isInterrupted())
        return false; // whatever was sent: who passes until nothing is left to do shall stop

    if (hasNotifiers)
        m_notifiers.update();
    bool sleeps = mayWait() && !(hasNotifiers && m_notifiers.isReady());
    if (sleeps && !fallAsleep()) {
        sleeps = false;
        hasWorked = true;
    }
    const TimePoint until = !sleeps ? TimePoint::min()
            : hasTimers             ? m_timers.earliest()
                                    : TimePoint::max();
    EpollSet::Ready buffer;
    std::span<const epoll_event> ready;
    if (hasNotifiers && (sleeps || !m_notifiers.isEmpty()))
        ready = m_notifiers.wait(until, buffer);
    else if (sleeps)
        waitWithoutNotifiers(until);

    if (sleeps) {
        hasWorked = m_state.exchange(State::Awake, std::memory_order_acq_rel) == State::Woken;
        Q_EMIT awake();
        // At once, which saves a pass. One that was interrupted returns to an event loop that may end.
        if (hasWorked && !isInterrupted())
            QCoreApplication::sendPostedEvents();
        if (isInterrupted() || hasNested()) // by then what was ready may not be so any more
            return true;
        if (hasWorked && !ready.empty()) // nor here: what was posted may have seen to it
            ready = m_notifiers.wait(TimePoint::min(), buffer);
    }
    if (hasNotifiers && m_notifiers.activate(ready) > 0)
        hasWorked = true;
    return (hasTimers && m_timers.fire()) || hasWorked;
}

// False: somebody has woken it since.
bool EpollDispatcher::fallAsleep()
{
    State awake = State::Awake;
    return m_state.compare_exchange_strong(awake, State::Asleep, std::memory_order_acq_rel);
}

void EpollDispatcher::waitWithoutNotifiers(TimePoint until)
{
    pollfd wakeUp{m_wakeUp, POLLIN, 0};
    while (poll(&wakeUp, 1, millisecondsLeft(until)) < 0 && errno == EINTR) { }
    // Nobody else reads it, and poll() would find it written for ever.
    eventfd_t count = 0;
    eventfd_read(m_wakeUp, &count);
}

void EpollDispatcher::wakeUp()
{
    // Only a thread that may be in its wait needs the system call, and only from one of those that wake it.
    if (m_state.exchange(State::Woken, std::memory_order_acq_rel) == State::Asleep)
        eventfd_write(m_wakeUp, 1);
    ACTORIO_TSAN_RELEASE(this);
}

void EpollDispatcher::interrupt()
{
    m_isInterrupted.store(true, std::memory_order_relaxed);
    wakeUp();
}

void EpollDispatcher::registerSocketNotifier(QSocketNotifier *notifier)
{
    if (QThread::currentThread() != thread()) {
        qWarning("QSocketNotifier: Socket notifiers cannot be enabled from another thread");
        return;
    }
    m_notifiers.add(notifier);
}

void EpollDispatcher::unregisterSocketNotifier(QSocketNotifier *notifier)
{
    if (QThread::currentThread() != thread()) {
        qWarning("QSocketNotifier: Socket notifiers cannot be disabled from another thread");
        return;
    }
    m_notifiers.remove(notifier);
}

void EpollDispatcher::registerTimer(int id, qint64 interval, Qt::TimerType type, QObject *object)
{
    m_timers.add(id, std::chrono::milliseconds(interval), type, object);
}

bool EpollDispatcher::unregisterTimer(int id)
{
    return m_timers.remove(id);
}

bool EpollDispatcher::unregisterTimers(QObject *object)
{
    return m_timers.removeAll(object);
}

QList<QAbstractEventDispatcher::TimerInfo> EpollDispatcher::registeredTimers(QObject *object) const
{
    return m_timers.of(object);
}

int EpollDispatcher::remainingTime(int id)
{
    return m_timers.remaining(id);
}

} // namespace Actorio::Detail
