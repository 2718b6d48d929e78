// SPDX-License-Identifier: MIT
#include "actor/systemcore_p.h"

#include "kernel/logging_p.h"

#include <Actorio/error.h>

#include <QtCore/qmetaobject.h>

// What a system says outwards: its log, and the signals of its ActorSystem.

namespace Actorio::Detail {

class SystemCore::FaceUse
{
public:
    explicit FaceUse(SystemCore &core) : m_core(core), m_outer(std::exchange(innermost, this))
    {
        const std::lock_guard lock(core.m_faceMutex);
        m_face = core.m_face;
        ++core.m_faceUses;
    }
    ~FaceUse()
    {
        innermost = m_outer;
        {
            const std::lock_guard lock(m_core.m_faceMutex);
            --m_core.m_faceUses;
        }
        m_core.m_faceReleased.notify_all();
    }
    FaceUse(const FaceUse &) = delete;

    ActorSystem *face() const { return m_face; } // null: it is lost
    // Those of `core` on this thread's stack, which end when what is above them has returned.
    static int belowThisStack(const SystemCore &core)
    {
        int count = 0;
        for (const FaceUse *use = innermost; use; use = use->m_outer)
            count += &use->m_core == &core;
        return count;
    }

private:
    static thread_local FaceUse *innermost;
    SystemCore &m_core;
    FaceUse *const m_outer;
    ActorSystem *m_face;
};
thread_local SystemCore::FaceUse *SystemCore::FaceUse::innermost = nullptr;

void SystemCore::loseFace()
{
    std::unique_lock lock(m_faceMutex);
    m_face = nullptr;
    const int mine = FaceUse::belowThisStack(*this);
    // Not for ever: a slot may be waiting for this very thread. Qt bears that a sender is deleted while it emits.
    if (!m_faceReleased.wait_for(lock, KillPatience, [&] { return m_faceUses <= mine; })) {
        lock.unlock();
        qCWarning(lcCore)
                << "An ActorSystem is deleted while a slot of one of its signals has not returned";
    }
}

// Whether an actor failed only because others that it asked are being shut down with it.
bool SystemCore::isAftermath(const StopReason &reason) const
{
    if (!m_isClosing.load(std::memory_order_relaxed) || !reason.exception())
        return false;
    try {
        std::rethrow_exception(reason.exception());
    } catch (const ActorStopped &) {
        return true;
    } catch (const BrokenPromise &) { // dropped with the actor that had given it
        return true;
    } catch (...) {
        return false;
    }
}

void SystemCore::unheardFailure(const ActorRef<> &actor, const StopReason &reason) noexcept
{
    if (isAftermath(reason))
        return;
    qCWarning(lcCore).noquote() << actor.path()
                                << "failed, and nobody heard of it:" << reason.message();
    const FaceUse use(*this);
    if (use.face())
        Q_EMIT use.face()->actorFailed(actor, reason);
}

void SystemCore::deadLetter(Ref<Envelope> envelope, Address *recipient,
                            DeadLetter::Cause cause) noexcept
{
    DeadLetter letter;
    letter.message = Message(envelope);
    letter.type = letter.message.type();
    letter.recipient = ActorRef<>(Ref<Address>(recipient));
    letter.sender = letter.message.sender();
    letter.cause = cause;
    deadLetter(std::move(letter));
}

// A thousand, ten thousand, and so on: a flood of them is no flood in the log.
static bool isReported(quint64 count)
{
    while (count > 1'000 && count % 10 == 0)
        count /= 10;
    return count == 1'000;
}

void SystemCore::deadLetter(DeadLetter letter) noexcept
{
    static const QMetaMethod signal = QMetaMethod::fromSignal(&ActorSystem::deadLetter);
    const quint64 count = m_deadLetters.fetch_add(1, std::memory_order_relaxed) + 1;
    if (count <= 10)
        qCInfo(lcDeadLetters).noquote() << letter;
    else if (isReported(count))
        qCInfo(lcDeadLetters) << count << "dead letters so far";
    const FaceUse use(*this);
    if (use.face() && use.face()->isSignalConnected(signal))
        Q_EMIT use.face()->deadLetter(letter);
}

} // namespace Actorio::Detail
