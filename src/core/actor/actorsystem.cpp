// SPDX-License-Identifier: MIT
#include <Actorio/actorsystem.h>

#include "actor/endlistener_p.h"
#include "actor/actorcell_p.h"
#include "actor/systemcore_p.h"
#include "kernel/waiter_p.h"

#include <Actorio/scoped.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qmutex.h>

namespace Actorio {

struct ActorSystem::Private
{
    mutable QMutex mutex;
    Detail::Ref<Detail::SystemCore> core;
};

ActorSystem::ActorSystem(SystemOptions options, QObject *parent)
    : QObject(parent), d(std::make_unique<Private>())
{
    qRegisterMetaType<DeadLetter>();
    qRegisterMetaType<ActorRef<>>();
    qRegisterMetaType<StopReason>();
    d->core = Detail::Ref<Detail::SystemCore>(new Detail::SystemCore(std::move(options), this));
}

ActorSystem::~ActorSystem()
{
    shutdown();
    d->core->loseFace();
}

ActorSystem &ActorSystem::instance()
{
    static auto *const instance = new ActorSystem; // leaked: references use it to the very end
    return *instance;
}

Detail::Ref<Detail::SystemCore> ActorSystem::core() const
{
    const QMutexLocker locker(&d->mutex);
    if (this == &instance() && d->core->isEnded() && QCoreApplication::instance()
        && d->core->generation() != Detail::SystemCore::currentGeneration()) {
        // A new application: the instance starts anew.
        d->core->loseFace();
        d->core = Detail::Ref<Detail::SystemCore>(
                new Detail::SystemCore(SystemOptions(), const_cast<ActorSystem *>(this)));
    }
    return d->core;
}

Detail::Ref<Detail::SystemCore> ActorSystem::coreOf(ActorSystem *system)
{
    return (system ? *system : instance()).core();
}

int ActorSystem::actorCount() const
{
    return core()->actorCount();
}

quint64 ActorSystem::deadLetterCount() const
{
    return core()->deadLetterCount();
}

QString ActorSystem::name() const
{
    return core()->name();
}

bool ActorSystem::shutdown(QDeadlineTimer deadline)
{
    return core()->shutdown(deadline);
}

namespace Detail {

Factory::~Factory() = default;

Ref<Address> spawnRoot(ActorSystem *system, SpawnRequest request)
{
    return ActorSystem::coreOf(system)->spawn(nullptr, std::move(request));
}

StopReason stopAndJoin(const RefBase &actor)
{
    // A join that waits for its own caller would never end.
    class Join final : public EndListener
    {
    public:
        void ended(const StopReason &stopReason) noexcept override
        {
            reason = stopReason;
            // Release: pairs with the acquire below, and makes the reason seen.
            isOver.store(true, std::memory_order_release);
            waiter.notify();
            isForgotten.store(true, std::memory_order_release); // the last access
        }
        Waiter waiter;
        StopReason reason;
        std::atomic<bool> isOver{false};
        std::atomic<bool> isForgotten{false};
    };

    auto *const cell = actor.address() ? static_cast<ActorCell *>(actor.address()->cell()) : nullptr;
    if (!cell)
        return StopReason::NoActor;
    Join join;
    cell->requestStop();
    if (!cell->addEndListener(&join))
        return cell->endReason();
    join.waiter.waitUntil([&] { return join.isOver.load(std::memory_order_acquire); },
                          QDeadlineTimer(QDeadlineTimer::Forever));
    while (!join.isForgotten.load(std::memory_order_acquire))
        QThread::yieldCurrentThread();
    return join.reason;
}

} // namespace Detail

} // namespace Actorio
