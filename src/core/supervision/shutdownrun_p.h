// SPDX-License-Identifier: MIT
#pragma once

#include "actor/futurewatch_p.h"
#include "supervision/shutdownphases_p.h"

#include <Actorio/clock.h>
#include <Actorio/detail/timerentry.h>

#include <QtCore/qmutex.h>
#include <QtCore/qobject.h>
#include <QtCore/qpromise.h>
#include <QtCore/qtimer.h>

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace Actorio::Detail {

class Waiter;

// What a CoordinatedShutdown knows; any thread, under the mutex.
struct ShutdownPlan
{
    struct Task
    {
        QString phase;
        QString name;
        std::function<AnyFuture()> function;
    };

    QMutex mutex;
    ShutdownPhases phases;
    std::map<quint64, Task> tasks; // those that have not begun, oldest first
    quint64 lastTask = 0;
    bool isBegun = false;
    int begun = -1; // the last phase that has begun
    bool isOver = false;
    CoordinatedShutdown::Reason reason = CoordinatedShutdown::Reason::Requested;
    std::vector<Waiter *> waiters; // notified when it is over
};

// Goes through the phases, in its thread.
class ShutdownRun : public QObject
{
public:
    // `phaseBegan` and `finished` are called with the mutex unlocked.
    ShutdownRun(std::shared_ptr<ShutdownPlan> plan, std::shared_ptr<Clock> clock,
                std::function<void(const QString &)> phaseBegan, std::function<void()> finished);
    ~ShutdownRun() override;

    QFuture<void> future() const { return m_future; }
    // Any thread: begins if it is to, or looks what has ended.
    void wake();
    bool event(QEvent *event) override;

private:
    struct Running
    {
        ShutdownPlan::Task task;
        AnyFuture future;
        FutureWatchPointer watch;
    };

    std::vector<ShutdownPlan::Task> takePhase();
    void start(std::vector<ShutdownPlan::Task> tasks);
    void beginNextPhase();
    void check();
    void expire();
    void failed(const QString &task, const std::exception_ptr &error);
    void endPhase();
    void finish();

    const std::shared_ptr<ShutdownPlan> m_plan;
    const std::shared_ptr<Clock> m_clock;
    const std::function<void(const QString &)> m_phaseBegan;
    const std::function<void()> m_finished;
    std::shared_ptr<void> m_jumpToken;
    QTimer m_timer;
    QPromise<void> m_promise;
    QFuture<void> m_future;

    ShutdownPhase m_phase;
    TimePoint m_deadline;
    std::vector<Running> m_running;
    bool m_hasStarted = false;
    bool m_isWaiting = false; // for what is running, all of which has begun
    QStringList m_failed; // tasks of this phase
};

} // namespace Actorio::Detail
