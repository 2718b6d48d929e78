// SPDX-License-Identifier: MIT
#include <Actorio/coordinatedshutdown.h>

#include "actor/actorcell_p.h"
#include "actor/systemcore_p.h"
#include "kernel/logging_p.h"
#include "kernel/waiter_p.h"
#include "supervision/shutdownrun_p.h"
#include "supervision/shutdownsignals_p.h"

#include <Actorio/error.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qeventloop.h>
#include <QtCore/qthread.h>

#include <algorithm>

namespace Actorio {

using namespace Detail;

struct ShutdownTask::Data
{
    std::weak_ptr<ShutdownPlan> plan;
    quint64 number;
};

bool ShutdownTask::remove()
{
    const std::shared_ptr<ShutdownPlan> plan = m_data ? m_data->plan.lock() : nullptr;
    if (!plan)
        return false;
    ShutdownPlan::Task task; // the user's code goes outside
    const QMutexLocker locker(&plan->mutex);
    const auto it = plan->tasks.find(m_data->number);
    if (it == plan->tasks.end())
        return false;
    task = std::move(it->second);
    plan->tasks.erase(it);
    return true;
}

namespace {

class Instance
{
public:
    static Instance &get()
    {
        static auto *const instance =
                new Instance; // leaked: other threads may look at the very end
        return *instance;
    }
    CoordinatedShutdown &shutdown()
    {
        const QMutexLocker locker(&m_mutex);
        if (!m_shutdown) {
            m_shutdown = new CoordinatedShutdown;
            qAddPostRoutine([] { get().end(); });
        }
        return *m_shutdown;
    }

private:
    void end()
    {
        CoordinatedShutdown *shutdown = nullptr;
        {
            const QMutexLocker locker(&m_mutex);
            shutdown = std::exchange(m_shutdown, nullptr);
        }
        delete shutdown;
    }

    QMutex m_mutex;
    CoordinatedShutdown *m_shutdown = nullptr;
};

} // namespace

struct CoordinatedShutdown::Private
{
    Private(CoordinatedShutdown *face, CoordinatedShutdownOptions options)
        : q(face), system(options.system), plan(std::make_shared<ShutdownPlan>()),
          run(new ShutdownRun(
                  plan, options.clock ? std::move(options.clock) : Clock::steady(),
                  [face](const QString &phase) { Q_EMIT face->phaseBegan(phase); },
                  [face] { Q_EMIT face->finished(); }))
    {
        run->setParent(face); // which moves it to its thread
        exiting.setParent(face);
    }
    ~Private()
    {
        if (ending)
            ending->wait();
    }

    bool isOver() const
    {
        const QMutexLocker locker(&plan->mutex);
        return plan->isOver;
    }
    void waitInLoop();
    void signalCame(Reason reason);
    AnyFuture endSystems();

    CoordinatedShutdown *const q;
    ActorSystem *const system;
    const std::shared_ptr<ShutdownPlan> plan;
    ShutdownRun *const run; // a child
    std::unique_ptr<QThread> ending; // that of endSystems()
    std::unique_ptr<ShutdownSignals> signalSource;
    QTimer exiting;
};

CoordinatedShutdown::CoordinatedShutdown(CoordinatedShutdownOptions options, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>(this, std::move(options)))
{
    const QCoreApplication *const application = QCoreApplication::instance();
    if (!application)
        throw Error(QStringLiteral(
                "There is no QCoreApplication, which a CoordinatedShutdown is the end of"));
    moveToThread(application->thread());
    const auto quits = [this] {
        d->exiting.stop();
        run(Reason::Quit);
        d->waitInLoop();
    };
    connect(application, &QCoreApplication::aboutToQuit, this, quits, Qt::DirectConnection);
    // A signal may come before exec() has begun, which exit() does not end then.
    connect(&d->exiting, &QTimer::timeout, this, [] { QCoreApplication::exit(0); });
    add(ActorSystemTerminate, QStringLiteral("actor systems"), [this] { return d->endSystems(); });
}

CoordinatedShutdown::~CoordinatedShutdown()
{
    // A private slot of it may still be called while children go.
    delete d->run;
}

CoordinatedShutdown &CoordinatedShutdown::instance()
{
    return Instance::get().shutdown();
}

QStringList CoordinatedShutdown::phases() const
{
    const QMutexLocker locker(&d->plan->mutex);
    return d->plan->phases.names();
}

void CoordinatedShutdown::addPhase(ShutdownPhase phase)
{
    const QMutexLocker locker(&d->plan->mutex);
    if (d->plan->isBegun)
        throw Error(QStringLiteral("The shutdown phase \"%1\" comes too late: the shutdown has "
                                   "begun")
                            .arg(phase.name));
    d->plan->phases.add(std::move(phase));
}

void CoordinatedShutdown::setDeadline(const QString &phase, std::chrono::milliseconds deadline)
{
    const QMutexLocker locker(&d->plan->mutex);
    d->plan->phases.at(phase).deadline = deadline;
}

void CoordinatedShutdown::setRecovers(const QString &phase, bool recovers)
{
    const QMutexLocker locker(&d->plan->mutex);
    d->plan->phases.at(phase).recovers = recovers;
}

ShutdownTask CoordinatedShutdown::add(const QString &phase, const QString &name, Function function)
{
    {
        const QMutexLocker locker(&d->plan->mutex);
        d->plan->phases.at(phase); // or throws
        if (d->plan->phases.indexOf(phase) > d->plan->begun) {
            const quint64 number = ++d->plan->lastTask;
            d->plan->tasks.emplace(number, ShutdownPlan::Task{phase, name, std::move(function)});
            return ShutdownTask(
                    std::make_shared<ShutdownTask::Data>(ShutdownTask::Data{d->plan, number}));
        }
    }
    qCWarning(lcCore).noquote() << "Task" << name << "comes too late: the shutdown phase" << phase
                                << "has begun";
    return {};
}

ShutdownTask CoordinatedShutdown::addActor(const QString &phase, const ActorRef<> &actor,
                                           Ending ending)
{
    return addTask(phase, actor.path(), [actor, ending] {
        if (ending == Ending::Drain)
            actor.drain();
        else
            actor.stop();
        return actor.terminated();
    });
}

QFuture<void> CoordinatedShutdown::run(Reason reason)
{
    {
        const QMutexLocker locker(&d->plan->mutex);
        if (d->plan->isBegun)
            return d->run->future();
        d->plan->isBegun = true;
        d->plan->reason = reason;
    }
    // Never in a handler that calls this.
    d->run->wake();
    return d->run->future();
}

bool CoordinatedShutdown::wait()
{
    if (!isBegun())
        return false;
    if (!ActorCell::belowThisStack().empty())
        throw WouldDeadlock(
                QStringLiteral("%1 waits in a handler for the shutdown, which waits for "
                               "its end: await run() without blocking")
                        .arg(ActorCell::belowThisStack().front()->path()));
    if (thread() == QThread::currentThread()) {
        d->waitInLoop();
        return true;
    }
    Waiter waiter;
    std::vector<Waiter *> &waiters = d->plan->waiters;
    {
        const QMutexLocker locker(&d->plan->mutex);
        waiters.push_back(&waiter);
    }
    waiter.waitUntil([this] { return d->isOver(); }, QDeadlineTimer(QDeadlineTimer::Forever));
    const QMutexLocker locker(&d->plan->mutex);
    waiters.erase(std::find(waiters.begin(), waiters.end(), &waiter));
    return true;
}

bool CoordinatedShutdown::isBegun() const
{
    const QMutexLocker locker(&d->plan->mutex);
    return d->plan->isBegun;
}

CoordinatedShutdown::Reason CoordinatedShutdown::reason() const
{
    const QMutexLocker locker(&d->plan->mutex);
    return d->plan->reason;
}

bool CoordinatedShutdown::handleSignals()
{
    if (!d->signalSource)
        d->signalSource = ShutdownSignals::listen([this](bool isInterrupt) {
            d->signalCame(isInterrupt ? Reason::Interrupted : Reason::Terminated);
        });
    return bool(d->signalSource);
}

// Whatever it is that somebody calls, an exit() meanwhile ends an event loop, and not this wait.
void CoordinatedShutdown::Private::waitInLoop()
{
    while (!isOver()) {
        QEventLoop loop;
        QObject::connect(q, &CoordinatedShutdown::finished, &loop, &QEventLoop::quit);
        loop.exec();
        if (!isOver())
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
}

void CoordinatedShutdown::Private::signalCame(Reason reason)
{
    q->run(reason);
    exiting.start(std::chrono::milliseconds(50));
    if (QThread::currentThread()->loopLevel() > 0)
        QCoreApplication::exit(0);
}

// In a thread of its own: this one goes on running its actors, and whatever else lives there.
AnyFuture CoordinatedShutdown::Private::endSystems()
{
    auto promise = std::make_shared<QPromise<void>>();
    promise->start();
    const QFuture<void> future = promise->future();
    ending.reset(QThread::create([system = this->system, promise] {
        if (system)
            system->shutdown();
        else
            SystemCore::shutdownAll();
        promise->finish();
    }));
    ending->setObjectName(QStringLiteral("actorio-shutdown"));
    ending->start();
    return AnyFuture(future);
}

} // namespace Actorio
