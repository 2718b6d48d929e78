// SPDX-License-Identifier: MIT
#pragma once

#include "actor/futurewatch_p.h"

#include <Actorio/detail/coroutine.h>

#include <vector>

namespace Actorio::Detail {

class ActorCell;

// What of an actor's handlers is not over when they return: the coroutines, and the futures that keep the
// actor busy. Made when an actor first has any. The actor's thread.
class Turn
{
public:
    explicit Turn(ActorCell &cell) : m_cell(cell) { }
    ~Turn();

    // The handler in progress is over when `future` has finished; `isReply`: its result is the reply.
    void addWait(AnyFuture future, bool isReply);
    bool isWaiting() const { return !m_waits.empty(); }
    bool isOver() const;
    // A handler has returned a future that is somebody else's.
    bool waitsForOthers() const;
    // Ends the waits. Hands out the reply's future, if there is one, and throws what any of them failed with;
    // that a future was cancelled is no failure of the actor that returned it.
    void finish(AnyFuture &reply);
    void abandon();
    // Ends the coroutines that turn `number` has begun, and cancels the futures that it waits for. What an earlier turn has begun, others
    // may wait for, too.
    void cancel(quint64 number);

    void add(FrameBase &frame);
    void remove(FrameBase &frame);
    // False: it was already.
    bool setReady(FrameBase &frame);
    // Takes out the next frame that can go on: any of turn `number`, or of any turn if that is 0.
    FrameBase *takeReady(quint64 number);
    bool hasReady() const { return !m_ready.empty(); }
    FrameBase *frameOf(const QFutureInterfaceBase &state) const;
    // The frame, and those it awaits, become part of the turn in progress.
    static void adopt(FrameBase *frame, quint64 number);
    // The asks that the handler in progress cannot go on without.
    std::vector<AskBase *> blockingAsks() const;
    // Newest first: all, or those of turn `number`.
    void destroyFrames(quint64 number = 0);

private:
    struct Wait
    {
        AnyFuture future;
        FutureWatchPointer watch; // null for a coroutine of this actor
        bool isReply;
    };

    template<class Predicate>
    void destroyIf(Predicate isMeant);

    ActorCell &m_cell;
    std::vector<Wait> m_waits;
    FrameBase *m_newest = nullptr;
    std::vector<FrameBase *> m_ready;
};

} // namespace Actorio::Detail
