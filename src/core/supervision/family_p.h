// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/supervisor.h>

#include <QtCore/qfuture.h>

#include <deque>
#include <memory>

namespace Actorio::Detail {

// What supervisors do with one child. In their turn.
class Family
{
public:
    // Throws SupervisorError if the options make no sense.
    Family(Actor &parent, const SupervisorOptions &options);

    struct Member
    {
        ActorRef<> actor;
        QFuture<bool> started; // false: it has declined
        QFuture<void> gone; // its end has arrived
    };
    // Does not throw: what cannot be spawned has not started.
    Member start(const ChildOptions &options, const QMetaObject *actorClass,
                 std::unique_ptr<Factory> factory);
    // Without waiting for it.
    static void stop(const ActorRef<> &actor, const ChildOptions &options);
    // Throws SupervisorError if there are too many.
    void countRestart(const QString &child, const StopReason &reason);
    // Stopped before all others, as if it were the newest.
    void moveToEnd(const ActorRef<> &actor);

    static void check(const ChildOptions &options, const QMetaObject *actorClass);
    static bool isSupervisor(const QMetaObject *actorClass);
    // Whether a child that has ended so is started again.
    static bool wantsRestart(RestartType type, const StopReason &reason);
    // What a child has failed with is known: no warning, and nobody is told again.
    static void hear(const ActorRef<> &child);
    // Of one that is not a child any more.
    static void warnOfUnheard(const ChildStopped &event);
    static void warnOfEnd(const ChildStopped &event);
    // A request that was told fails, and nobody hears of it.
    void warnOf(const std::exception_ptr &error) const;

private:
    Actor &m_parent;
    const SupervisorOptions m_options;
    std::deque<TimePoint> m_restarts; // within the period
};

} // namespace Actorio::Detail
