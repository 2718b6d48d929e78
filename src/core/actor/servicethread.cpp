// SPDX-License-Identifier: MIT
#include "actor/servicethread_p.h"

#include <Actorio/detail/askstate.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qfuturewatcher.h>
#include <QtCore/qobject.h>
#include <QtCore/qthread.h>

namespace Actorio::Detail {

// The service's object in its thread.
class ServiceThread::Servant final : public QObject
{
public:
    explicit Servant(ServiceThread &service) : m_service(service) { }

    bool event(QEvent *event) override
    {
        if (event->type() != QEvent::User && event->type() != QEvent::Timer)
            return QObject::event(event);
        m_service.fire();
        return true;
    }
    void sleep(std::chrono::milliseconds time)
    {
        if (m_timer)
            killTimer(m_timer);
        m_timer = time == std::chrono::milliseconds::max() ? 0 : startTimer(time, Qt::PreciseTimer);
    }

private:
    ServiceThread &m_service;
    int m_timer = 0;
};

namespace {

// Lives in the service's thread until the future has finished; holds the ask as long.
class CancelWatch final : public QFutureWatcher<void>
{
public:
    CancelWatch(AskBase &ask, const QFuture<void> &future, QObject *parent)
        : QFutureWatcher<void>(parent), m_ask(ask)
    {
        m_ask.hold();
        connect(this, &QFutureWatcherBase::canceled, this, [this] { m_ask.cancel(); });
        connect(this, &QFutureWatcherBase::finished, this, &QObject::deleteLater);
        setFuture(future);
    }
    ~CancelWatch() override { m_ask.release(); }

private:
    AskBase &m_ask;
};

} // namespace

ServiceThread::ServiceThread(QString name, std::shared_ptr<Clock> clock)
    : m_name(std::move(name)), m_clock(std::move(clock))
{
}

ServiceThread::~ServiceThread()
{
    end();
}

void ServiceThread::start()
{
    if (m_thread)
        return;
    m_thread = new QThread;
    m_thread->setObjectName(m_name + QStringLiteral("-service"));
    m_servant = new Servant(*this);
    m_servant->moveToThread(m_thread);
    m_jumpToken = m_clock->onJump([this] {
        const QMutexLocker locker(&m_mutex);
        wake();
    });
    m_thread->start();
}

void ServiceThread::wake()
{
    if (m_servant)
        QCoreApplication::postEvent(m_servant, new QEvent(QEvent::User));
}

void ServiceThread::add(AskBase &ask)
{
    {
        const QMutexLocker locker(&m_mutex);
        if (!m_isEnded) {
            if (ask.isSettled() || ask.m_isInService)
                return;
            ask.m_isInService = true;
            ask.hold();
            const TimePoint earliest = m_timers.earliest();
            m_timers.add(ask);
            if (ask.deadline < earliest) {
                start();
                wake();
            }
            return;
        }
    }
    ask.withdraw(AskBase::Reason::SystemEnded);
}

void ServiceThread::remove(AskBase &ask)
{
    {
        const QMutexLocker locker(&m_mutex);
        if (!ask.m_isInService)
            return;
        ask.m_isInService = false;
        m_timers.remove(ask);
    }
    ask.release();
}

void ServiceThread::fire()
{
    for (;;) {
        AskBase *ask = nullptr;
        {
            const QMutexLocker locker(&m_mutex);
            ask = static_cast<AskBase *>(m_timers.takeExpired(m_clock->now()));
            if (!ask) {
                m_servant->sleep(m_timers.isEmpty() ? std::chrono::milliseconds::max()
                                                    : m_clock->sleepUntil(m_timers.earliest()));
                return;
            }
            ask->m_isInService = false;
        }
        ask->expired();
        ask->release();
    }
}

void ServiceThread::watch(const QFuture<void> &future, AskBase &ask)
{
    const QMutexLocker locker(&m_mutex);
    if (m_isEnded)
        return;
    start();
    ask.hold();
    const std::shared_ptr<AskBase> held(&ask, [](AskBase *object) { object->release(); });
    QMetaObject::invokeMethod(
            m_servant, [servant = m_servant, held, future] { new CancelWatch(*held, future, servant); },
            Qt::QueuedConnection);
}

void ServiceThread::end()
{
    std::vector<AskBase *> asks;
    QThread *thread = nullptr;
    Servant *servant = nullptr;
    {
        const QMutexLocker locker(&m_mutex);
        m_isEnded = true;
        while (TimerEntry *const entry = m_timers.takeAny()) {
            asks.push_back(static_cast<AskBase *>(entry));
            asks.back()->m_isInService = false;
        }
        thread = std::exchange(m_thread, nullptr);
        servant = std::exchange(m_servant, nullptr);
    }
    m_jumpToken.reset();
    for (AskBase *const ask : asks) {
        ask->withdraw(AskBase::Reason::SystemEnded);
        ask->release();
    }
    if (!thread)
        return;
    thread->quit();
    thread->wait();
    delete servant;
    delete thread;
}

} // namespace Actorio::Detail
