// SPDX-License-Identifier: MIT
#include <Actorio/detail/coroutine.h>

#include "actor/actorcell_p.h"
#include "actor/futurewatch_p.h"

#include <Actorio/actor.h>

namespace Actorio::Detail {

void FutureWatchDeleter::operator()(FutureWatch *watch) const noexcept
{
    delete watch;
}

FrameBase::FrameBase(const Actor &actor) : m_cell(actor.m_cell)
{
    if (m_cell)
        m_cell->turn().add(*this);
}

FrameBase::~FrameBase()
{
    if (m_waiter)
        m_waiter->m_awaitedFrame = nullptr;
    if (m_awaitedFrame)
        m_awaitedFrame->m_waiter = nullptr;
    if (m_cell)
        m_cell->turn().remove(*this);
}

void FrameBase::requireActor() const
{
    if (!m_cell)
        throw ActorStopped(QStringLiteral("A coroutine awaits in an actor that has not been spawned"));
}

bool FrameBase::awaitAsk(AskBase &ask, std::coroutine_handle<> handle)
{
    requireActor();
    m_handle = handle;
    if (!ask.beginAwait(*this))
        return false;
    m_awaitedAsk = &ask;
    return true;
}

void FrameBase::awaitFuture(const AnyFuture &future, FutureWatchPointer &watch,
                            std::coroutine_handle<> handle)
{
    requireActor();
    m_handle = handle;
    if (FrameBase *const frame = m_cell->turn().frameOf(future.state()); frame && !frame->m_waiter) {
        // A coroutine of the same actor tells by itself when it has ended.
        m_awaitedFrame = frame;
        frame->m_waiter = this;
        Turn::adopt(frame, m_turn);
        return;
    }
    watch.reset(new FutureWatch(future, [this] { m_cell->frameReady(*this); }));
}

void FrameBase::awaitEnded() noexcept
{
    m_awaitedAsk = nullptr;
}

void FrameBase::ended() noexcept
{
    if (FrameBase *const waiter = std::exchange(m_waiter, nullptr)) {
        waiter->m_awaitedFrame = nullptr;
        m_cell->frameReady(*waiter);
    }
}

} // namespace Actorio::Detail
