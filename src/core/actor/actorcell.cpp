// SPDX-License-Identifier: MIT
#include "actor/actorcell_p.h"

#include "actor/receivetable_p.h"
#include "actor/supervised_p.h"
#include "kernel/logging_p.h"

#include <Actorio/actor.h>
#include <Actorio/detail/askstate.h>
#include <Actorio/error.h>

#include <QtCore/qthread.h>

#include <algorithm>

namespace Actorio::Detail {

namespace {

thread_local ActorCell *actorUnderConstruction = nullptr;

} // namespace

static_assert(sizeof(void *) != 8 || sizeof(ActorCell) <= 384, "more is another 64 bytes an actor");

ActorCell::ActorCell(Ref<Dispatcher> dispatcher, Origin origin)
    : Cell(std::move(dispatcher)), m_system(std::move(origin.system)),
      m_parent(std::move(origin.parent)), m_class(origin.actorClass),
      m_name(std::move(origin.name)), m_factory(std::move(origin.factory)),
      m_hasStopLimit(supervised() && supervised()->hasStopLimit()),
      m_parentRestarts(m_parent ? m_parent->restarts() : 0)
{
    ref(); // until run() has seen it finish
}

ActorCell::~ActorCell() = default;

Ref<ActorCell> ActorCell::failed(Origin origin, Ref<Dispatcher> nowhere, std::exception_ptr error)
{
    auto cell = Ref<ActorCell>::adopt(new ActorCell(std::move(nowhere), std::move(origin)));
    cell->m_stage = Stage::Dead;
    cell->m_reason = StopReason::failure(std::move(error));
    cell->m_endListeners.close();
    cell->m_watchers.close();
    cell->markDead();
    return cell;
}

void ActorCell::adopt(std::unique_ptr<Actor> actor)
{
    m_actor = actor.release();
    m_actor->m_cell = this;
}

ActorCell *ActorCell::claimActorUnderConstruction() noexcept
{
    return std::exchange(actorUnderConstruction, nullptr);
}

QString ActorCell::name() const
{
    if (!m_name.isEmpty())
        return m_name;
    const QString className = QString::fromLatin1(m_class->className());
    return className.mid(className.lastIndexOf(u':') + 1) + u'-' + QString::number(id());
}

QString ActorCell::siblingName() const
{
    if (m_parent || m_name.isEmpty() || !m_owner) // a child's is asked for by its parent's thread
        return m_name;
    return m_name + u'@' + QString::number(reinterpret_cast<quintptr>(m_owner.get()));
}

std::vector<const ActorCell *> ActorCell::belowThisStack()
{
    std::vector<const ActorCell *> cells;
    for (const Ref<Dispatcher> &dispatcher : Dispatcher::inThread(QThread::currentThread())) {
        for (const Ref<Cell> &hosted : dispatcher->hostedCells()) {
            if (!hosted->isOnStack())
                continue;
            for (const ActorCell *cell = of(hosted.get()); cell; cell = cell->m_parent.get()) {
                // Not an ancestor that had to end without its children.
                if ((cell == hosted.get() || cell->isRunning())
                    && std::find(cells.begin(), cells.end(), cell) == cells.end())
                    cells.push_back(cell);
            }
        }
    }
    return cells;
}

QString ActorCell::path() const
{
    return (m_parent ? m_parent->path() : QString()) + u'/' + name();
}

bool ActorCell::addEndListener(EndListener *listener) noexcept
{
    ACTORIO_DELAY_POINT("actor.addEndListener");
    return m_endListeners.add(listener);
}

Children &ActorCell::children()
{
    if (!m_children)
        m_children = std::make_unique<Children>();
    return *m_children;
}

QList<ActorRef<>> ActorCell::childRefs() const
{
    QList<ActorRef<>> refs;
    for (ActorCell *child = m_children ? m_children->oldest() : nullptr; child;
         child = child->m_newer)
        refs.append(ActorRef<>(Ref<Address>(child)));
    return refs;
}

Cell::Step ActorCell::advance(InboxQueue::Phase phase)
{
    if (m_isBusy)
        return continueTurn(phase);
    switch (m_stage) {
    case Stage::Unborn:
        if (phase >= InboxQueue::Stopping)
            beginStopping(reasonOf(phase));
        else
            begin();
        return Step::Did;
    case Stage::BackingOff:
        return backOff(phase);
    case Stage::Running:
        if (phase >= InboxQueue::Stopping)
            beginStopping(reasonOf(phase));
        else if (FrameBase *const frame = m_turn ? m_turn->takeReady(0) : nullptr)
            resume(*frame);
        else if (phase == InboxQueue::Draining && m_batch.isEmpty())
            beginStopping(StopReason::Stopped);
        else if (m_inputs && serveInput())
            return Step::Did;
        else if (!m_batch.isEmpty())
            handle(m_batch.takeFirst());
        else
            return Step::NothingToDo;
        return Step::Did;
    case Stage::StoppingChildren:
        if (m_batch.isEmpty() || m_isRestarting)
            return stopChildren(phase);
        for (int i = 0; i < StepSize && !m_batch.isEmpty(); ++i)
            discard(m_batch.takeFirst());
        return Step::Did;
    case Stage::Finishing:
        if (m_isRestarting) {
            startOver();
            return Step::Did;
        }
        finish();
        return Step::Finished;
    case Stage::SettingUp:
    case Stage::TearingDown:
    case Stage::Dead:
        break;
    }
    Q_UNREACHABLE();
    return Step::NothingToDo;
}

void ActorCell::begin()
{
    m_stage = Stage::SettingUp;
    if (!m_actor) {
        actorUnderConstruction = this;
        const std::exception_ptr error = runGuarded([this] { m_actor = m_factory->make(); });
        actorUnderConstruction = nullptr;
        if (!supervised())
            m_factory.reset();
        if (error) {
            const QString text = StopReason::failure(error).message();
            return fail(std::make_exception_ptr(
                    SpawnFailed(QStringLiteral("%1 could not be made: %2").arg(path(), text))));
        }
        if (!m_actor) // its constructor threw StopActor
            return beginStopping(StopReason::Stopped);
    }
    if (m_bridges)
        m_bridges->attach(*m_actor);
    seat();
    runTurn([this] {
        m_actor->setUp();
        m_isSetUp = true;
    });
}

void ActorCell::seat()
{
    if (m_parent && m_parent->dispatcher().thread() == dispatcher().thread())
        m_parent->children().seats.seat(m_actor, m_parent->m_actor);
    else if (m_owner)
        m_owner->seat(*this, m_actor);
}

void ActorCell::unseat()
{
    if (m_owner)
        m_owner->unseat(m_actor);
    else if (m_actor && m_parent && m_parent->dispatcher().thread() == dispatcher().thread())
        m_parent->children().seats.unseat(m_actor);
}

void ActorCell::handle(Entry *entry)
{
    auto *const envelope = static_cast<Envelope *>(entry);
    if (entry->kind() >= Entry::Kind::ChildStopped) {
        const auto &event = *static_cast<const ChildStopped *>(envelope->payload());
        if (!isOwn(event))
            return discard(entry);
        m_envelope = envelope;
        return runTurn([&] {
            if (entry->kind() == Entry::Kind::ChildEscalated)
                std::rethrow_exception(event.reason.exception());
            m_actor->childStopped(event);
        });
    }
    if (AskBase *const ask = envelope->ask()) {
        forgetAsk(*ask);
        if (ask->isWithdrawn())
            return envelope->dispose();
    }
    m_envelope = envelope;
    setHandledType(envelope->type());
    runTurn([&] {
        if (entry->kind() != Entry::Kind::Lazy || envelope->claim())
            deliver(*envelope);
    });
}

Inputs &ActorCell::inputs()
{
    if (!m_inputs)
        m_inputs = std::make_unique<Inputs>(*this);
    return *m_inputs;
}

void ActorCell::setReceiveTimer(const Ref<ReceiveTimer> &timer)
{
    if (timer || m_inputs)
        inputs().setReceiveTimer(timer);
    m_hasReceiveTimer = bool(timer);
}

Watches &ActorCell::watches()
{
    if (!m_watches)
        m_watches = std::make_unique<Watches>(*this);
    return *m_watches;
}

void ActorCell::inputReady(InputSource &source)
{
    if (inputs().setReady(source)) // else it has been told already
        scheduleHere();
}

void ActorCell::addBridge(Ref<ActorBridge> bridge)
{
    if (m_stage >= Stage::Finishing && !m_isRestarting)
        return bridge->close();
    if (!m_bridges)
        m_bridges = std::make_unique<Bridges>();
    m_bridges->add(bridge);
    if (m_actor && m_stage != Stage::Unborn)
        bridge->attach(*m_actor);
}

bool ActorCell::serveInput()
{
    if (!m_inputs->takeNext(!m_batch.isEmpty()))
        return false;
    runTurn([this] {
        if (AnyFuture future = m_inputs->serve())
            keepBusy(std::move(future));
    });
    return true;
}

void ActorCell::deliver(Envelope &envelope)
{
    Delivery delivery(envelope);
    if (!envelope.invoke(m_actor, m_class, delivery)) {
        if (!m_receives)
            m_receives = &ReceiveTable::of(m_actor->metaObject());
        if (!m_receives->deliver(m_actor, delivery)) {
            m_actor->handleMessage(Message(Ref<Envelope>(&envelope)));
            delivery.returnedNothing();
        }
    }
    if (delivery.hasFuture())
        keepBusy(delivery.takeFuture(), true);
}

void ActorCell::fail(std::exception_ptr error)
{
    const bool isTearingDown = m_stage == Stage::TearingDown;
    if (isTearingDown && m_reason.isFailure()) {
        qCWarning(lcCore).noquote() << "tearDown() of" << path()
                                    << "has failed, too:" << StopReason::failure(error).message();
        m_stage = Stage::Finishing;
        return;
    }
    if (Supervised *const strategy = supervised()) {
        const Supervised::Decision decision = strategy->decide(*this, error);
        if (decision == Supervised::Decision::Restart)
            return restart(std::move(error));
        m_escalates = decision == Supervised::Decision::Escalate;
    }
    if (isTearingDown) {
        m_reason = StopReason::failure(std::move(error));
        m_stage = Stage::Finishing;
    } else {
        beginStopping(StopReason::failure(std::move(error)));
    }
}

void ActorCell::beginStopping(const StopReason &reason)
{
    if (!m_reason.isFailure())
        m_reason = reason;
    raise(InboxQueue::Stopping);
    m_stage = Stage::StoppingChildren;
    limitStop();
    clearInputs();
}

void ActorCell::limitStop()
{
    if (!m_hasStopLimit)
        return;
    m_hasStopLimit = false;
    supervised()->limitStop(*this);
}

void ActorCell::clearInputs()
{
    setReceiveTimer({});
    if (m_inputs)
        m_inputs->closeAll(); // handlers are the object's
    if (m_watches)
        m_watches->clear();
}

Cell::Step ActorCell::stopChildren(InboxQueue::Phase phase)
{
    if (m_isAbandoned || !m_children || m_children->isEmpty()) {
        tearDown();
        return Step::Did;
    }
    if (phase == InboxQueue::Killed && !m_hasKilledChildren) {
        m_hasKilledChildren = true;
        for (ActorCell *child = m_children->newest(); child; child = child->m_older)
            child->requestKill();
    }
    if (m_children->newest() != m_stoppingChild) {
        m_stoppingChild = m_children->newest();
        m_stoppingChild->requestStop();
    }
    return Step::NothingToDo; // until that child has ended
}

void ActorCell::abandon()
{
    m_isAbandoned = true;
    requestKill();
    scheduleHere();
}

void ActorCell::tearDown()
{
    if (!m_isSetUp || !m_actor) {
        m_stage = Stage::Finishing;
        return;
    }
    m_stage = Stage::TearingDown;
    runTurn([this] { m_actor->tearDown(m_reason); });
}

void ActorCell::deleteActor()
{
    if (m_turn)
        m_turn->destroyFrames();
    unseat();
    m_isDeleting = true;
    delete std::exchange(m_actor, nullptr);
    m_isDeleting = false;
    if (m_turn)
        m_turn->destroyFrames(); // of coroutines that the destructor has started
    m_turn.reset();
    m_inputs.reset();
    m_watches.reset();
}

void ActorCell::finish()
{
    deleteActor();
    if (m_owner)
        m_owner->remove(*this);
    m_bridges.reset();
    m_children.reset();
    if (Supervised *const strategy = supervised())
        strategy->ended(m_reason);
    m_factory.reset();
    m_stage = Stage::Dead;
    markDead();
    // Whoever hears of the end finds it counted nowhere.
    dispatcher().leave(this);
    m_system->actorEnded();
    if (!m_parent)
        m_system->rootEnded(*this);
    m_owner.reset();
    EndListener *listener = m_endListeners.close(); // publishes the reason
    while (listener) {
        EndListener *const next = listener->next;
        listener->ended(m_reason);
        listener = next;
    }
    // The parent last: everybody hears of a child's end before its own.
    if (m_parent)
        m_parent->postSystem(new MessageEnvelope<ChildStopped>(
                m_escalates ? Entry::Kind::ChildEscalated : Entry::Kind::ChildStopped,
                ChildStopped{ActorRef<>(Ref<Address>(this)), m_reason}, nullptr));
    m_watchers.close(); // to them its name is free
    dispatcher().unhost(this);
    m_system->cellLeft(); // a shutdown that waits for it joins this thread
}

void ActorCell::slotCalled()
{
    // A continuation with this actor as its context comes like that, too, and is what the handler wants.
    const bool isBusy = isOnStack() || (m_isBusy && !m_turn->waitsForOthers());
    if (!isBusy || m_hasWarned)
        return;
    m_hasWarned = true;
    qCWarning(lcCore).noquote()
            << "A slot of" << path()
            << "is called by a queued connection while the actor is busy with something else. "
               "Connect by Actorio::connect() or addInput(), which wait for their turn";
}

void ActorCell::actorDeleted()
{
    if (!m_actor || m_isDeleting)
        return;
    const QString text =
            QStringLiteral("%1 was deleted directly: stop it instead, or let its owner go")
                    .arg(path());
    qCCritical(lcCore).noquote() << text;
    unseat();
    for (ActorCell *child = m_children ? m_children->newest() : nullptr; child;
         child = child->m_older) {
        if (child->m_actor && child->dispatcher().thread() == dispatcher().thread())
            m_children->seats.unseat(child->m_actor); // it is stopped in order, not deleted by Qt
    }
    clearInputs();
    m_actor = nullptr;
    m_isSetUp = false;
    m_reason = StopReason::failure(std::make_exception_ptr(Error(text)));
    if (!isOnStack()) { // else the frame below notices
        if (m_isBusy)
            abandonTurn();
        else if (m_turn)
            m_turn->destroyFrames();
    }
    requestKill();
}

} // namespace Actorio::Detail
