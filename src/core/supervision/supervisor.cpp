// SPDX-License-Identifier: MIT
#include <Actorio/supervisor.h>

#include "supervision/answers_p.h"

#include <algorithm>

namespace Actorio {

using namespace Detail;

SupervisorError::SupervisorError(Code code, const QString &message) : Error(message), m_code(code)
{
}

SupervisorError::~SupervisorError() = default;

void SupervisorError::raise() const
{
    throw *this;
}

SupervisorError *SupervisorError::clone() const
{
    return new SupervisorError(*this);
}

struct Supervisor::Child
{
    ChildSpec spec;
    Family::Member member; // actor null: it does not run
    bool isWanted = true; // false: its end is intended
};

namespace {

bool isTemporary(const ChildSpec &spec)
{
    return spec.options().restart == RestartType::Temporary;
}

std::exception_ptr startFailed(const QString &id, const std::exception_ptr &error)
{
    return std::make_exception_ptr(
            SupervisorError(SupervisorError::StartFailed,
                            QStringLiteral("the child \"%1\" has not started: %2")
                                    .arg(id, StopReason::failure(error).message())));
}

} // namespace

Supervisor::Supervisor(const QList<ChildSpec> &children, const SupervisorOptions &options)
    : m_family(std::make_unique<Family>(*this, options)), m_strategy(options.strategy)
{
    for (const ChildSpec &spec : children) {
        check(spec);
        if (indexOf(spec.options().id) >= 0)
            throw SupervisorError(SupervisorError::BadSpecification,
                                  QStringLiteral("two children of a supervisor have the id \"%1\"")
                                          .arg(spec.options().id));
        m_children.append({spec, {}});
    }
}

Supervisor::~Supervisor() = default;

void Supervisor::check(const ChildSpec &spec) const
{
    Family::check(spec.options(), spec.actorClass());
    if (spec.options().id.isEmpty())
        throw SupervisorError(SupervisorError::BadSpecification,
                              QStringLiteral("a child of a supervisor, a %1, has no id")
                                      .arg(QString::fromLatin1(spec.actorClass()->className())));
}

qsizetype Supervisor::indexOf(const QString &id) const
{
    const auto found = std::find_if(m_children.begin(), m_children.end(), [&](const Child &child) {
        return child.spec.options().id == id;
    });
    return found == m_children.end() ? -1 : found - m_children.begin();
}

qsizetype Supervisor::existing(const QString &id) const
{
    const qsizetype index = indexOf(id);
    if (index < 0)
        throw SupervisorError(
                SupervisorError::NotFound,
                QStringLiteral("%1 has no child with the id \"%2\"").arg(self().path(), id));
    return index;
}

void Supervisor::setUp()
{
    busyUntil(startAll());
}

QFuture<void> Supervisor::startAll()
{
    for (qsizetype i = 0; i < m_children.size();) {
        const QString id = m_children[i].spec.options().id;
        std::exception_ptr error;
        try {
            const QFuture<void> start = startAt(i);
            co_await start;
        } catch (...) {
            error = std::current_exception();
        }
        if (error)
            std::rethrow_exception(startFailed(id, error));
        if (!m_children[i].member.actor && isTemporary(m_children[i].spec))
            m_children.removeAt(i);
        else
            ++i;
    }
}

// Throws what it fails with; one that declines does not run then.
QFuture<void> Supervisor::startAt(qsizetype index)
{
    {
        Child &child = m_children[index];
        child.isWanted = true;
        child.member = m_family->start(child.spec.options(), child.spec.actorClass(),
                                       (*child.spec.m_factory)());
    }
    const Family::Member member = m_children[index].member;
    std::exception_ptr error;
    bool runs = false;
    try {
        runs = co_await member.started;
    } catch (...) {
        error = std::current_exception();
    }
    if (!runs) {
        co_await member.gone;
        Family::hear(member.actor);
        m_children[index].member = {};
    }
    if (error)
        std::rethrow_exception(error);
    sortAfter(index);
}

QFuture<void> Supervisor::stopAt(qsizetype index)
{
    Child &child = m_children[index];
    if (!child.member.actor)
        co_return;
    child.isWanted = false;
    Family::stop(child.member.actor, child.spec.options());
    const QFuture<void> gone = child.member.gone;
    co_await gone;
    m_children[index].member = {};
}

// Those behind a child that has started again are to be stopped before it.
void Supervisor::sortAfter(qsizetype index)
{
    for (qsizetype i = index + 1; i < m_children.size(); ++i)
        m_family->moveToEnd(m_children[i].member.actor);
}

void Supervisor::childStopped(const ChildStopped &event)
{
    const auto found = std::find_if(m_children.begin(), m_children.end(), [&](const Child &child) {
        return child.member.actor == event.child;
    });
    if (found == m_children.end()) // its end was waited for
        return Family::warnOfUnheard(event);
    found->member = {};
    const ChildOptions &options = found->spec.options();
    if (found->isWanted && Family::wantsRestart(options.restart, event.reason))
        return busyUntil(startAgain(found - m_children.begin(), event.reason));
    Family::warnOfEnd(event);
    if (isTemporary(found->spec))
        m_children.erase(found);
}

QFuture<void> Supervisor::startAgain(qsizetype first, StopReason reason)
{
    for (;;) {
        const QString id = m_children[first].spec.options().id;
        m_family->countRestart(QStringLiteral("\"%1\"").arg(id), reason);
        const qsizetype begin = m_strategy == SupervisorOptions::OneForAll ? 0 : first;
        qsizetype end = m_strategy == SupervisorOptions::OneForOne ? first + 1 : m_children.size();
        for (qsizetype i = end - 1; i >= begin; --i) {
            const QFuture<void> stop = stopAt(i);
            co_await stop;
            if (isTemporary(m_children[i].spec)) {
                m_children.removeAt(i);
                --end;
            }
        }
        qsizetype next = begin;
        std::exception_ptr error;
        for (; next < end && !error; ++next) {
            try {
                const QFuture<void> start = startAt(next);
                co_await start;
            } catch (...) {
                error = std::current_exception();
            }
        }
        if (!error)
            co_return;
        first = next - 1;
        reason = StopReason::failure(error);
    }
}

QFuture<ActorRef<>> Supervisor::startNew(ChildSpec spec)
{
    check(spec);
    const QString id = spec.options().id;
    if (const qsizetype index = indexOf(id); index >= 0) {
        const bool runs = bool(m_children[index].member.actor);
        throw SupervisorError(
                runs ? SupervisorError::AlreadyStarted : SupervisorError::AlreadyPresent,
                QStringLiteral("%1 has a child with the id \"%2\", which %3")
                        .arg(self().path(), id,
                             runs ? QStringLiteral("runs") : QStringLiteral("does not run")));
    }
    const auto index = m_children.size();
    m_children.append({std::move(spec), {}});
    std::exception_ptr error;
    try {
        const QFuture<void> start = startAt(index);
        co_await start;
    } catch (...) {
        error = std::current_exception();
    }
    const ActorRef<> actor = m_children[index].member.actor;
    if (error || (!actor && isTemporary(m_children[index].spec)))
        m_children.removeLast();
    if (error)
        std::rethrow_exception(startFailed(id, error));
    co_return actor;
}

QFuture<void> Supervisor::stopKnown(QString id)
{
    const qsizetype index = existing(id);
    const QFuture<void> stop = stopAt(index);
    co_await stop;
    if (isTemporary(m_children[index].spec))
        m_children.removeAt(index);
}

QFuture<ActorRef<>> Supervisor::restart(QString id)
{
    const qsizetype index = existing(id);
    if (m_children[index].member.actor)
        throw SupervisorError(SupervisorError::Running,
                              QStringLiteral("the child \"%1\" of %2 runs").arg(id, self().path()));
    std::exception_ptr error;
    try {
        const QFuture<void> start = startAt(index);
        co_await start;
    } catch (...) {
        error = std::current_exception();
    }
    if (error)
        std::rethrow_exception(startFailed(id, error));
    co_return m_children[index].member.actor;
}

QFuture<void> Supervisor::forget(QString id)
{
    const qsizetype index = existing(id);
    if (m_children[index].member.actor)
        throw SupervisorError(SupervisorError::Running,
                              QStringLiteral("the child \"%1\" of %2 runs: stop it first")
                                      .arg(id, self().path()));
    m_children.removeAt(index);
    co_return;
}

QFuture<ChildInfo> Supervisor::find(QString id)
{
    co_return infoOf(m_children[existing(id)]);
}

ChildInfo Supervisor::infoOf(const Child &child)
{
    const ChildOptions &options = child.spec.options();
    return {options.id, child.member.actor, options.restart,
            Family::isSupervisor(child.spec.actorClass())};
}

ACTORIO_DEFINE_ANSWERS(Supervisor)

Delegated<ActorRef<>> Supervisor::receive(const Start &request)
{
    return answer(startNew(request.child));
}

Delegated<void> Supervisor::receive(const Stop &request)
{
    return answer(stopKnown(request.id));
}

Delegated<ActorRef<>> Supervisor::receive(const Restart &request)
{
    return answer(restart(request.id));
}

Delegated<void> Supervisor::receive(const Delete &request)
{
    return answer(forget(request.id));
}

Delegated<ChildInfo> Supervisor::receive(const Find &request)
{
    return answer(find(request.id));
}

QList<ChildInfo> Supervisor::receive(const List &)
{
    QList<ChildInfo> infos;
    for (const Child &child : m_children)
        infos.append(infoOf(child));
    return infos;
}

ChildCounts Supervisor::receive(const Count &)
{
    ChildCounts counts;
    for (const Child &child : m_children) {
        ++counts.specifications;
        counts.active += child.member.actor ? 1 : 0;
        ++(Family::isSupervisor(child.spec.actorClass()) ? counts.supervisors : counts.workers);
    }
    return counts;
}

} // namespace Actorio
