// SPDX-License-Identifier: MIT
#include "actor/actorcell_p.h"

#include "actor/supervised_p.h"

// How an actor gets another object. It stops as it would for good, except that its inbox stays open and its batch is kept; what
// stops it meanwhile does so when the old object is gone.

namespace Actorio::Detail {

quint32 ActorCell::restarts() const noexcept
{
    const Supervised *const strategy = supervised();
    return strategy ? strategy->restarts() : 0;
}

void ActorCell::restart(std::exception_ptr error)
{
    m_isRestarting = true;
    m_reason = StopReason::failure(std::move(error)); // for tearDown()
    m_stage = Stage::StoppingChildren;
    if (m_inputs)
        m_inputs->revokeOwn();
    clearInputs();
}

void ActorCell::startOver()
{
    deleteActor();
    m_isRestarting = false;
    m_isSetUp = false;
    m_reason = {};
    m_stage = Stage::BackingOff;
    supervised()->backOff(*this);
}

Cell::Step ActorCell::backOff(InboxQueue::Phase phase)
{
    const bool hasNothingToDrain = phase == InboxQueue::Draining && m_batch.isEmpty();
    if (phase >= InboxQueue::Stopping || hasNothingToDrain) {
        supervised()->stopWaiting();
        beginStopping(reasonOf(phase));
    } else if (supervised()->isWaiting()) {
        return Step::NothingToDo;
    } else {
        begin();
    }
    return Step::Did;
}

// Not of a child of an object that was here before.
bool ActorCell::isOwn(const ChildStopped &event) const noexcept
{
    const ActorCell *const child = of(event.child.address().get());
    return child->m_parentRestarts == restarts();
}

} // namespace Actorio::Detail
