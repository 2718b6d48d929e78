// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/address.h>
#include <Actorio/detail/anyfuture.h>
#include <Actorio/detail/counted.h>
#include <Actorio/detail/futurewatch.h>
#include <Actorio/detail/fwd.h>
#include <Actorio/detail/pooled.h>
#include <Actorio/detail/ref.h>
#include <Actorio/detail/timerentry.h>

#include <atomic>
#include <chrono>
#include <coroutine>

namespace Actorio::Detail {

class ActorCell;
class AskBase;
class FrameBase;

// Lets a coroutine that stands at an await go on, once, from any thread, if it still stands there.
class ACTORIO_EXPORT FrameToken : public Counted
{
public:
    FrameToken(FrameBase &frame, Ref<Address> cell) : m_frame(&frame), m_cell(std::move(cell)) { }
    // Before anybody knows it.
    FrameToken(FrameToken &&other) noexcept
        : m_frame(other.m_frame), m_cell(std::move(other.m_cell))
    {
    }

    // Any thread. True: for the first, who then stores what there is, and calls goOn().
    bool claim() noexcept { return !m_isClaimed.exchange(true, std::memory_order_relaxed); }
    static void goOn(Ref<FrameToken> token);
    // The actor's thread: the coroutine does not stand there any more.
    void revoke() noexcept { m_frame = nullptr; }
    FrameBase *frame() const noexcept { return m_frame; }

private:
    std::atomic<bool> m_isClaimed{false}; // relaxed: the inbox hands over what was stored
    FrameBase *m_frame; // the actor's thread
    Ref<Address> m_cell;
};

// A coroutine of an actor: every frame is listed in its actor's cell, which resumes it one at a time
// with everything else the actor does, and destroys it when the actor is killed.
class ACTORIO_EXPORT FrameBase : public Pooled
{
public:
    FrameBase(const FrameBase &) = delete;
    FrameBase &operator=(const FrameBase &) = delete;

    // The coroutine stands at an await. False: what it awaits is there already.
    bool awaitAsk(AskBase &ask, std::coroutine_handle<> handle);
    void awaitFuture(const AnyFuture &future, FutureWatchPointer &watch,
                     std::coroutine_handle<> handle);
    void awaitEnded() noexcept;
    // Anything else, by a token.
    FrameToken await(std::coroutine_handle<> handle);
    // A timer, which calls goOn() in the actor's thread.
    void awaitTimer(TimerEntry &timer, std::chrono::nanoseconds delay,
                    std::coroutine_handle<> handle);
    void stopTimer(TimerEntry &timer) noexcept;
    void goOn() noexcept;

protected:
    // Of an actor; of the one whose handler is running in this thread, if any.
    explicit FrameBase(const Actor &actor);
    FrameBase();
    virtual ~FrameBase();

    // The coroutine has ended, its result is in its future.
    void ended() noexcept;
    // By the exception that is being handled.
    void failed() noexcept;

private:
    friend class ActorCell;
    friend class AskBase;
    friend class Turn;

    explicit FrameBase(ActorCell *cell);
    virtual const QFutureInterfaceBase &state() const noexcept = 0;
    void requireActor() const;

    ActorCell *m_cell; // null in an actor that does not run: it cannot await
    std::coroutine_handle<> m_handle;
    quint64 m_bornIn = 0; // the turn
    quint64 m_turn = 0; // the one it belongs to: of whoever awaits it
    FrameBase *m_older = nullptr; // the frames of a cell, newest first
    FrameBase *m_newer = nullptr;
    AskBase *m_awaitedAsk = nullptr;
    FrameBase *m_awaitedFrame = nullptr;
    FrameBase *m_waiters = nullptr; // the frames that await this one
    FrameBase *m_nextWaiter = nullptr; // another that awaits the same
    bool m_isReady = false;
    Ref<Counted> m_maker; // what keeps its closure, if an input hears of it
};

} // namespace Actorio::Detail
