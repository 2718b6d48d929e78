// SPDX-License-Identifier: MIT
#include <Actorio/detail/coroutine.h>

#include "actor/actorcell_p.h"
#include "actor/futurewatch_p.h"
#include "kernel/logging_p.h"

#include <Actorio/actor.h>

namespace Actorio::Detail {

FrameBase::FrameBase(const Actor &actor) : FrameBase(actor.m_cell) { }

FrameBase::FrameBase() : FrameBase(ActorCell::current()) { }

FrameBase::FrameBase(ActorCell *cell) : m_cell(cell)
{
    if (m_cell)
        m_cell->turn().add(*this);
}

FrameBase::~FrameBase()
{
    for (FrameBase *waiter = m_waiters; waiter; waiter = waiter->m_nextWaiter)
        waiter->m_awaitedFrame = nullptr;
    if (m_awaitedFrame) {
        FrameBase **place = &m_awaitedFrame->m_waiters;
        while (*place != this)
            place = &(*place)->m_nextWaiter;
        *place = m_nextWaiter;
    }
    if (m_cell)
        m_cell->turn().remove(*this);
}

void FrameBase::requireActor() const
{
    if (!m_cell)
        throw ActorStopped(QStringLiteral(
                "A coroutine awaits outside an actor, or in one that has not been spawned"));
}

bool FrameBase::awaitAsk(AskBase &ask, std::coroutine_handle<> handle)
{
    requireActor();
    if (!ask.beginAwait(*this))
        return false;
    m_handle = handle;
    m_awaitedAsk = &ask;
    return true;
}

void FrameBase::awaitFuture(const AnyFuture &future, FutureWatchPointer &watch,
                            std::coroutine_handle<> handle)
{
    requireActor();
    m_handle = handle;
    if (FrameBase *const frame = m_cell->turn().frameOf(future.state())) {
        // A coroutine of the same actor tells by itself when it has ended.
        m_awaitedFrame = frame;
        m_nextWaiter = std::exchange(frame->m_waiters, this);
        Turn::adopt(frame, m_turn);
        return;
    }
    watch.reset(new FutureWatch(future, [this] { m_cell->frameReady(*this); }));
}

void FrameBase::awaitEnded() noexcept
{
    m_awaitedAsk = nullptr;
}

FrameToken FrameBase::await(std::coroutine_handle<> handle)
{
    requireActor();
    m_handle = handle;
    return FrameToken(*this, Ref<Address>(m_cell));
}

void FrameBase::awaitTimer(TimerEntry &timer, std::chrono::nanoseconds delay,
                           std::coroutine_handle<> handle)
{
    requireActor();
    m_handle = handle;
    timer.deadline = m_cell->system().clock().now() + delay;
    m_cell->dispatcher().addTimer(timer);
}

void FrameBase::stopTimer(TimerEntry &timer) noexcept
{
    m_cell->dispatcher().removeTimer(timer);
}

void FrameBase::goOn() noexcept
{
    m_cell->frameReady(*this);
}

namespace {

class TokenEntry final : public ControlEntry
{
public:
    explicit TokenEntry(Ref<FrameToken> token) : m_token(std::move(token)) { }
    void run(ActorCell &cell) noexcept override
    {
        if (FrameBase *const frame = m_token->frame())
            cell.turn().setReady(*frame);
    }
    void dispose() noexcept override { delete this; }

private:
    const Ref<FrameToken> m_token;
};

} // namespace

void FrameToken::goOn(Ref<FrameToken> token)
{
    Cell *const cell = token->m_cell->cell();
    cell->postSystem(new TokenEntry(std::move(token)));
}

void FrameBase::failed() noexcept
{
    // The exceptions of others are found by the handler that returned them, or by a coroutine that awaits them.
    const bool isLeftOver = m_cell && m_handle && !m_cell->isBusy() && !m_waiters && !m_maker;
    if (!isLeftOver)
        return;
    try {
        throw;
    } catch (const StopActor &) {
        m_cell->requestStop();
    } catch (...) {
        qCWarning(lcCore).noquote()
                << "A coroutine of" << m_cell->path() << "that no handler has returned failed:"
                << StopReason::failure(std::current_exception()).message();
    }
}

void FrameBase::ended() noexcept
{
    for (FrameBase *waiter = std::exchange(m_waiters, nullptr); waiter;) {
        FrameBase *const next = std::exchange(waiter->m_nextWaiter, nullptr);
        waiter->m_awaitedFrame = nullptr;
        m_cell->frameReady(*waiter);
        waiter = next;
    }
}

} // namespace Actorio::Detail
