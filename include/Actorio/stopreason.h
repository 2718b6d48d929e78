// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <QtCore/qobjectdefs.h>
#include <QtCore/qstring.h>

#include <exception>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Actorio {

/// Why an actor ended. A value; any thread may copy and read it.
/// \since 0.1
class ACTORIO_EXPORT StopReason
{
    Q_GADGET
public:
    /// The ways to end.
    enum Kind {
        Stopped, ///< it was asked to stop or drain, or stopped itself
        Failed, ///< an exception left one of its handlers, hooks or its constructor
        Killed, ///< `kill()`, or the deadline of a shutdown
        NoActor, ///< the reference was null
    };
    Q_ENUM(Kind)

    /// `Stopped`.
    StopReason() noexcept = default;
    /// A reason without an exception.
    StopReason(Kind kind) noexcept : m_kind(kind) { }
    /// A failure with `exception`.
    static StopReason failure(std::exception_ptr exception) noexcept;

    /// Which way it ended.
    Kind kind() const noexcept { return m_kind; }
    /// Whether it is `Failed`.
    bool isFailure() const noexcept { return m_kind == Failed; }
    /// What the actor failed with; null unless isFailure().
    std::exception_ptr exception() const noexcept { return m_exception; }
    /// The exception's text (or the type of what is no std::exception), or the kind in words.
    QString message() const;

    /// Whether kind and exception object are the same.
    friend bool operator==(const StopReason &a, const StopReason &b) noexcept
    {
        return a.m_kind == b.m_kind && a.m_exception == b.m_exception;
    }
    /// The opposite.
    friend bool operator!=(const StopReason &a, const StopReason &b) noexcept { return !(a == b); }

private:
    Kind m_kind = Stopped;
    std::exception_ptr m_exception;
};

/// The kind and, of a failure, the message.
/// \since 0.1
ACTORIO_EXPORT QDebug operator<<(QDebug debug, const StopReason &reason);

} // namespace Actorio
