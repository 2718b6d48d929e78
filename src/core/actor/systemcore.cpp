// SPDX-License-Identifier: MIT
#include "actor/systemcore_p.h"

#include "actor/actorcell_p.h"
#include "actor/owner_p.h"
#include "actor/processexit_p.h"
#include "actor/supervised_p.h"
#include "kernel/logging_p.h"
#include "kernel/waiter_p.h"

#include <Actorio/actor.h>
#include <Actorio/error.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qthread.h>

#include <algorithm>

namespace Actorio::Detail {

namespace {

// The systems that have started and not ended. Leaked: threads may look until the very end.
struct Running
{
    QMutex mutex;
    std::vector<SystemCore *> systems;
    bool isHooked = false; // into the end of this application
    std::atomic<int> generation{0};
};
Running &running()
{
    static auto *const running = new Running;
    return *running;
}

void applicationEnds()
{
    running().generation.fetch_add(1, std::memory_order_relaxed);
    SystemCore::shutdownAll();
    const QMutexLocker locker(&running().mutex);
    running().isHooked = false;
}

} // namespace

SystemCore::SystemCore(SystemOptions options, ActorSystem *face)
    : m_name(std::move(options.name)),
      m_clock(options.clock ? std::move(options.clock) : Clock::steady()),
      m_generation(currentGeneration()),
      m_threads(options.threads, m_name, options.eventLoop, m_clock),
      m_service(*this, m_name.isEmpty() ? QStringLiteral("actorio") : m_name, m_clock),
      m_nowhere(Dispatcher::closed()), m_face(face)
{
}

SystemCore::~SystemCore() = default;

int SystemCore::currentGeneration() noexcept
{
    return running().generation.load(std::memory_order_relaxed);
}

Ref<SystemCore> SystemCore::of(Address *address)
{
    if (const ActorCell *const cell = ActorCell::of(address))
        return Ref<SystemCore>(&cell->system());
    return ActorSystem::coreOf(nullptr);
}

// With the mutex locked.
void SystemCore::start()
{
    if (m_isStarted)
        return;
    m_isStarted = true;
    ref(); // until it has ended
    const QMutexLocker locker(&running().mutex);
    running().systems.push_back(this);
    if (!running().isHooked) {
        running().isHooked = true;
        qAddPostRoutine(applicationEnds);
    }
}

void SystemCore::serviceStarts()
{
    // Without an application, too: it ends with the first one, or with the program.
    ProcessExit::watch();
    const QMutexLocker locker(&m_mutex);
    if (!m_isClosing)
        start();
}

QString SystemCore::obstacle(const ActorCell *parent, const SpawnRequest &request,
                             const Actor *made) const
{
    if (!QCoreApplication::instance())
        return QStringLiteral("there is no QCoreApplication: make one before the first spawn()");
    if (m_isClosing)
        return QStringLiteral("its system is shut down");
    if (!made && !request.factory)
        return QStringLiteral("there is no actor");
    if (const QObject *const owner = request.options.owner;
        owner && !parent && owner->thread() != QThread::currentThread())
        return QStringLiteral("its owner, a %1, lives in another thread: spawn it there")
                .arg(QString::fromLatin1(owner->metaObject()->className()));
    if (Supervised::mayRestart(request.options.supervision)) {
        if (made)
            return QStringLiteral("it is made already, so that it cannot be restarted: let spawn() "
                                  "make it");
        if (!request.factory->isRepeatable())
            return QStringLiteral("it cannot be restarted, as arguments of its constructor cannot "
                                  "be copied");
    }
    if (made && made->parent())
        return QStringLiteral("it has a parent, so that it cannot be moved to its thread");
    if (made && made->thread() != QThread::currentThread())
        return QStringLiteral("it lives in another thread, which alone could move it");
    return {};
}

Ref<Address> SystemCore::spawn(Ref<ActorCell> parent, SpawnRequest request,
                               std::unique_ptr<Actor> made)
{
    QString problem;
    {
        const QMutexLocker locker(&m_mutex);
        problem = obstacle(parent.get(), request, made.get());
        if (problem.isEmpty()) {
            start();
            m_cellCount.fetch_add(
                    1, std::memory_order_seq_cst); // a shutdown that comes now waits for this
        }
    }
    if (!problem.isEmpty())
        return spawnFailed(std::move(parent), std::move(request), problem);
    const Ref<Dispatcher> dispatcher = m_threads.place(request.options.on, problem);
    if (!dispatcher) {
        cellLeft(); // first: who hears of the failure may shut down
        return spawnFailed(std::move(parent), std::move(request), problem);
    }
    ProcessExit::watch();

    const auto cell =
            Ref<ActorCell>(new ActorCell(dispatcher,
                                         {Ref<SystemCore>(this), parent, request.actorClass,
                                          request.options.name, Supervised::factoryFor(request)}));
    if (request.options.owner && !parent)
        cell->setOwner(OwnerLink::of(request.options.owner));
    if (!list(parent.get(), *cell)) {
        dispatcher->leave(cell.get());
        cell->deref(); // the count for its run, which does not come
        problem =
                QStringLiteral("it has a sibling of that name, or its parent or system is ending");
        cellLeft();
        return spawnFailed(std::move(parent), std::move(request), problem);
    }
    m_actorCount.fetch_add(1, std::memory_order_relaxed);
    if (cell->owner() && !cell->owner()->add(*cell))
        cell->requestStop(); // the owner is dying: it is never made
    if (made) {
        Actor *const actor = made.get();
        cell->adopt(std::move(made));
        actor->moveToThread(dispatcher->thread()); // from here on events may come to it there
    }
    dispatcher->schedule(cell.get());
    return cell;
}

bool SystemCore::list(ActorCell *parent, ActorCell &cell)
{
    if (parent)
        return parent->takesChildren() && parent->children().add(cell, cell.siblingName());
    const QMutexLocker locker(&m_mutex);
    return !m_isClosing && m_roots.add(cell, cell.siblingName());
}

Ref<Address> SystemCore::spawnFailed(Ref<ActorCell> parent, SpawnRequest request,
                                     const QString &problem)
{
    const QString name =
            request.options.name.isEmpty() ? QStringLiteral("an actor") : request.options.name;
    const QString text =
            QStringLiteral("%1 (%2) could not be spawned: %3")
                    .arg(name, QString::fromLatin1(request.actorClass->className()), problem);
    const std::exception_ptr error = std::make_exception_ptr(SpawnFailed(text));
    const Ref<ActorCell> cell = ActorCell::failed(
            {Ref<SystemCore>(this), parent, request.actorClass, request.options.name, nullptr},
            m_nowhere, error);
    const ActorRef<> actor{Ref<Address>(cell)};
    const StopReason reason = StopReason::failure(error);
    if (request.started)
        Supervised::tellStart(*request.started, reason);
    if (parent)
        parent->postSystem(new MessageEnvelope<ChildStopped>(Entry::Kind::ChildStopped,
                                                             ChildStopped{actor, reason}, nullptr));
    else
        unheardFailure(actor, reason);
    return cell;
}

std::vector<Ref<ActorCell>> SystemCore::roots()
{
    const QMutexLocker locker(&m_mutex);
    std::vector<Ref<ActorCell>> roots;
    for (ActorCell *root = m_roots.newest(); root; root = root->older())
        roots.emplace_back(root);
    return roots;
}

// The actors of this system that cannot end before this function's caller has returned.
int SystemCore::actorsBelowThisStack() const
{
    const std::vector<const ActorCell *> cells = ActorCell::belowThisStack();
    return static_cast<int>(
            std::count_if(cells.begin(), cells.end(),
                          [this](const ActorCell *cell) { return &cell->system() == this; }));
}

bool SystemCore::shutdown(QDeadlineTimer deadline)
{
    {
        const QMutexLocker locker(&m_mutex);
        m_isClosing.store(true, std::memory_order_seq_cst);
        if (isEnded())
            return m_hasEndedWell;
        if (!m_isStarted) {
            m_hasEndedWell = true;
            m_isEnded.store(true, std::memory_order_release);
        }
    }
    if (isEnded()) { // nothing has ever run
        m_service.end();
        return true;
    }
    Waiter waiter;
    const int below = actorsBelowThisStack();
    const auto isDone = [&] { return m_cellCount.load(std::memory_order_seq_cst) <= below; };
    addWaiter(waiter);
    for (const Ref<ActorCell> &root : roots())
        root->requestStop();
    if (!waiter.waitUntil(isDone, deadline)) {
        for (const Ref<ActorCell> &root : roots())
            root->requestKill();
        waiter.waitUntil(isDone, QDeadlineTimer(KillPatience));
    }
    removeWaiter(waiter);
    const std::lock_guard joining(m_joinMutex); // who comes second returns when all has ended, too
    const QStringList stuck = m_threads.join();
    for (const QString &what : stuck)
        qCWarning(lcCore).noquote() << "Shutdown gives up" << what;
    m_service.end();
    if (const quint64 count = deadLetterCount(); count > 10)
        qCInfo(lcDeadLetters) << count << "dead letters in all";

    {
        const QMutexLocker locker(&m_mutex);
        if (isEnded())
            return m_hasEndedWell;
        m_hasEndedWell = stuck.isEmpty() && actorCount() == 0;
        m_isEnded.store(true, std::memory_order_release);
        notifyWaiters();
    }
    {
        const QMutexLocker locker(&running().mutex);
        auto &systems = running().systems;
        systems.erase(std::remove(systems.begin(), systems.end(), this), systems.end());
    }
    const bool hasEndedWell = m_hasEndedWell;
    deref(); // as start() had it; the caller holds another
    return hasEndedWell;
}

void SystemCore::shutdownAll()
{
    std::vector<Ref<SystemCore>> systems;
    {
        const QMutexLocker locker(&running().mutex);
        for (SystemCore *const system : running().systems)
            systems.emplace_back(system);
    }
    for (const Ref<SystemCore> &system : systems)
        system->shutdown(QDeadlineTimer(ActorSystem::DefaultDeadline));
    Threads::joinThose();
}

void SystemCore::rootEnded(ActorCell &root)
{
    {
        const QMutexLocker locker(&m_mutex);
        m_roots.remove(root, root.siblingName());
    }
    if (root.endReason().isFailure())
        unheardFailure(ActorRef<>(Ref<Address>(&root)), root.endReason());
}

void SystemCore::cellLeft()
{
    // Sequentially consistent with shutdown(), which sets the flag and then counts: one of them sees the other.
    m_cellCount.fetch_sub(1, std::memory_order_seq_cst);
    if (!m_isClosing.load(std::memory_order_seq_cst))
        return;
    const QMutexLocker locker(&m_mutex);
    notifyWaiters();
}

void SystemCore::notifyWaiters()
{
    for (Waiter *const waiter : m_waiters)
        waiter->notify();
}

void SystemCore::addWaiter(Waiter &waiter)
{
    const QMutexLocker locker(&m_mutex);
    m_waiters.push_back(&waiter);
}

void SystemCore::removeWaiter(Waiter &waiter)
{
    const QMutexLocker locker(&m_mutex);
    m_waiters.erase(std::find(m_waiters.begin(), m_waiters.end(), &waiter));
}

} // namespace Actorio::Detail
