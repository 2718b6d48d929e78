// SPDX-License-Identifier: MIT
#include <Actorio/actorsystem.h>

#include "actor/systemcore_p.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qmutex.h>

namespace Actorio {

struct ActorSystem::Private
{
    mutable QMutex mutex;
    Detail::Ref<Detail::SystemCore> core;
    Registry registry;
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

Registry &ActorSystem::registry() const
{
    return d->registry;
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
    const bool hasEndedWell = running->shutdown(deadline);
    d->registry.cancelWaits(); // nobody comes any more
    return hasEndedWell;
}

} // namespace Actorio
