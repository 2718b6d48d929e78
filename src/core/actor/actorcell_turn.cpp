// SPDX-License-Identifier: MIT
#include "actor/actorcell_p.h"

#include "actor/supervised_p.h"
#include "kernel/waitgraph_p.h"

#include <Actorio/detail/askstate.h>

// How an actor does one thing at a time: a turn is one handler or hook, from its call until the coroutine
// that it is, or the future that it returned, is over.

namespace Actorio::Detail {

constinit thread_local ActorCell *ActorCell::currentActor = nullptr;

Cell::Step ActorCell::continueTurn(InboxQueue::Phase phase)
{
    if (phase == InboxQueue::Killed) {
        abandonTurn();
    } else if (FrameBase *const frame = m_turn->takeReady(m_turnNumber)) {
        resume(*frame);
    } else if (m_turn->isOver()) {
        endTurn(nullptr);
    } else {
        if (phase >= InboxQueue::Stopping)
            limitStop();
        return Step::NothingToDo;
    }
    return Step::Did;
}

void ActorCell::resume(FrameBase &frame)
{
    WaitGraph::endWait(*this);
    if (!m_isBusy) {
        // A coroutine that no handler waits for any more: it has a turn of its own.
        return runTurn([&] {
            Turn::adopt(&frame, m_turnNumber);
            frame.m_handle.resume();
        });
    }
    runGuarded([&] { frame.m_handle.resume(); }); // its promise keeps what it throws
    if (!m_turn->isOver())
        showWait();
}

// Each of several waits is checked; the last one is what others see.
void ActorCell::showWait()
{
    for (AskBase *const ask : m_turn->blockingAsks()) {
        if (WaitGraph::beginWait(*this, *ask))
            ask->withdraw(AskBase::Reason::WouldDeadlock);
    }
}

void ActorCell::endTurn(std::exception_ptr error)
{
    m_isBusy = false;
    WaitGraph::endWait(*this);
    if (m_turn && m_turn->isWaiting())
        endWaits(error);
    if (m_hasReceiveTimer)
        messageHandled();
    if (Envelope *const envelope = std::exchange(m_envelope, nullptr)) {
        if (AskBase *const ask = envelope->ask()) {
            if (error)
                ask->settleError(error);
            ask->leftOpenBy(*this);
        }
        envelope->dispose();
        setHandledType(nullptr);
    } else if (m_inputs) {
        if (error || phase() >= InboxQueue::Stopping)
            m_inputs->abandon();
        else
            error = runGuarded([this] { m_inputs->served(); });
    }
    if (error)
        fail(std::move(error));
    else if (m_stage == Stage::SettingUp)
        beginRunning();
    else if (m_stage == Stage::TearingDown)
        m_stage = Stage::Finishing;
}

void ActorCell::beginRunning()
{
    m_stage = Stage::Running;
    if (Supervised *const strategy = supervised(); strategy && phase() < InboxQueue::Stopping)
        strategy->started();
}

void ActorCell::messageHandled()
{
    if (isInFirstOrMessageTurn() && (!m_envelope || m_envelope->isThere()))
        m_inputs->receiveTimer()->messageHandled();
}

void ActorCell::endWaits(std::exception_ptr &error)
{
    if (error)
        return m_turn->abandon();
    AnyFuture reply;
    error = runGuarded([&] { m_turn->finish(reply); });
    AskBase *const ask = m_envelope ? m_envelope->ask() : nullptr;
    if (!ask || !reply)
        return;
    ask->showProgress(reply.state()); // to the end, whatever was left out
    if (!error)
        ask->settleFuture(reply);
}

void ActorCell::abandonTurn()
{
    m_isBusy = false;
    WaitGraph::endWait(*this);
    if (m_envelope) {
        if (AskBase *const ask = m_envelope->ask())
            ask->withdraw(AskBase::Reason::ActorStopped);
    }
    m_turn->destroyFrames(m_turnNumber);
    m_turn->abandon();
    if (m_inputs)
        m_inputs->abandon();
    if (Envelope *const envelope = std::exchange(m_envelope, nullptr)) {
        envelope->dispose();
        setHandledType(nullptr);
    }
    if (m_stage == Stage::SettingUp)
        beginStopping(StopReason::Killed);
    else if (m_stage == Stage::TearingDown)
        m_stage = Stage::Finishing;
}

void ActorCell::cancelTurn(const AskBase &ask)
{
    if (m_isBusy && m_envelope && m_envelope->ask() == &ask)
        m_turn->cancel(m_turnNumber);
}

Turn &ActorCell::turn()
{
    if (!m_turn)
        m_turn = std::make_unique<Turn>(*this);
    return *m_turn;
}

void ActorCell::keepBusy(AnyFuture future, bool isReply)
{
    turn().addWait(std::move(future), isReply);
}

void ActorCell::listenTo(const AnyFuture &future, const Ref<Counted> &maker)
{
    FrameBase *const frame = m_turn ? m_turn->frameOf(future.state()) : nullptr;
    if (frame && !frame->m_maker) // the first is the one that has begun it
        frame->m_maker = maker;
}

void ActorCell::frameReady(FrameBase &frame)
{
    if (turn().setReady(frame))
        scheduleHere();
}

} // namespace Actorio::Detail
