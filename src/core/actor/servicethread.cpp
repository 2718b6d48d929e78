// SPDX-License-Identifier: MIT
#include "actor/servicethread_p.h"

#include "actor/systemcore_p.h"

#include "kernel/tsan_p.h"
#include "kernel/workerthread_p.h"

#include <Actorio/detail/askstate.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qfuturewatcher.h>
#include <QtCore/qobject.h>

namespace Actorio::Detail {

// The service's object in its thread.
class ServiceThread::Servant final : public QObject
{
public:
    explicit Servant(ServiceThread &service) : m_service(&service) { }
    // The service may be gone when this function has returned.
    void leave() { m_service = nullptr; }

    bool event(QEvent *event) override
    {
        ACTORIO_TSAN_ACQUIRE(this);
        if (event->type() != QEvent::User && event->type() != QEvent::Timer)
            return QObject::event(event);
        if (m_service)
            m_service->serve(*this);
        return true;
    }
    void sleep(std::chrono::milliseconds time)
    {
        if (m_timer)
            killTimer(m_timer);
        m_timer = time == std::chrono::milliseconds::max() ? 0 : startTimer(time, Qt::PreciseTimer);
    }

private:
    ServiceThread *m_service;
    int m_timer = 0;
};

namespace {

// Lives in the service's thread until the future has finished; takes over a hold on the ask.
class CancelWatch final : public QFutureWatcher<void>
{
public:
    CancelWatch(AskBase &ask, const QFuture<void> &future, QObject *parent)
        : QFutureWatcher<void>(parent), m_ask(ask)
    {
        connect(this, &QFutureWatcherBase::canceled, this, [this] { m_ask.cancel(); });
        connect(this, &QFutureWatcherBase::finished, this, &QObject::deleteLater);
        setFuture(future);
    }
    ~CancelWatch() override { m_ask.release(); }

private:
    AskBase &m_ask;
};

} // namespace

ServiceThread::ServiceThread(SystemCore &core, QString name, std::shared_ptr<Clock> clock)
    : m_core(core), m_name(std::move(name)), m_clock(std::move(clock))
{
    // Not under the mutex: a jump holds the clock's and takes ours.
    m_jumpToken = m_clock->onJump([this] {
        const QMutexLocker locker(&m_mutex);
        wake();
    });
}

ServiceThread::~ServiceThread()
{
    end();
}

void ServiceThread::start()
{
    if (m_thread)
        return;
    m_thread = new WorkerThread(m_name + QStringLiteral("-service"));
    m_servant = new Servant(*this);
    m_servant->moveToThread(m_thread);
    m_thread->atEnd([servant = m_servant] { delete servant; });
    m_thread->start();
    m_core.serviceStarts(); // our mutex, then the core's: nobody takes them the other way round
}

void ServiceThread::wake()
{
    if (!m_servant)
        return;
    auto *const event = new QEvent(QEvent::User);
    ACTORIO_TSAN_RELEASE(m_servant);
    QCoreApplication::postEvent(m_servant, event);
}

void ServiceThread::add(ServiceTimer &timer)
{
    {
        const QMutexLocker locker(&m_mutex);
        if (!m_isEnded) {
            if (timer.isInService || timer.isOver())
                return;
            timer.isInService = true;
            timer.hold();
            const TimePoint earliest = m_timers.earliest();
            m_timers.add(timer);
            if (timer.deadline < earliest) {
                start();
                wake();
            }
            return;
        }
    }
    timer.systemEnded();
}

void ServiceThread::remove(ServiceTimer &timer)
{
    {
        const QMutexLocker locker(&m_mutex);
        if (!timer.isInService)
            return;
        timer.isInService = false;
        m_timers.remove(timer);
    }
    timer.release();
}

void ServiceThread::serve(Servant &servant)
{
    // What hears of a timeout may shut the system down, and drop it.
    const Ref<SystemCore> core(&m_core);
    std::vector<Watched> toWatch;
    {
        const QMutexLocker locker(&m_mutex);
        toWatch.swap(m_toWatch);
    }
    for (const Watched &watched : toWatch) {
        if (watched.ask->isSettled())
            watched.ask->release();
        else
            new CancelWatch(*watched.ask, watched.future.toVoid(), &servant);
    }
    toWatch.clear();

    for (;;) {
        ServiceTimer *timer = nullptr;
        {
            const QMutexLocker locker(&m_mutex);
            timer = static_cast<ServiceTimer *>(m_timers.takeExpired(m_clock->now()));
            if (m_isEnded)
                return;
            if (!timer) {
                servant.sleep(m_timers.isEmpty() ? std::chrono::milliseconds::max()
                                                 : m_clock->sleepUntil(m_timers.earliest()));
                return;
            }
            timer->isInService = false;
        }
        timer->expired();
        timer->release();
    }
}

void ServiceThread::watch(AnyFuture future, AskBase &ask)
{
    const QMutexLocker locker(&m_mutex);
    if (m_isEnded)
        return;
    start();
    ask.hold(); // the watch's
    m_toWatch.push_back({std::move(future), &ask});
    if (m_toWatch.size() == 1)
        wake();
}

void ServiceThread::end()
{
    std::vector<ServiceTimer *> timers;
    std::vector<Watched> toWatch;
    WorkerThread *thread = nullptr;
    std::shared_ptr<void> jumpToken; // dropped outside: a jump takes the mutex
    {
        const QMutexLocker locker(&m_mutex);
        m_isEnded = true;
        jumpToken.swap(m_jumpToken);
        while (TimerEntry *const entry = m_timers.takeAny()) {
            timers.push_back(static_cast<ServiceTimer *>(entry));
            timers.back()->isInService = false;
        }
        toWatch.swap(m_toWatch);
        thread = std::exchange(m_thread, nullptr);
        if (m_servant && thread == QThread::currentThread())
            m_servant->leave();
        m_servant = nullptr; // its thread deletes it
    }
    jumpToken.reset();
    for (ServiceTimer *const timer : timers) {
        timer->systemEnded();
        timer->release();
    }
    for (const Watched &watched : toWatch)
        watched.ask->release();
    if (!thread)
        return;
    thread->quit();
    if (thread == QThread::currentThread()) {
        Threads::joinLater(thread);
    } else {
        thread->join();
        delete thread;
    }
}

} // namespace Actorio::Detail
