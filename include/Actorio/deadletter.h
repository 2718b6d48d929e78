// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>
#include <Actorio/message.h>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Actorio {

/// A message that was accepted but not handled, and why. A value. The idea is Akka's.
/// \since 0.1
class ACTORIO_EXPORT DeadLetter
{
    Q_GADGET
public:
    /// Why nobody handled it.
    enum Cause {
        ActorStopped, ///< the actor ended before its turn
        InboxDestroyed, ///< the Inbox went with the message in it
        LateReply, ///< the ask had its answer, was cancelled, or its time had run out
    };
    Q_ENUM(Cause)

    /// The message; null for the value of a late reply, of which only the type is known.
    Message message;
    /// The message's type.
    QMetaType type;
    /// Where it was sent to: an actor, an Inbox or an ask.
    ActorRef<> recipient;
    /// Who sent it; null when the sender did not say.
    ActorRef<> sender;
    /// Why nobody handled it.
    Cause cause = ActorStopped;
};

/// Type, recipient, sender and cause in a line.
/// \since 0.1
ACTORIO_EXPORT QDebug operator<<(QDebug debug, const DeadLetter &letter);

} // namespace Actorio

Q_DECLARE_METATYPE(Actorio::DeadLetter)
