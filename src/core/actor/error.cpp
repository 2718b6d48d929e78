// SPDX-License-Identifier: MIT
#include <Actorio/error.h>

namespace Actorio {

Error::Error(const QString &message) : m_message(message), m_utf8(message.toUtf8()) { }

Error::~Error() = default;

void Error::raise() const
{
    throw *this;
}

Error *Error::clone() const
{
    return new Error(*this);
}

// The key functions of the error classes, all alike.
#define ACTORIO_DEFINE_ERROR(Name)                          \
    Name::Name(const QString &message) : Error(message) { } \
    Name::~Name() = default;                                \
    void Name::raise() const                                \
    {                                                       \
        throw *this;                                        \
    }                                                       \
    Name *Name::clone() const                               \
    {                                                       \
        return new Name(*this);                             \
    }

ACTORIO_DEFINE_ERROR(Timeout)
ACTORIO_DEFINE_ERROR(ActorStopped)
ACTORIO_DEFINE_ERROR(UnhandledMessage)
ACTORIO_DEFINE_ERROR(BrokenPromise)
ACTORIO_DEFINE_ERROR(WouldDeadlock)
ACTORIO_DEFINE_ERROR(Cancelled)
ACTORIO_DEFINE_ERROR(SpawnFailed)

#undef ACTORIO_DEFINE_ERROR

} // namespace Actorio
