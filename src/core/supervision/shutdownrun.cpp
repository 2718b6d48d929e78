// SPDX-License-Identifier: MIT
#include "supervision/shutdownrun_p.h"

#include "kernel/logging_p.h"
#include "kernel/tsan_p.h"
#include "kernel/waiter_p.h"

#include <Actorio/detail/timespan.h>
#include <Actorio/error.h>
#include <Actorio/stopreason.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>

#include <algorithm>
#include <utility>

namespace Actorio::Detail {

ShutdownRun::ShutdownRun(std::shared_ptr<ShutdownPlan> plan, std::shared_ptr<Clock> clock,
                         std::function<void(const QString &)> phaseBegan,
                         std::function<void()> finished)
    : m_plan(std::move(plan)), m_clock(std::move(clock)), m_phaseBegan(std::move(phaseBegan)),
      m_finished(std::move(finished)), m_jumpToken(m_clock->onJump([this] { wake(); })),
      m_timer(this)
{
    m_promise.start();
    m_future = m_promise.future();
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, [this] { check(); });
}

ShutdownRun::~ShutdownRun() = default;

void ShutdownRun::wake()
{
    auto *const event = new QEvent(QEvent::User);
    ACTORIO_TSAN_RELEASE(this);
    QCoreApplication::postEvent(this, event);
}

bool ShutdownRun::event(QEvent *event)
{
    if (event->type() != QEvent::User)
        return QObject::event(event);
    ACTORIO_TSAN_ACQUIRE(this);
    bool isBegun = false;
    {
        const QMutexLocker locker(&m_plan->mutex);
        isBegun = m_plan->isBegun;
    }
    if (isBegun && !std::exchange(m_hasStarted, true))
        beginNextPhase();
    else
        check();
    return true;
}

// The tasks of the next phase that has any; none: there is no such phase.
std::vector<ShutdownPlan::Task> ShutdownRun::takePhase()
{
    std::vector<ShutdownPlan::Task> tasks;
    const QMutexLocker locker(&m_plan->mutex);
    while (tasks.empty() && ++m_plan->begun < m_plan->phases.count()) {
        m_phase = std::as_const(m_plan->phases).at(m_plan->begun);
        for (auto it = m_plan->tasks.begin(); it != m_plan->tasks.end();) {
            if (it->second.phase == m_phase.name) {
                tasks.push_back(std::move(it->second));
                it = m_plan->tasks.erase(it);
            } else {
                ++it;
            }
        }
    }
    return tasks;
}

void ShutdownRun::beginNextPhase()
{
    std::vector<ShutdownPlan::Task> tasks = takePhase();
    if (tasks.empty())
        return finish();
    m_deadline =
            m_clock->now() + std::max(nanosecondsOf(m_phase.deadline), std::chrono::nanoseconds(0));
    m_failed.clear();
    m_phaseBegan(m_phase.name);
    start(std::move(tasks));
    m_isWaiting = true;
    wake();
}

// A task may run an event loop: nothing is looked at before all have begun.
void ShutdownRun::start(std::vector<ShutdownPlan::Task> tasks)
{
    for (ShutdownPlan::Task &task : tasks) {
        AnyFuture future;
        try {
            future = task.function();
        } catch (...) {
            failed(task.name, std::current_exception());
            continue;
        }
        if (!future)
            continue;
        FutureWatchPointer watch(new FutureWatch(future, [this] { wake(); }));
        m_running.push_back({std::move(task), std::move(future), std::move(watch)});
    }
}

void ShutdownRun::check()
{
    if (!m_isWaiting)
        return;
    for (Running &running : m_running) {
        if (!running.future.isFinished())
            continue;
        try {
            if (running.future.isCancelledOnly())
                throw Cancelled(QStringLiteral("its future was cancelled, or its promise dropped"));
            running.future.rethrowFailure();
        } catch (const Cancelled &error) {
            failed(running.task.name, std::make_exception_ptr(error));
        } catch (...) {
            // A QFuture<void> without a result is no failure.
            failed(running.task.name, std::current_exception());
        }
        running.watch.reset();
    }
    m_running.erase(std::remove_if(m_running.begin(), m_running.end(),
                                   [](const Running &running) { return !running.watch; }),
                    m_running.end());
    if (m_running.empty())
        return endPhase();
    if (m_clock->now() >= m_deadline)
        return expire();
    const std::chrono::milliseconds sleep = m_clock->sleepUntil(m_deadline);
    if (sleep != std::chrono::milliseconds::max())
        m_timer.start(sleep);
}

void ShutdownRun::expire()
{
    QStringList names;
    for (const Running &running : m_running)
        names.append(running.task.name);
    qCWarning(lcCore).noquote() << "Shutdown phase" << m_phase.name << "is over after"
                                << m_phase.deadline.count() << "ms without"
                                << names.join(QStringLiteral(", "));
    m_failed += names;
    m_running.clear();
    endPhase();
}

void ShutdownRun::failed(const QString &task, const std::exception_ptr &error)
{
    qCWarning(lcCore).noquote() << "Task" << task << "of the shutdown phase" << m_phase.name
                                << "has failed:" << StopReason::failure(error).message();
    m_failed.append(task);
}

void ShutdownRun::endPhase()
{
    m_isWaiting = false;
    m_timer.stop();
    if (m_failed.isEmpty() || m_phase.recovers)
        return beginNextPhase();
    const QString text = QStringLiteral("The shutdown has ended with its phase %1, which does not "
                                        "recover from the failure of %2")
                                 .arg(m_phase.name, m_failed.join(QStringLiteral(", ")));
    qCWarning(lcCore).noquote() << text;
    m_promise.setException(Error(text));
    finish();
}

void ShutdownRun::finish()
{
    {
        const QMutexLocker locker(&m_plan->mutex);
        m_plan->begun = m_plan->phases.count();
        m_plan->isOver = true;
        for (Waiter *const waiter : m_plan->waiters)
            waiter->notify();
    }
    m_promise.finish();
    m_finished();
}

} // namespace Actorio::Detail
