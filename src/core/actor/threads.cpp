// SPDX-License-Identifier: MIT
#include "actor/threads_p.h"

#include "actor/processexit_p.h"
#include "kernel/owneventdispatcher_p.h"

#include <Actorio/actorsystem.h>

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>

#include <algorithm>

namespace Actorio::Detail {

namespace {

// Threads in which their own system was shut down: they end by themselves. Leaked, as they may outlast static objects.
struct ToJoin
{
    QMutex mutex;
    std::vector<WorkerThread *> threads;
};
ToJoin &toJoin()
{
    static auto *const threads = new ToJoin;
    return *threads;
}

QString nameOf(const QThread *thread)
{
    const QCoreApplication *const application = QCoreApplication::instance();
    return application && application->thread() == thread ? QStringLiteral("main")
                                                          : thread->objectName();
}

} // namespace

Threads::Threads(int poolSize, QString name, EventLoop eventLoop, std::shared_ptr<Clock> clock)
    : m_poolSize(poolSize > 0 ? poolSize : std::max(1, QThread::idealThreadCount())),
      m_name(name.isEmpty() ? QStringLiteral("actorio") : std::move(name)), m_eventLoop(eventLoop),
      m_clock(std::move(clock))
{
}

Threads::~Threads() = default;

Ref<Dispatcher> Threads::place(const Placement &placement, QString &problem)
{
    const QMutexLocker locker(&m_mutex);
    if (m_isEnded) {
        problem = QStringLiteral("its system is shut down");
        return {};
    }
    switch (placement.kind()) {
    case Placement::Kind::Pool:
        return placeInPool();
    case Placement::Kind::DedicatedThread:
        return placeInDedicatedThread();
    case Placement::Kind::MainThread:
        return placeInThread(QCoreApplication::instance()->thread(), problem);
    case Placement::Kind::Thread:
        return placeInThread(placement.thread(), problem);
    }
    Q_UNREACHABLE();
    return {};
}

Ref<Dispatcher> Threads::placeInPool()
{
    const auto leastLoaded =
            std::min_element(m_pool.begin(), m_pool.end(), [](const Own &a, const Own &b) {
                return a.dispatcher->cellCount() < b.dispatcher->cellCount();
            });
    Ref<Dispatcher> dispatcher;
    if (static_cast<int>(m_pool.size()) < m_poolSize
        && (m_pool.empty() || leastLoaded->dispatcher->cellCount() > 0)) {
        m_pool.push_back(start(Dispatcher::Kind::Shared,
                               m_name + u'-' + QString::number(m_pool.size() + 1)));
        dispatcher = m_pool.back().dispatcher;
    } else {
        dispatcher = leastLoaded->dispatcher;
    }
    dispatcher->admit();
    return dispatcher;
}

Ref<Dispatcher> Threads::placeInDedicatedThread()
{
    reap();
    m_dedicated.push_back(
            start(Dispatcher::Kind::Dedicated,
                  m_name + QStringLiteral("-dedicated-") + QString::number(++m_dedicatedStarted)));
    m_dedicated.back().dispatcher->admit();
    return m_dedicated.back().dispatcher;
}

Ref<Dispatcher> Threads::placeInThread(QThread *thread, QString &problem)
{
    if (!thread) {
        problem = QStringLiteral("there is no thread to place it on");
        return {};
    }
    const auto isThere = [thread](const Own &own) { return own.thread == thread; };
    for (const std::vector<Own> *const threads : {&m_pool, &m_dedicated}) {
        const auto own = std::find_if(threads->begin(), threads->end(), isThere);
        if (own != threads->end() && own->dispatcher->admit())
            return own->dispatcher;
    }
    for (const Ref<Dispatcher> &guest : m_guests) {
        if (guest->thread() == thread && guest->admit())
            return guest;
    }
    const bool isMain = thread == QCoreApplication::instance()->thread();
    const bool isCurrent = thread == QThread::currentThread();
    // A thread that has just been started makes its event dispatcher first of all.
    for (const QDeadlineTimer patience(std::chrono::milliseconds(200)); !isCurrent
         && !thread->eventDispatcher() && thread->isRunning() && !thread->isFinished()
         && !patience.hasExpired();)
        QThread::yieldCurrentThread();
    if (!thread->isRunning() || thread->isFinished() || !thread->eventDispatcher()
        || (isCurrent && !isMain && thread->loopLevel() == 0)) {
        problem = QStringLiteral("thread \"%1\" runs no event loop: spawn where one runs (a "
                                 "QThread in exec()), "
                                 "or place the actor elsewhere")
                          .arg(thread->objectName());
        return {};
    }
    m_guests.erase(std::remove_if(m_guests.begin(), m_guests.end(),
                                  [](const Ref<Dispatcher> &guest) { return guest->isClosed(); }),
                   m_guests.end());
    const Ref<Dispatcher> dispatcher(new Dispatcher(thread, Dispatcher::Kind::Shared, m_clock));
    if (!isMain)
        dispatcher->endWithThread();
    // It may have ended before it could be heard of.
    if (thread->isFinished() || !dispatcher->admit()) {
        dispatcher->close();
        problem = QStringLiteral("thread \"%1\" is ending").arg(thread->objectName());
        return {};
    }
    m_guests.push_back(dispatcher);
    return dispatcher;
}

Threads::Own Threads::start(Dispatcher::Kind kind, const QString &name)
{
    auto *const thread = new WorkerThread(name);
    const Ref<Dispatcher> dispatcher(
            new Dispatcher(thread, kind, m_clock, [thread] { thread->quit(); }));
    if (m_eventLoop != EventLoop::Qt) {
        if (auto loop = makeOwnEventDispatcher())
            thread->setEventDispatcher(loop.release()); // the thread owns it
    }
    thread->atEnd([dispatcher] { dispatcher->close(); });
    thread->start();
    return {thread, dispatcher};
}

// Joins the dedicated threads whose actors have ended.
void Threads::reap()
{
    const auto reaped = std::remove_if(m_dedicated.begin(), m_dedicated.end(), [](const Own &own) {
        if (!own.thread->isFinished())
            return false;
        own.thread->join();
        delete own.thread;
        return true;
    });
    m_dedicated.erase(reaped, m_dedicated.end());
}

QStringList Threads::join()
{
    std::vector<Own> threads;
    std::vector<Ref<Dispatcher>> guests;
    {
        const QMutexLocker locker(&m_mutex);
        m_isEnded = true;
        threads = std::exchange(m_pool, {});
        threads.insert(threads.end(), m_dedicated.begin(), m_dedicated.end());
        m_dedicated.clear();
        guests = std::exchange(m_guests, {});
    }
    QStringList stuck;
    for (const Own &own : threads) {
        // A thread without cells may still be in the last lines of a drain: that is no reason to give it up.
        own.dispatcher->endWhenEmpty();
        if (own.thread == QThread::currentThread()) {
            joinLater(own.thread);
            continue;
        }
        const bool isEmpty = own.dispatcher->cellCount() == 0;
        if (isEmpty && own.thread->join(QDeadlineTimer(std::chrono::seconds(5)))) {
            delete own.thread;
            continue;
        }
        ProcessExit::threadGivenUp();
        stuck.append(QStringLiteral("thread \"%1\": %2")
                             .arg(own.thread->objectName(), own.dispatcher->describeHandler()));
    }
    for (const Ref<Dispatcher> &guest : guests) {
        guest->refuseCells();
        if (guest->cellCount() == 0)
            guest->close();
        else if (guest->thread() != QThread::currentThread())
            stuck.append(QStringLiteral("thread \"%1\": %2")
                                 .arg(nameOf(guest->thread()), guest->describeHandler()));
    }
    return stuck;
}

void Threads::joinLater(WorkerThread *thread)
{
    const QMutexLocker locker(&toJoin().mutex);
    toJoin().threads.push_back(thread);
}

void Threads::joinThose()
{
    std::vector<WorkerThread *> threads;
    {
        const QMutexLocker locker(&toJoin().mutex);
        threads = std::exchange(toJoin().threads, {});
    }
    for (WorkerThread *const thread : threads) {
        if (thread != QThread::currentThread()
            && thread->join(QDeadlineTimer(ActorSystem::DefaultDeadline)))
            delete thread;
        else
            ProcessExit::threadGivenUp();
    }
}

} // namespace Actorio::Detail
