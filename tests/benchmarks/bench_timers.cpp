// SPDX-License-Identifier: MIT
#include "bench.h"

#include <Actorio/Actorio>

#include <QtCore/QTimer>

#include <algorithm>
#include <memory>
#include <random>

// Pending timeouts: starts them all at random times to come, then cancels them in another order. Measured in pairs of a start and a
// cancellation, while that many are pending.
namespace Bench {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

std::vector<std::chrono::milliseconds> randomTimes(qint64 count)
{
    std::mt19937 random(1);
    std::uniform_int_distribution<int> milliseconds(60'000, 600'000);
    std::vector<std::chrono::milliseconds> times;
    times.reserve(size_t(count));
    for (qint64 i = 0; i < count; ++i)
        times.emplace_back(milliseconds(random));
    return times;
}

std::vector<size_t> randomOrder(qint64 count)
{
    std::vector<size_t> order(size_t(count), 0);
    for (size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937(2));
    return order;
}

struct StartAll
{
    qint64 count;
};

class Waiter : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    double receive(const StartAll &all)
    {
        const auto times = randomTimes(all.count);
        const auto order = randomOrder(all.count);
        std::vector<Actorio::Input> timers;
        timers.reserve(times.size());
        const Stopwatch stopwatch;
        for (const auto time : times)
            timers.push_back(addTimer(Actorio::once(time), [this] { ++m_fired; }));
        for (const size_t i : order)
            timers[i].cancel();
        const double rate = stopwatch.perSecond(all.count);
        check("timers that fired", m_fired, 0);
        return rate;
    }

private:
    int m_fired = 0;
};

double actorTimers(qint64 count)
{
    Actorio::Scoped<Waiter> waiter;
    return waiter.ask(StartAll{count}).result();
}

double qTimers(qint64 count)
{
    const auto times = randomTimes(count);
    const auto order = randomOrder(count);
    std::vector<std::unique_ptr<QTimer>> timers(times.size());
    const Stopwatch stopwatch;
    for (size_t i = 0; i < times.size(); ++i) {
        timers[i] = std::make_unique<QTimer>();
        timers[i]->setSingleShot(true);
        timers[i]->start(times[i]);
    }
    for (const size_t i : order)
        timers[i].reset();
    return stopwatch.perSecond(count);
}

} // namespace

void addTimers(Workloads &workloads)
{
    for (const qint64 number : {1'000, 100'000}) {
        workloads.push_back(
                {u"timers-%1"_s.arg(number),
                 u"timers/s"_s,
                 u"%1 pending timeouts, started and cancelled (20 000 QTimers at most)"_s.arg(
                         number),
                 {{{}, number, actorTimers},
                  {u"qtimer"_s, std::min<qint64>(number, 20'000), qTimers}}});
    }
}

} // namespace Bench

#include "bench_timers.moc"
