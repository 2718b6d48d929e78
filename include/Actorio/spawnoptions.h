// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>
#include <Actorio/supervision.h>

#include <QtCore/qstring.h>

#include <chrono>
#include <optional>

QT_BEGIN_NAMESPACE
class QObject;
class QThread;
QT_END_NAMESPACE

namespace Actorio {

/// Where an actor lives. Made by pool(), mainThread(), dedicatedThread(), sameThread() and
/// onThread(). A value.
/// \since 0.1
class Placement
{
public:
    /// Which of them.
    enum class Kind {
        Pool, ///< pool()
        MainThread, ///< mainThread()
        DedicatedThread, ///< dedicatedThread()
        Thread, ///< onThread(), or sameThread()
    };

    /// Which of them it is.
    Kind kind() const noexcept { return m_kind; }
    /// The thread of `Kind::Thread`, else null.
    QThread *thread() const noexcept { return m_thread; }

private:
    /// \cond
    friend Placement pool() noexcept;
    friend Placement mainThread() noexcept;
    friend Placement dedicatedThread() noexcept;
    friend ACTORIO_EXPORT Placement sameThread();
    friend Placement onThread(QThread *thread) noexcept;
    /// \endcond
    explicit Placement(Kind kind, QThread *thread = nullptr) noexcept
        : m_kind(kind), m_thread(thread)
    {
    }

    Kind m_kind;
    QThread *m_thread;
};

/// One of the system's threads, the one with the fewest actors. The default. For actors that do not block.
/// \since 0.1
inline Placement pool() noexcept
{
    return Placement(Placement::Kind::Pool);
}
/// The thread of the QCoreApplication: for actors that touch widgets.
/// \since 0.1
inline Placement mainThread() noexcept
{
    return Placement(Placement::Kind::MainThread);
}
/// A thread of its own, which ends with the actor: for actors that block.
/// \since 0.1
inline Placement dedicatedThread() noexcept
{
    return Placement(Placement::Kind::DedicatedThread);
}
/// The thread that calls this function: with `spawn({.on = sameThread()})` the spawner's own. It needs a running event
/// loop (the main thread's may start later).
/// \since 0.1
ACTORIO_EXPORT Placement sameThread();
/// A QThread of yours with a running event loop. When it ends, its actors stop.
/// \since 0.1
inline Placement onThread(QThread *thread) noexcept
{
    return Placement(Placement::Kind::Thread, thread);
}

/// How an actor is spawned; every member may be left out.
/// \since 0.1
struct SpawnOptions
{
    /// Stops the actor when it is destroyed. Any QObject that lives in the calling thread. Within an
    /// actor, `spawn()` makes a child of that actor, and this is left out.
    QObject *owner = nullptr;
    /// Where the actor lives.
    Placement on = pool();
    /// A label, unique among the siblings that run; empty: class and number.
    QString name = {};
    /// What becomes of it when it fails.
    Supervision supervision = {};
    /// How long its stop may take, from when it comes to it: what it is doing, its children's stop and tearDown(). Then it is killed, which
    /// is logged. Nothing: as long as it takes.
    std::optional<std::chrono::milliseconds> stopWithin = {};
};

} // namespace Actorio
