// SPDX-License-Identifier: MIT
#include "supervision/family_p.h"

#include "actor/actorcell_p.h"
#include "kernel/logging_p.h"

#include <Actorio/detail/timespan.h>

namespace Actorio::Detail {

namespace {

using std::chrono::milliseconds;

QString nameOf(const ChildOptions &options)
{
    return options.id.isEmpty() ? QStringLiteral("a child")
                                : QStringLiteral("the child \"%1\"").arg(options.id);
}

[[noreturn]] void refuse(const QString &problem)
{
    throw SupervisorError(SupervisorError::BadSpecification, problem);
}

} // namespace

Family::Family(Actor &parent, const SupervisorOptions &options)
    : m_parent(parent), m_options(options)
{
    if (options.intensity < 0)
        refuse(QStringLiteral("a supervisor's intensity is negative: %1").arg(options.intensity));
    if (options.period <= milliseconds(0))
        refuse(QStringLiteral("a supervisor's period is not positive: %1 ms")
                       .arg(options.period.count()));
}

void Family::check(const ChildOptions &options, const QMetaObject *actorClass)
{
    if (!actorClass)
        refuse(QStringLiteral("the specification of %1 has no actor: make it by child<A>() or "
                              "childTemplate<A>()")
                       .arg(nameOf(options)));
    if (options.shutdown && *options.shutdown < milliseconds(0))
        refuse(QStringLiteral("the shutdown time of %1 is negative: %2 ms")
                       .arg(nameOf(options))
                       .arg(options.shutdown->count()));
}

bool Family::isSupervisor(const QMetaObject *actorClass)
{
    return actorClass->inherits(&Supervisor::staticMetaObject)
            || actorClass->inherits(&DynamicSupervisor::staticMetaObject);
}

bool Family::wantsRestart(RestartType type, const StopReason &reason)
{
    switch (type) {
    case RestartType::Permanent:
        return true;
    case RestartType::Transient:
        return reason.kind() != StopReason::Stopped;
    case RestartType::Temporary:
        break;
    }
    return false;
}

Family::Member Family::start(const ChildOptions &options, const QMetaObject *actorClass,
                             std::unique_ptr<Factory> factory)
{
    const milliseconds patience = options.shutdown.value_or(
            isSupervisor(actorClass) ? ChildOptions::Forever : milliseconds(5000));
    SpawnOptions spawnOptions;
    spawnOptions.on = options.on;
    spawnOptions.name = options.id;
    spawnOptions.supervision = options.supervision;
    if (patience != ChildOptions::Forever)
        spawnOptions.stopWithin = patience;
    auto started = std::make_unique<QPromise<bool>>();
    started->start();
    Member member;
    member.started = started->future();
    member.actor = ActorRef<>(m_parent.start(
            {std::move(spawnOptions), actorClass, std::move(factory), std::move(started)}));
    member.gone = m_parent.m_cell->children().gone(
            static_cast<const ActorCell &>(*member.actor.address()->cell()));
    return member;
}

void Family::stop(const ActorRef<> &actor, const ChildOptions &options)
{
    if (options.shutdown == milliseconds(0))
        actor.kill();
    else
        actor.stop();
}

void Family::moveToEnd(const ActorRef<> &actor)
{
    if (ActorCell *const cell = ActorCell::of(actor.address().get()))
        m_parent.m_cell->children().moveToEnd(*cell);
}

void Family::countRestart(const QString &child, const StopReason &reason)
{
    const TimePoint now = m_parent.m_cell->system().clock().now();
    const auto period = nanosecondsOf(m_options.period);
    while (!m_restarts.empty() && now - m_restarts.front() >= period)
        m_restarts.pop_front();
    const QString path = m_parent.self().path();
    if (m_restarts.size() >= std::size_t(m_options.intensity))
        throw SupervisorError(
                SupervisorError::TooManyRestarts,
                QStringLiteral("%1 gives up after %2 restarts within %3 ms; the last child that "
                               "ended was %4: %5")
                        .arg(path)
                        .arg(m_restarts.size())
                        .arg(m_options.period.count())
                        .arg(child, reason.message()));
    m_restarts.push_back(now);
    qCWarning(lcCore).noquote() << path << "starts" << child
                                << "again, which has ended:" << reason.message();
}

void Family::hear(const ActorRef<> &child)
{
    ActorCell::of(child.address().get())->setHeard();
}

void Family::warnOfUnheard(const ChildStopped &event)
{
    if (event.reason.isFailure() && !ActorCell::of(event.child.address().get())->isHeard())
        qCWarning(lcCore).noquote() << event.child.path()
                                    << "has failed while it was stopped:" << event.reason.message();
}

void Family::warnOfEnd(const ChildStopped &event)
{
    if (event.reason.isFailure())
        qCWarning(lcCore).noquote()
                << event.child.path()
                << "has failed, and is not started again:" << event.reason.message();
}

void Family::warnOf(const std::exception_ptr &error) const
{
    qCWarning(lcCore).noquote() << m_parent.self().path() << "could not do what it was told:"
                                << StopReason::failure(error).message();
}

} // namespace Actorio::Detail
