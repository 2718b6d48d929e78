// SPDX-License-Identifier: MIT
#include <Actorio/scoped.h>

#include "actor/actorcell_p.h"
#include "actor/endlistener_p.h"
#include "actor/systemcore_p.h"
#include "kernel/logging_p.h"
#include "kernel/waiter_p.h"

#include <algorithm>

namespace Actorio::Detail {

StopReason stopAndJoin(const RefBase &actor, QDeadlineTimer deadline)
{
    struct End : Completion
    {
        StopReason reason;
    };
    class Join final : public EndListener
    {
    public:
        explicit Join(std::shared_ptr<End> end) : m_end(std::move(end)) { }
        void ended(const StopReason &reason) noexcept override
        {
            m_end->reason = reason;
            m_end->complete();
            delete this;
        }

    private:
        const std::shared_ptr<End> m_end;
    };

    ActorCell *const cell = ActorCell::of(actor.address().get());
    if (!cell)
        return StopReason::NoActor;
    cell->requestStop();
    const auto end = std::make_shared<End>();
    auto *const join = new Join(end);
    if (!cell->addEndListener(join)) {
        delete join;
        return cell->endReason();
    }
    const std::vector<const ActorCell *> below = ActorCell::belowThisStack();
    if (std::find(below.begin(), below.end(), cell) != below.end()) {
        qCWarning(lcCore).noquote()
                << cell->path() << "is joined within a handler of its own or of a child's:"
                << "it can only end when that has returned";
        return StopReason::Stopped;
    }
    SystemCore &system = cell->system();
    const auto isDone = [&] { return end->isOver() || system.isEnded(); };
    system.addWaiter(end->waiter);
    if (!end->waiter.waitUntil(isDone, deadline)) {
        cell->requestKill();
        if (!end->waiter.waitUntil(isDone, QDeadlineTimer(SystemCore::KillPatience)))
            qCWarning(lcCore).noquote()
                    << "Gives up the join of" << cell->path() << "whose thread is in"
                    << cell->dispatcher().describeHandler();
    }
    system.removeWaiter(end->waiter);
    return end->isOver() ? end->reason : StopReason(StopReason::Killed);
}

} // namespace Actorio::Detail
