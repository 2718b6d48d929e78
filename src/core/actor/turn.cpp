// SPDX-License-Identifier: MIT
#include "actor/turn_p.h"

#include "actor/actorcell_p.h"

#include <Actorio/detail/askstate.h>

#include <algorithm>

namespace Actorio::Detail {

Turn::~Turn()
{
    destroyFrames();
}

void Turn::addWait(AnyFuture future, bool isReply)
{
    FutureWatchPointer watch;
    if (FrameBase *const frame = frameOf(future.state()))
        adopt(frame, m_cell.turnNumber());
    else if (!future.isFinished())
        watch.reset(new FutureWatch(future, [this] { m_cell.wakeUp(); }));
    if (watch && isReply && m_cell.envelope() && m_cell.envelope()->ask())
        watch->onProgress([ask = m_cell.envelope()->ask(), state = future.state()] {
            ask->showProgress(state);
        });
    m_waits.push_back({std::move(future), std::move(watch), isReply});
}

bool Turn::isOver() const
{
    return std::all_of(m_waits.begin(), m_waits.end(),
                       [](const Wait &wait) { return wait.future.isFinished(); });
}

bool Turn::waitsForOthers() const
{
    return std::any_of(m_waits.begin(), m_waits.end(),
                       [](const Wait &wait) { return wait.watch != nullptr; });
}

void Turn::finish(AnyFuture &reply)
{
    std::vector<Wait> waits = std::exchange(m_waits, {});
    std::exception_ptr failure;
    for (Wait &wait : waits) {
        if (!failure && !wait.future.isCancelledOnly()) {
            try {
                wait.future.rethrowFailure();
            } catch (...) {
                failure = std::current_exception();
            }
        }
        if (wait.isReply)
            reply = std::move(wait.future);
    }
    if (failure)
        std::rethrow_exception(failure);
}

void Turn::abandon()
{
    m_waits.clear();
}

void Turn::cancel(quint64 number)
{
    const auto isOlder = [=](const FrameBase *frame) { return frame && frame->m_bornIn != number; };
    destroyIf([=](const FrameBase *frame) { return !isOlder(frame); });
    for (Wait &wait : m_waits) {
        if (!isOlder(frameOf(wait.future.state())))
            QFutureInterfaceBase(wait.future.state()).cancel();
    }
}

void Turn::add(FrameBase &frame)
{
    frame.m_turn = frame.m_bornIn = m_cell.turnNumber();
    frame.m_older = m_newest;
    if (m_newest)
        m_newest->m_newer = &frame;
    m_newest = &frame;
}

void Turn::remove(FrameBase &frame)
{
    (frame.m_newer ? frame.m_newer->m_older : m_newest) = frame.m_older;
    if (frame.m_older)
        frame.m_older->m_newer = frame.m_newer;
    if (frame.m_isReady)
        m_ready.erase(std::find(m_ready.begin(), m_ready.end(), &frame));
}

bool Turn::setReady(FrameBase &frame)
{
    if (std::exchange(frame.m_isReady, true))
        return false;
    m_ready.push_back(&frame);
    return true;
}

FrameBase *Turn::takeReady(quint64 number)
{
    const auto found = std::find_if(m_ready.begin(), m_ready.end(), [=](const FrameBase *frame) {
        return number == 0 || frame->m_turn == number;
    });
    if (found == m_ready.end())
        return nullptr;
    FrameBase *const frame = *found;
    m_ready.erase(found);
    frame->m_isReady = false;
    return frame;
}

FrameBase *Turn::frameOf(const QFutureInterfaceBase &state) const
{
    for (FrameBase *frame = m_newest; frame; frame = frame->m_older) {
        if (frame->state() == state)
            return frame;
    }
    return nullptr;
}

void Turn::adopt(FrameBase *frame, quint64 number)
{
    for (; frame; frame = frame->m_awaitedFrame)
        frame->m_turn = number;
}

std::vector<AskBase *> Turn::blockingAsks() const
{
    std::vector<AskBase *> asks;
    for (const Wait &wait : m_waits) {
        const FrameBase *frame = wait.future.isFinished() ? nullptr : frameOf(wait.future.state());
        while (frame && frame->m_awaitedFrame)
            frame = frame->m_awaitedFrame;
        if (frame && frame->m_awaitedAsk)
            asks.push_back(frame->m_awaitedAsk);
    }
    return asks;
}

void Turn::destroyFrames(quint64 number)
{
    destroyIf([=](const FrameBase *frame) { return number == 0 || frame->m_turn == number; });
}

template<class Predicate>
void Turn::destroyIf(Predicate isMeant)
{
    // Destroying one may end others' awaits, but starts none.
    for (FrameBase *frame = m_newest; frame;) {
        if (isMeant(frame)) {
            frame->m_handle.destroy();
            frame = m_newest;
        } else {
            frame = frame->m_older;
        }
    }
}

} // namespace Actorio::Detail
