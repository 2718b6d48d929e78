// SPDX-License-Identifier: MIT
#include <Actorio/supervision.h>

#include "actor/actorcell_p.h"
#include "actor/supervised_p.h"
#include "kernel/logging_p.h"

#include <Actorio/detail/timespan.h>
#include <Actorio/error.h>

#include <QtCore/qrandom.h>

#include <algorithm>
#include <bit>

namespace Actorio {

using namespace Detail;
using std::chrono::nanoseconds;

struct Supervision::Strategy
{
    Supervised::Decision decision = Supervised::Decision::Restart;
    RestartOptions options = {};
    Chooser choose = {}; // then the rest is not used
};

Supervision::Supervision(Chooser choose) : Supervision(Strategy{.choose = std::move(choose)}) { }

Supervision::Supervision(Strategy strategy)
    : m_strategy(std::make_shared<const Strategy>(std::move(strategy)))
{
}

Supervision escalate()
{
    return Supervision(Supervision::Strategy{.decision = Supervised::Decision::Escalate});
}

Supervision restart(const RestartOptions &options)
{
    return Supervision(Supervision::Strategy{.options = options});
}

namespace Detail {

namespace {

nanoseconds spanOf(std::chrono::milliseconds span)
{
    return std::max(nanosecondsOf(span), nanoseconds(0));
}

// The wait before the restart that comes after `inARow` others.
nanoseconds delayOf(const Backoff &backoff, quint64 inARow)
{
    const nanoseconds min = spanOf(backoff.min);
    const nanoseconds max = std::max(min, spanOf(backoff.max));
    nanoseconds delay = min;
    for (; inARow > 0 && delay.count() > 0 && delay < max; --inARow)
        delay = std::min(max, 2 * delay);
    const double random =
            std::max(0., backoff.jitter) * QRandomGenerator::global()->generateDouble();
    return nanosecondsOf(
            std::chrono::duration<double, std::nano>(double(delay.count()) * (1 + random)));
}

// How long an actor runs until it has recovered.
nanoseconds recoveryOf(const RestartOptions &options)
{
    const Backoff &backoff = options.backoff;
    if (backoff.resetAfter.count() > 0)
        return nanosecondsOf(backoff.resetAfter);
    const nanoseconds min = spanOf(backoff.min);
    const nanoseconds mean = (min + std::max(min, spanOf(backoff.max))) / 2;
    return mean.count() > 0 ? mean : spanOf(options.within);
}

} // namespace

Supervised::Supervised(SpawnRequest &request)
    : m_factory(std::move(request.factory)), m_supervision(request.options.supervision),
      m_stopWithin(request.options.stopWithin), m_started(std::move(request.started))
{
}

Supervised::~Supervised()
{
    if (m_started)
        tellStart(*m_started,
                  StopReason::failure(std::make_exception_ptr(
                          SpawnFailed(QStringLiteral("it could not be spawned")))));
}

std::unique_ptr<Factory> Supervised::factoryFor(SpawnRequest &request)
{
    const SpawnOptions &options = request.options;
    if (!options.supervision.m_strategy && !options.stopWithin && !request.started)
        return std::move(request.factory);
    return std::make_unique<Supervised>(request);
}

bool Supervised::mayRestart(const Supervision &supervision)
{
    return supervision.m_strategy && supervision.m_strategy->decision == Decision::Restart;
}

Actor *Supervised::make()
{
    return mayRestart(m_supervision) ? m_factory->makeAgain() : m_factory->make();
}

Supervised::Decision Supervised::decide(const ActorCell &cell, const std::exception_ptr &error)
{
    std::shared_ptr<const Supervision::Strategy> strategy = m_supervision.m_strategy;
    if (!strategy)
        return Decision::Stop;
    if (strategy->choose) {
        try {
            strategy = strategy->choose(error).m_strategy;
        } catch (...) {
            qCWarning(lcCore).noquote()
                    << "The supervision of" << cell.path() << "has thrown, so that it stops:"
                    << StopReason::failure(std::current_exception()).message();
            return Decision::Stop;
        }
        if (!strategy || strategy->choose)
            return Decision::Stop;
    }
    if (strategy->decision == Decision::Restart)
        return cell.isStopping() ? Decision::Stop : decideRestart(cell, strategy->options, error);
    return strategy->decision;
}

Supervised::Decision Supervised::decideRestart(const ActorCell &cell, const RestartOptions &options,
                                               const std::exception_ptr &error)
{
    const TimePoint now = cell.system().clock().now();
    if (options.limit >= 0) {
        const nanoseconds within = spanOf(options.within);
        while (within.count() > 0 && !m_times.empty() && now - m_times.front() >= within)
            m_times.pop_front();
        if (m_times.size() >= std::size_t(options.limit)) {
            qCWarning(lcCore).noquote()
                    << cell.path() << "has failed again after" << m_times.size()
                    << "restarts, and stops:" << StopReason::failure(error).message();
            return Decision::Stop;
        }
        m_times.push_back(now);
    }
    if (now - m_began >= recoveryOf(options))
        m_inARow = 0;
    m_delay = delayOf(options.backoff, m_inARow);
    ++m_inARow;
    if (std::has_single_bit(m_inARow)) // a crash loop is no flood of warnings
        qCWarning(lcCore).noquote()
                << cell.path() << "has failed, and is restarted (in a row:" << m_inARow
                << "):" << StopReason::failure(error).message();
    return Decision::Restart;
}

void Supervised::backOff(ActorCell &cell)
{
    ++m_restarts;
    m_began = cell.system().clock().now();
    if (m_delay.count() == 0)
        return;
    m_waiting = &cell;
    deadline = m_began + m_delay;
    cell.dispatcher().addTimer(*this);
}

void Supervised::stopWaiting()
{
    if (ActorCell *const cell = std::exchange(m_waiting, nullptr))
        cell->dispatcher().removeTimer(*this);
}

void Supervised::expired() noexcept
{
    ActorCell *const cell = std::exchange(m_waiting, nullptr);
    m_began = cell->system().clock().now();
    cell->wakeUp();
}

void Supervised::started()
{
    if (const std::unique_ptr<QPromise<bool>> promise = std::exchange(m_started, nullptr)) {
        promise->addResult(true);
        promise->finish();
    }
}

void Supervised::ended(const StopReason &reason)
{
    if (ActorCell *const cell = std::exchange(m_stopTimer.cell, nullptr))
        cell->dispatcher().removeTimer(m_stopTimer);
    if (const std::unique_ptr<QPromise<bool>> promise = std::exchange(m_started, nullptr))
        tellStart(*promise, reason);
}

void Supervised::tellStart(QPromise<bool> &promise, const StopReason &reason)
{
    if (reason.isFailure())
        promise.setException(reason.exception());
    else if (reason.kind() == StopReason::Killed)
        promise.setException(std::make_exception_ptr(
                ActorStopped(QStringLiteral("it was killed before it had started"))));
    else
        promise.addResult(false);
    promise.finish();
}

void Supervised::limitStop(ActorCell &cell)
{
    if (m_stopTimer.cell)
        return;
    m_stopTimer.cell = &cell;
    m_stopTimer.deadline = cell.system().clock().now() + spanOf(*m_stopWithin);
    cell.dispatcher().addTimer(m_stopTimer);
}

void Supervised::StopTimer::expired() noexcept
{
    ActorCell *const actor = std::exchange(cell, nullptr);
    if (!actor->isKilled())
        qCWarning(lcCore).noquote()
                << actor->path() << "has not stopped in its time, and is killed";
    actor->requestKill();
}

} // namespace Detail

} // namespace Actorio
