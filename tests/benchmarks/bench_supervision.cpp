// SPDX-License-Identifier: MIT
#include "bench.h"

#include <Actorio/Actorio>

#include <QtCore/QLoggingCategory>

#include <memory>
#include <stdexcept>
#include <vector>

// What it costs that an actor fails and is another object then, with messages in its inbox: that, and ten of them. The baseline
// throws, catches, deletes the object and builds another, which no restart can do without. And what it costs to watch; the baseline connects QObject::destroyed.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

struct Crash
{
};
struct Step
{
};
struct Sum
{
};

class Crasher : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Crasher(qint64 *built, qint64 *steps) : m_steps(*steps) { ++*built; }

public Q_SLOTS:
    void receive(const Crash &) { throw std::runtime_error("as told"); }
    void receive(const Step &) { ++m_steps; }
    int receive(const Sum &) { return 0; }

private:
    qint64 &m_steps;
};

constexpr qint64 StepsARestart = 10;

double restarts(qint64 count)
{
    QLoggingCategory::setFilterRules(u"actorio.core.warning=false"_s);
    qint64 built = 0;
    qint64 steps = 0;
    Actorio::ActorSystem system({.threads = 1});
    const auto crasher = system.spawn<Crasher>(
            {.supervision = Actorio::restart({.limit = Actorio::RestartOptions::Unlimited})},
            &built, &steps);
    crasher.ask(Sum{}).result();
    const Stopwatch stopwatch;
    for (qint64 i = 0; i < count; ++i) {
        crasher.tell(Crash{});
        for (qint64 step = 0; step < StepsARestart; ++step)
            crasher.tell(Step{});
    }
    crasher.ask(Sum{}).result();
    const double cost = stopwatch.nanosecondsEach(count);
    require("the system has ended", system.shutdown());
    QLoggingCategory::setFilterRules({});
    check("objects that were built", built, count + 1);
    check("messages that were handled", steps, count * StepsARestart);
    return cost;
}

double rebuilt(qint64 count)
{
    qint64 built = 0;
    qint64 steps = 0;
    auto object = std::make_unique<Crasher>(&built, &steps);
    const Stopwatch stopwatch;
    for (qint64 i = 0; i < count; ++i) {
        try {
            object->receive(Crash{});
        } catch (const std::exception &) {
            object.reset();
            object = std::make_unique<Crasher>(&built, &steps);
        }
        for (qint64 step = 0; step < StepsARestart; ++step)
            object->receive(Step{});
    }
    const double cost = stopwatch.nanosecondsEach(count);
    check("objects that were built", built, count + 1);
    check("messages that were handled", steps, count * StepsARestart);
    return cost;
}

struct WatchAll
{
    const std::vector<Actorio::ActorRef<>> *others;
    qint64 rounds;
};

class Watcher : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    qint64 receive(const WatchAll &order)
    {
        qint64 watched = 0;
        for (qint64 round = 0; round < order.rounds; ++round) {
            for (const Actorio::ActorRef<> &other : *order.others) {
                watch(other);
                ++watched;
            }
            for (const Actorio::ActorRef<> &other : *order.others)
                unwatch(other);
        }
        return watched;
    }
    void receive(const Actorio::Terminated &) { }
};

double watches(qint64 count, qint64 others)
{
    const qint64 rounds = share(count, others);
    Actorio::ActorSystem system({.threads = 1});
    std::vector<Actorio::ActorRef<>> watched;
    for (qint64 i = 0; i < others; ++i)
        watched.push_back(system.spawn<Actorio::Actor>());
    const auto watcher = system.spawn<Watcher>();
    watcher.ask(WatchAll{&watched, 1}).result(); // all have begun
    const Stopwatch stopwatch;
    const qint64 done = watcher.ask(WatchAll{&watched, rounds}).result();
    const double cost = stopwatch.nanosecondsEach(rounds * others);
    require("the system has ended", system.shutdown());
    check("watches", done, rounds * others);
    return cost;
}

// What Qt has for it: to be told when an object is destroyed.
double connections(qint64 count, qint64 others)
{
    const qint64 rounds = share(count, others);
    std::vector<std::unique_ptr<QObject>> watched;
    for (qint64 i = 0; i < others; ++i)
        watched.push_back(std::make_unique<QObject>());
    QObject watcher;
    std::vector<QMetaObject::Connection> connected(watched.size());
    qint64 done = 0;
    const Stopwatch stopwatch;
    for (qint64 round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < watched.size(); ++i)
            connected[i] = QObject::connect(watched[i].get(), &QObject::destroyed, &watcher, [] {});
        for (const QMetaObject::Connection &connection : connected)
            done += QObject::disconnect(connection) ? 1 : 0;
    }
    const double cost = stopwatch.nanosecondsEach(rounds * others);
    check("connections", done, rounds * others);
    return cost;
}

} // namespace

void addSupervision(Workloads &workloads)
{
    workloads.push_back({u"restart"_s,
                         u"ns/restart"_s,
                         u"a failure, another object behind the reference, and ten messages"_s,
                         {{{}, 20'000, restarts}, {u"rebuild"_s, 20'000, rebuilt}}});
    for (const qint64 others : {100, 10'000}) {
        workloads.push_back(
                {u"watch-%1"_s.arg(others),
                 u"ns/watch"_s,
                 u"watch() and unwatch(), of %1 actors"_s.arg(others),
                 {{{},
                   500'000,
                   [=](qint64 count) { return watches(count, std::min(others, count)); }},
                  {u"destroyed"_s, 500'000,
                   [=](qint64 count) { return connections(count, std::min(others, count)); }}}});
    }
}

} // namespace Bench

#include "bench_supervision.moc"
