// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/envelope.h>
#include <Actorio/detail/fwd.h>

#include <QtCore/qmetatype.h>
#include <QtCore/qvariant.h>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Actorio {

/// A message of any type, as `handleMessage()` gets it. A value that shares the message, which may be
/// kept; read the message itself only in the actor that handles it, or after it has ended.
/// \since 0.1
class ACTORIO_EXPORT Message
{
public:
    /// A null message.
    Message() noexcept = default;

    /// Whether the message is exactly a T.
    template<class T>
    bool is() const noexcept
    {
        return m_envelope && Detail::isSameType(m_envelope->type(), Detail::typeOf<T>());
    }
    /// The message if it is exactly a T, else null. Valid as long as this Message or its handler lasts.
    template<class T>
    const T *get() const noexcept
    {
        return is<T>() ? static_cast<const T *>(m_envelope->payload()) : nullptr;
    }
    /// The message's type; invalid for a null message.
    QMetaType type() const;
    /// Who sent it; null when the sender did not say.
    ActorRef<Actor> sender() const;
    /// A copy of the message; invalid if its type cannot be copied.
    QVariant toVariant() const;

    /// False for a null message.
    explicit operator bool() const noexcept { return static_cast<bool>(m_envelope); }

    /// \cond
    // For the library.
    explicit Message(Detail::Ref<Detail::Envelope> envelope) noexcept
        : m_envelope(std::move(envelope))
    {
    }
    /// \endcond

private:
    Detail::Ref<Detail::Envelope> m_envelope;
};

/// The type of the message.
/// \since 0.1
ACTORIO_EXPORT QDebug operator<<(QDebug debug, const Message &message);

} // namespace Actorio
