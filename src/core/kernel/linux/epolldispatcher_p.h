// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/linux/epollset_p.h"
#include "kernel/looptimers_p.h"

#include <Actorio/global.h>

#include <QtCore/qabstracteventdispatcher.h>

#include <atomic>
#include <memory>

namespace Actorio::Detail {

// An event dispatcher on epoll: how much a wait costs does not depend on how many sockets are idle, and waking a thread
// that is awake costs no system call. It behaves as Qt's UNIX dispatcher does, for objects that cannot tell. All but
// wakeUp() and interrupt() is for its own thread.
class ACTORIO_AUTOTEST_EXPORT EpollDispatcher final : public QAbstractEventDispatcher
{
    Q_OBJECT
public:
    // Null: the system refuses.
    static std::unique_ptr<EpollDispatcher> make();
    ~EpollDispatcher() override;

    bool processEvents(QEventLoop::ProcessEventsFlags flags) override;

    void registerSocketNotifier(QSocketNotifier *notifier) override;
    void unregisterSocketNotifier(QSocketNotifier *notifier) override;

    void registerTimer(int id, qint64 interval, Qt::TimerType type, QObject *object) override;
    bool unregisterTimer(int id) override;
    bool unregisterTimers(QObject *object) override;
    QList<TimerInfo> registeredTimers(QObject *object) const override;
    int remainingTime(int id) override;

    void wakeUp() override;
    void interrupt() override;

private:
    enum class State { Awake, Asleep, Woken };

    explicit EpollDispatcher(int wakeUp);
    bool isInterrupted() const { return m_isInterrupted.load(std::memory_order_relaxed); }
    bool fallAsleep();
    void waitWithoutNotifiers(TimePoint until);

    const int m_wakeUp; // an eventfd
    EpollSet m_notifiers;
    LoopTimers m_timers;
    quint64 m_passes = 0;
    std::atomic<State> m_state{State::Awake};
    std::atomic<bool> m_isInterrupted{false}; // published by m_state
};

} // namespace Actorio::Detail
