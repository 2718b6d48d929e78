// SPDX-License-Identifier: MIT
#pragma once

#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <QtCore/QTimer>

#include <algorithm>
#include <thread>

// What a user would feel: the longest gap between two ticks of a 1 ms timer in the main loop while another thread floods
// a receiver that lives there, and that needs about a microsecond a message: longer than it takes to send one. (One
// sender: with more threads than cores the gaps would be the operating system's.) A window that paints at 60 Hz drops a
// frame from 16 ms on.
namespace Bench {

// About a microsecond.
inline void work()
{
    volatile unsigned result = 1;
    for (int i = 0; i < 500; ++i)
        result = result * 1664525U + 1013904223U;
}

class FloodedActor : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit FloodedActor(Tally *tally) : m_tally(tally) { }

public Q_SLOTS:
    void receive(const Bench::Number &number)
    {
        work();
        m_tally->count(number.value);
    }

private:
    Tally *const m_tally;
};

class FloodedObject : public QObject
{
    Q_OBJECT
public:
    explicit FloodedObject(Tally *tally) : m_tally(tally) { }

    void take(const Number &number)
    {
        work();
        m_tally->count(number.value);
    }

private:
    Tally *const m_tally;
};

// The longest gap between ticks while `flood()` runs in another thread and until all has arrived.
template<class Flood>
double longestGap(Tally &tally, Flood flood)
{
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
    const std::jthread producer(flood);
    tally.waitInLoop();
    tick(); // the last gap, which no tick has ended
    return longest;
}

inline double gapByActor(qint64 count)
{
    Tally tally(count);
    Actorio::ActorSystem system;
    const auto actor = system.spawn<FloodedActor>({.on = Actorio::mainThread()}, &tally);
    const double longest = longestGap(tally, [&] {
        for (int i = 0; i < count; ++i)
            actor.tell(Number{i});
    });
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return longest;
}

inline double gapBySignals(qint64 count)
{
    Tally tally(count);
    FloodedObject object(&tally);
    const double longest = longestGap(tally, [&] {
        NumberSender sender;
        QObject::connect(&sender, &NumberSender::sent, &object, &FloodedObject::take,
                         Qt::QueuedConnection);
        for (int i = 0; i < count; ++i)
            sender.send(i);
    });
    tally.checkAll();
    return longest;
}

} // namespace Bench
