// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <QtCore/QTimer>

#include <algorithm>
#include <thread>
#include <vector>

// What a user would feel: the longest gap between two ticks of a 1 ms timer in the main loop while four threads flood a
// receiver that lives there. A window that paints at 60 Hz drops a frame from 16 ms on.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

class FloodedActor : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit FloodedActor(Tally *tally) : m_tally(tally) { }

public Q_SLOTS:
    void receive(const Bench::Number &number) { m_tally->count(number.value); }

private:
    Tally *const m_tally;
};

class FloodedObject : public QObject
{
    Q_OBJECT
public:
    explicit FloodedObject(Tally *tally) : m_tally(tally) { }

    void take(const Number &number) { m_tally->count(number.value); }

private:
    Tally *const m_tally;
};

// The longest gap between ticks until all has arrived. `send(from, to)` runs in four threads, with a quarter of the
// numbers each.
template<class Send>
double longestGap(qint64 count, Tally &tally, Send send)
{
    constexpr int producerCount = 4;
    QTimer ticker;
    ticker.setTimerType(Qt::PreciseTimer);
    double longest = 0;
    QElapsedTimer sinceTick;
    const auto tick = [&] {
        longest = std::max(longest, double(sinceTick.nsecsElapsed()) / 1e6);
        sinceTick.start();
    };
    QObject::connect(&ticker, &QTimer::timeout, &ticker, tick);
    ticker.start(1);
    sinceTick.start();
    std::vector<std::jthread> producers;
    for (int i = 0; i < producerCount; ++i) {
        producers.emplace_back(send, static_cast<int>(count * i / producerCount),
                               static_cast<int>(count * (i + 1) / producerCount));
    }
    tally.waitInLoop();
    tick(); // the last gap, which no tick has ended
    return longest;
}

double actors(qint64 count)
{
    Tally tally(count);
    Actorio::ActorSystem system;
    const auto actor = system.spawn<FloodedActor>({.on = Actorio::mainThread()}, &tally);
    const double longest = longestGap(count, tally, [&](int from, int to) {
        for (int i = from; i < to; ++i)
            actor.tell(Number{i});
    });
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return longest;
}

double objects(qint64 count)
{
    Tally tally(count);
    FloodedObject object(&tally);
    const double longest = longestGap(count, tally, [&](int from, int to) {
        NumberSender sender;
        QObject::connect(&sender, &NumberSender::sent, &object, &FloodedObject::take,
                         Qt::QueuedConnection);
        for (int i = from; i < to; ++i)
            sender.send(i);
    });
    tally.checkAll();
    return longest;
}

} // namespace

void addFlood(Workloads &workloads)
{
    workloads.push_back({.name = u"flood"_s,
                         .unit = u"ms"_s,
                         .description = u"longest gap between 1 ms ticks in the main loop while "
                                        u"5 million messages arrive there"_s,
                         .candidates = {{{}, 5'000'000, actors}, {u"signal"_s, 5'000'000, objects}},
                         .isIsolated = true});
}

} // namespace Bench

#include "bench_flood.moc"
