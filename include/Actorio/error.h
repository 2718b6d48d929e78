// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <QtCore/qbytearray.h>
#include <QtCore/qexception.h>
#include <QtCore/qstring.h>

namespace Actorio {

/// What this library throws and fails asks with: says in its text which actor and which message
/// type it is about. Values; any thread.
/// \since 0.1
class ACTORIO_EXPORT Error : public QException
{
public:
    /// An error that says `message`.
    explicit Error(const QString &message);
    ~Error() override;

    /// What went wrong, in words for a log.
    QString message() const { return m_message; }
    /// The message in UTF-8.
    const char *what() const noexcept override { return m_utf8.constData(); }
    /// For Qt, which throws in one thread what was thrown in another: throws a copy of this, as what it is.
    void raise() const override;
    /// For Qt: a copy on the heap, which is the caller's.
    Error *clone() const override;

private:
    QString m_message;
    QByteArray m_utf8;
};

// Each error is a class of its own, so that it can be caught and handled by onFailed().
#define ACTORIO_DECLARE_ERROR(Name)            \
    class ACTORIO_EXPORT Name : public Error   \
    {                                          \
    public:                                    \
        explicit Name(const QString &message); \
        ~Name() override;                      \
        void raise() const override;           \
        Name *clone() const override;          \
    };

/// The answer did not come within the time given to `ask()`.
/// \since 0.1
ACTORIO_DECLARE_ERROR(Timeout)
/// The actor had ended, or was told to stop with the ask still queued.
/// \since 0.1
ACTORIO_DECLARE_ERROR(ActorStopped)
/// The actor has no `receive` slot for the type of the message.
/// \since 0.1
ACTORIO_DECLARE_ERROR(UnhandledMessage)
/// Nobody can answer any more, or the answer was of another type than the asker expects.
/// \since 0.1
ACTORIO_DECLARE_ERROR(BrokenPromise)
/// Waiting for the answer could never end: it would close a circle of waits, or block a thread
/// that other actors need.
/// \since 0.1
ACTORIO_DECLARE_ERROR(WouldDeadlock)
/// The ask, or a future that was awaited, was cancelled.
/// \since 0.1
ACTORIO_DECLARE_ERROR(Cancelled)
/// The actor could not be made: its constructor threw, or there is no place for it to live in.
/// \since 0.1
ACTORIO_DECLARE_ERROR(SpawnFailed)

#undef ACTORIO_DECLARE_ERROR

/// Thrown in a handler, it stops the actor as `stop()` does. No failure, and no std::exception.
/// \since 0.1
struct StopActor
{
};

} // namespace Actorio
