// SPDX-License-Identifier: MIT
#include "supervision/answers_p.h"

#include <Actorio/supervisor.h>

namespace Actorio {

using namespace Detail;

struct DynamicSupervisor::Child
{
    std::any arguments;
    QFuture<void> gone;
};

DynamicSupervisor::DynamicSupervisor(const ChildTemplate &children,
                                     const SupervisorOptions &options)
    : m_family(std::make_unique<Family>(*this, options)), m_template(children)
{
    Family::check(children.options(), children.actorClass());
    if (!children.options().id.isEmpty())
        throw SupervisorError(SupervisorError::BadSpecification,
                              QStringLiteral("the children of a DynamicSupervisor have no id, but "
                                             "their template has \"%1\"")
                                      .arg(children.options().id));
}

DynamicSupervisor::~DynamicSupervisor() = default;

QFuture<ActorRef<>> DynamicSupervisor::startNew(std::any arguments)
{
    std::unique_ptr<Factory> factory = m_template.m_factory(arguments);
    if (!factory)
        throw SupervisorError(
                SupervisorError::BadArguments,
                QStringLiteral("%1 makes its children, of class %2, from arguments of other types")
                        .arg(self().path(),
                             QString::fromLatin1(m_template.actorClass()->className())));
    const Family::Member member =
            m_family->start(m_template.options(), m_template.actorClass(), std::move(factory));
    m_children.insert(member.actor, {std::move(arguments), member.gone});
    std::exception_ptr error;
    bool runs = false;
    try {
        runs = co_await member.started;
    } catch (...) {
        error = std::current_exception();
    }
    if (runs)
        co_return member.actor;
    co_await member.gone;
    Family::hear(member.actor);
    m_children.remove(member.actor);
    if (error)
        throw SupervisorError(SupervisorError::StartFailed,
                              QStringLiteral("a child of %1 has not started: %2")
                                      .arg(self().path(), StopReason::failure(error).message()));
    co_return ActorRef<>();
}

QFuture<void> DynamicSupervisor::stopKnown(ActorRef<> actor)
{
    if (!m_children.contains(actor))
        throw SupervisorError(SupervisorError::NotFound,
                              QStringLiteral("%1 has no child %2")
                                      .arg(self().path(), actor ? actor.path() : QString()));
    const QFuture<void> gone = m_children.take(actor).gone;
    Family::stop(actor, m_template.options());
    co_await gone;
}

void DynamicSupervisor::childStopped(const ChildStopped &event)
{
    const auto found = m_children.find(event.child);
    if (found == m_children.end()) // its end was waited for
        return Family::warnOfUnheard(event);
    std::any arguments = std::move(found->arguments);
    m_children.erase(found);
    if (Family::wantsRestart(m_template.options().restart, event.reason))
        return busyUntil(startAgain(std::move(arguments), event.reason));
    Family::warnOfEnd(event);
}

QFuture<void> DynamicSupervisor::startAgain(std::any arguments, StopReason reason)
{
    for (;;) {
        m_family->countRestart(QStringLiteral("a child"), reason);
        std::exception_ptr error;
        try {
            const QFuture<ActorRef<>> start = startNew(arguments);
            co_await start;
        } catch (...) {
            error = std::current_exception();
        }
        if (!error)
            co_return;
        reason = StopReason::failure(std::move(error));
    }
}

ACTORIO_DEFINE_ANSWERS(DynamicSupervisor)

Delegated<ActorRef<>> DynamicSupervisor::receive(const Start &request)
{
    return answer(startNew(request.arguments));
}

Delegated<void> DynamicSupervisor::receive(const Stop &request)
{
    return answer(stopKnown(request.actor));
}

QList<ChildInfo> DynamicSupervisor::receive(const List &)
{
    const bool isSupervisor = Family::isSupervisor(m_template.actorClass());
    QList<ChildInfo> infos;
    for (auto child = m_children.keyBegin(); child != m_children.keyEnd(); ++child)
        infos.append({QString(), *child, m_template.options().restart, isSupervisor});
    return infos;
}

ChildCounts DynamicSupervisor::receive(const Count &)
{
    const int count = int(m_children.size());
    const bool isSupervisor = Family::isSupervisor(m_template.actorClass());
    return {1, count, isSupervisor ? count : 0, isSupervisor ? 0 : count};
}

} // namespace Actorio
