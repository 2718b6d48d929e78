// SPDX-License-Identifier: MIT
#include <Actorio/message.h>

#include <Actorio/deadletter.h>

#include <QtCore/qdebug.h>

namespace Actorio {

QMetaType Message::type() const
{
    return m_envelope ? QMetaType(m_envelope->type()) : QMetaType();
}

ActorRef<> Message::sender() const
{
    return m_envelope ? ActorRef<>(Detail::Ref<Detail::Address>(m_envelope->sender()))
                      : ActorRef<>();
}

QVariant Message::toVariant() const
{
    if (!m_envelope || !m_envelope->type()->copyCtr)
        return {};
    return QVariant(type(), m_envelope->payload());
}

QDebug operator<<(QDebug debug, const Message &message)
{
    const QDebugStateSaver saver(debug);
    debug.nospace() << "Message(";
    if (message)
        debug << message.type().name();
    return debug << ')';
}

QDebug operator<<(QDebug debug, const DeadLetter &letter)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "DeadLetter(" << letter.type.name() << " to " << letter.recipient;
    if (letter.sender)
        debug << " from " << letter.sender;
    return debug << ", " << QMetaEnum::fromType<DeadLetter::Cause>().valueToKey(letter.cause)
                 << ')';
}

} // namespace Actorio
