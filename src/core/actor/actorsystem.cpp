// SPDX-License-Identifier: MIT
#include <Actorio/actorsystem.h>

#include "actor/actorcell_p.h"
#include "actor/endlistener_p.h"
#include "actor/systemcore_p.h"
#include "kernel/logging_p.h"
#include "kernel/waiter_p.h"

#include <Actorio/scoped.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qmutex.h>

#include <algorithm>

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
    Detail::Ref<Detail::SystemCore> ended;
    Detail::Ref<Detail::SystemCore> core;
    {
        const QMutexLocker locker(&d->mutex);
        if (this == &instance() && d->core->isEnded() && QCoreApplication::instance()
            && d->core->generation() != Detail::SystemCore::currentGeneration()) {
            // A new application: the instance starts anew.
            ended = std::exchange(d->core,
                                  Detail::Ref<Detail::SystemCore>(new Detail::SystemCore(
                                          SystemOptions(), const_cast<ActorSystem *>(this))));
        }
        core = d->core;
    }
    if (ended)
        ended->loseFace();
    return core;
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
    const Detail::Ref<Detail::SystemCore> running = core();
    if (this == &instance() && !running->isStarted())
        return true; // its time may come yet
    return running->shutdown(deadline);
}

namespace Detail {

Factory::~Factory() = default;

Ref<Address> spawnRoot(ActorSystem *system, SpawnRequest request)
{
    return ActorSystem::coreOf(system)->spawn(nullptr, std::move(request));
}

StopReason stopAndJoin(const RefBase &actor, QDeadlineTimer deadline)
{
    struct End : Completion
    {
        StopReason reason;
    };
    class Join final : public EndListener
    {
    public:
        explicit Join(std::shared_ptr<End> end) : m_end(std::move(end)) { }
        void ended(const StopReason &reason) noexcept override
        {
            m_end->reason = reason;
            m_end->complete();
            delete this;
        }

    private:
        const std::shared_ptr<End> m_end;
    };

    auto *const cell =
            actor.address() ? static_cast<ActorCell *>(actor.address()->cell()) : nullptr;
    if (!cell)
        return StopReason::NoActor;
    cell->requestStop();
    const auto end = std::make_shared<End>();
    auto *const join = new Join(end);
    if (!cell->addEndListener(join)) {
        delete join;
        return cell->endReason();
    }
    const std::vector<const ActorCell *> below = ActorCell::belowThisStack();
    if (std::find(below.begin(), below.end(), cell) != below.end()) {
        qCWarning(lcCore).noquote()
                << cell->path() << "is joined within a handler of its own or of a child's:"
                << "it can only end when that has returned";
        return StopReason::Stopped;
    }
    SystemCore &system = cell->system();
    const auto isDone = [&] { return end->isOver() || system.isEnded(); };
    system.addWaiter(end->waiter);
    if (!end->waiter.waitUntil(isDone, deadline)) {
        cell->requestKill();
        if (!end->waiter.waitUntil(isDone, QDeadlineTimer(SystemCore::KillPatience)))
            qCWarning(lcCore).noquote()
                    << "Gives up the join of" << cell->path() << "whose thread is in"
                    << cell->dispatcher().describeHandler();
    }
    system.removeWaiter(end->waiter);
    return end->isOver() ? end->reason : StopReason(StopReason::Killed);
}

} // namespace Detail

} // namespace Actorio
