// SPDX-License-Identifier: MIT
#pragma once

#include "actor/children_p.h"
#include "actor/servicethread_p.h"
#include "actor/threads_p.h"

#include <Actorio/actorsystem.h>
#include <Actorio/deadletter.h>
#include <Actorio/detail/spawning.h>
#include <Actorio/stopreason.h>

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qmutex.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace Actorio::Detail {

class ActorCell;
class Waiter;

// What a system is behind its face: outlives the ActorSystem, kept by its actors' cells. Any thread.
class SystemCore
{
public:
    SystemCore(SystemOptions options, ActorSystem *face);

    void ref() noexcept { m_references.fetch_add(1, std::memory_order_relaxed); }
    void deref() noexcept
    {
        if (m_references.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete this;
    }

    // The system of an address, the instance for one that is no actor's.
    static Ref<SystemCore> of(Address *address);

    // How long killed coroutines are waited for before a thread is given up.
    static constexpr std::chrono::milliseconds KillPatience{500};

    // Starts an actor: a child if `parent` is there (then in the parent's thread), made from the request's
    // factory or `made` already. Never fails: what cannot be spawned has ended with SpawnFailed.
    Ref<Address> spawn(Ref<ActorCell> parent, SpawnRequest request,
                       std::unique_ptr<Actor> made = {});
    bool shutdown(QDeadlineTimer deadline);
    static void shutdownAll();
    bool isStarted() const
    {
        const QMutexLocker locker(&m_mutex);
        return m_isStarted;
    }
    bool isEnded() const noexcept { return m_isEnded.load(std::memory_order_acquire); }
    // How many applications had ended when it was made: the instance starts anew with a new one.
    int generation() const noexcept { return m_generation; }
    static int currentGeneration() noexcept;

    int actorCount() const noexcept { return m_actorCount.load(std::memory_order_acquire); }
    quint64 deadLetterCount() const noexcept
    {
        return m_deadLetters.load(std::memory_order_relaxed);
    }
    const QString &name() const noexcept { return m_name; }
    const Clock &clock() const noexcept { return *m_clock; }
    ServiceThread &service() noexcept { return m_service; }
    // `waiter` is notified when an actor ends while the system is shut down, and when it has ended.
    void addWaiter(Waiter &waiter);
    void removeWaiter(Waiter &waiter);
    // Its signals go nowhere from now on, once those that other threads are emitting have been.
    void loseFace();

    // Its service begins: it is to be shut down like one that has had actors.
    void serviceStarts();

    // What its actors tell.
    void rootEnded(ActorCell &root);
    void actorEnded() noexcept { m_actorCount.fetch_sub(1, std::memory_order_release); }
    void cellLeft(); // the last that an actor's cell does with its system
    void unheardFailure(const ActorRef<> &actor, const StopReason &reason) noexcept;
    void deadLetter(Ref<Envelope> envelope, Address *recipient, DeadLetter::Cause cause) noexcept;
    void deadLetter(DeadLetter letter) noexcept;

private:
    ~SystemCore();
    void start();
    void notifyWaiters(); // with the mutex locked
    QString obstacle(const ActorCell *parent, const SpawnRequest &request, const Actor *made) const;
    bool list(ActorCell *parent, ActorCell &cell);
    Ref<Address> spawnFailed(Ref<ActorCell> parent, SpawnRequest request, const QString &problem);
    bool isAftermath(const StopReason &reason) const;
    std::vector<Ref<ActorCell>> roots();
    int actorsBelowThisStack() const;

    std::atomic<quint32> m_references{0};
    const QString m_name;
    const std::shared_ptr<Clock> m_clock;
    const int m_generation;
    Threads m_threads;
    ServiceThread m_service;
    const Ref<Dispatcher> m_nowhere; // for what could not be spawned

    // Those that have not ended, as they tell it. Release and acquire: who counts none sees what they did.
    std::atomic<int> m_actorCount{0};
    // Those that still run something of theirs, or are being spawned. Sequentially consistent, see cellLeft().
    std::atomic<int> m_cellCount{0};
    std::atomic<quint64> m_deadLetters{0};
    std::atomic<bool> m_isClosing{false}; // set under the mutex
    std::atomic<bool> m_isEnded{false};
    bool m_hasEndedWell = false; // published by m_isEnded

    std::mutex m_joinMutex;
    mutable QMutex m_mutex;
    Children m_roots;
    bool m_isStarted = false;
    std::vector<Waiter *> m_waiters;

    // Keeps the face while a signal of it is emitted, without a lock: its slots may do anything.
    class FaceUse;
    std::mutex m_faceMutex;
    std::condition_variable m_faceReleased;
    ActorSystem *m_face;
    int m_faceUses = 0;
};

} // namespace Actorio::Detail
