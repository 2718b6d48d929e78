// SPDX-License-Identifier: MIT
#include <Actorio/message.h>

#include <Actorio/actorref.h>

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

} // namespace Actorio
