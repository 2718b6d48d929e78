// SPDX-License-Identifier: MIT
#include "actor/actorcell_p.h"

#include <Actorio/detail/askstate.h>
#include <Actorio/detail/coroutine.h>

// What an actor does with the entries of its inbox before it handles them, or when it will not.

namespace Actorio::Detail {

void ActorCell::absorb(Entry *entry, bool isAlone)
{
    switch (entry->kind()) {
    case Entry::Kind::Tell:
    case Entry::Kind::Lazy:
    case Entry::Kind::Ask:
        if (phase() >= InboxQueue::Stopping)
            return discard(entry);
        if (entry->kind() == Entry::Kind::Ask) {
            // The very next thing that it does need not be remembered.
            const bool isNext = isAlone && m_batch.isEmpty() && !m_isBusy
                    && m_stage == Stage::Running && !(m_turn && m_turn->hasReady());
            if (!isNext)
                rememberAsk(*static_cast<Envelope *>(entry)->ask());
        }
        m_batch.append(entry);
        return;
    case Entry::Kind::ChildStopped:
    case Entry::Kind::ChildEscalated:
        return childEnded(static_cast<Envelope *>(entry));
    case Entry::Kind::Control:
        static_cast<ControlEntry *>(entry)->run(*this);
        entry->dispose();
        return;
    case Entry::Kind::Nudge:
        entry->dispose();
        return;
    }
}

void ActorCell::discard(Entry *entry) noexcept
{
    switch (entry->kind()) {
    case Entry::Kind::Tell:
        return m_system->deadLetter(Ref<Envelope>::adopt(static_cast<Envelope *>(entry)), this,
                                    DeadLetter::ActorStopped);
    case Entry::Kind::Lazy:
        if (static_cast<Envelope *>(entry)->isThere())
            return m_system->deadLetter(Ref<Envelope>::adopt(static_cast<Envelope *>(entry)), this,
                                        DeadLetter::ActorStopped);
        break;
    case Entry::Kind::Ask:
        static_cast<Envelope *>(entry)->failAsk();
        break;
    case Entry::Kind::ChildStopped:
    case Entry::Kind::ChildEscalated: {
        const auto *const event =
                static_cast<ChildStopped *>(static_cast<Envelope *>(entry)->payload());
        if (event->reason.isFailure() && !of(event->child.address().get())->isHeard())
            m_system->unheardFailure(event->child, event->reason);
        break;
    }
    case Entry::Kind::Control:
    case Entry::Kind::Nudge:
        break;
    }
    entry->dispose();
}

void ActorCell::childEnded(Envelope *event)
{
    const auto *const payload = static_cast<ChildStopped *>(event->payload());
    auto *const child = static_cast<ActorCell *>(payload->child.address().get());
    if (child->m_isListed) // not if it could not be spawned
        children().remove(*child, child->siblingName());
    if (m_stoppingChild == child)
        m_stoppingChild = nullptr;
    if (m_children)
        m_children->tellGone(*child);
    if (m_stage >= Stage::StoppingChildren)
        discard(event);
    else
        m_batch.append(event);
}

} // namespace Actorio::Detail
