// SPDX-License-Identifier: MIT
#include <Actorio/actor.h>

#include "actor/actorcell_p.h"

#include <Actorio/error.h>

#include <QtCore/qcoreevent.h>

namespace Actorio {

using namespace Detail;

Actor::Actor() : m_cell(ActorCell::claimActorUnderConstruction()) { }

Actor::~Actor()
{
    if (m_cell)
        m_cell->actorDeleted();
}

bool Actor::event(QEvent *event)
{
    if (event->type() == QEvent::DeferredDelete && m_cell) {
        m_cell->requestStop();
        return true;
    }
    if (event->type() == QEvent::MetaCall && m_cell)
        m_cell->slotCalled();
    return QObject::event(event);
}

ActorRef<> Actor::self() const
{
    return ActorRef<>(Ref<Address>(m_cell));
}

ActorRef<> Actor::parentRef() const
{
    return m_cell ? ActorRef<>(Ref<Address>(m_cell->parent())) : ActorRef<>();
}

QList<ActorRef<>> Actor::childActors() const
{
    return m_cell ? m_cell->childRefs() : QList<ActorRef<>>();
}

ActorRef<> Actor::currentSender() const
{
    return ActorRef<>(messageSender());
}

Message Actor::currentMessage() const
{
    Envelope *const envelope = m_cell ? m_cell->envelope() : nullptr;
    if (!envelope || !envelope->isMessage())
        return Message();
    return Message(Ref<Envelope>(envelope));
}

Ref<Address> Actor::messageSender() const
{
    const Envelope *const envelope = m_cell ? m_cell->envelope() : nullptr;
    return Ref<Address>(envelope ? envelope->sender() : nullptr);
}

Entry::Kind Actor::messageKind() const
{
    const Envelope *const envelope = m_cell ? m_cell->envelope() : nullptr;
    return envelope && envelope->ask() ? Entry::Kind::Ask : Entry::Kind::Tell;
}

void Actor::handOn(const Ref<Address> &target, Envelope *envelope)
{
    if (AskBase *const ask = envelope->ask())
        ask->handOnTo(target);
    if (target)
        target->post(envelope);
    else
        envelope->refused();
}

void Actor::stop()
{
    if (m_cell)
        m_cell->requestStop();
}

Ref<Address> Actor::start(SpawnRequest request)
{
    if (!m_cell)
        return spawnRoot(nullptr, std::move(request));
    return m_cell->system().spawn(Ref<ActorCell>(m_cell), std::move(request));
}

Ref<Address> Actor::adoptChild(std::unique_ptr<Actor> child, SpawnOptions options)
{
    SpawnRequest request{std::move(options), child ? child->metaObject() : &staticMetaObject,
                         nullptr};
    const Ref<SystemCore> system =
            m_cell ? Ref<SystemCore>(&m_cell->system()) : ActorSystem::coreOf(nullptr);
    return system->spawn(Ref<ActorCell>(m_cell), std::move(request), std::move(child));
}

void Actor::busyUntil(QFuture<void> future)
{
    if (m_cell)
        m_cell->keepBusy(AnyFuture(std::move(future)));
}

void Actor::setUp() { }

void Actor::tearDown(const StopReason &) { }

void Actor::handleMessage(const Message &message)
{
    throw UnhandledMessage(
            QStringLiteral("%1 has no receive slot for %2, sent by %3")
                    .arg(self().path(), QString::fromLatin1(message.type().name()),
                         message.sender() ? message.sender().path() : QStringLiteral("nobody")));
}

void Actor::childStopped(const ChildStopped &event)
{
    if (!event.reason.isFailure())
        return;
    if (event.reason.exception())
        std::rethrow_exception(event.reason.exception());
    throw Error(QStringLiteral("%1 failed").arg(event.child.path()));
}

} // namespace Actorio
