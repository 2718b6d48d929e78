// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <vector>

// Savina's fork-join (create): so many actors are started in one thread; each gets one message and ends after it.
// Measured from the first start until the last end.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

// Counts itself when it ends: the number that it got, so that one without its message would be noticed.
class ShortLivedActor : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit ShortLivedActor(Tally *tally) : m_tally(tally) { }
    ~ShortLivedActor() override { m_tally->count(m_value); }

public Q_SLOTS:
    void receive(const Bench::Number &number)
    {
        m_value = number.value;
        stop();
    }

private:
    Tally *const m_tally;
    int m_value = -1;
};

class ShortLivedObject : public QObject
{
public:
    explicit ShortLivedObject(Tally *tally) : m_tally(tally) { }
    ~ShortLivedObject() override { m_tally->count(m_value); }

protected:
    void customEvent(QEvent *event) override
    {
        m_value = NumberEvent::of(event).value;
        deleteLater();
    }

private:
    Tally *const m_tally;
    int m_value = -1;
};

double actors(qint64 count)
{
    Tally tally(count);
    Actorio::ActorSystem system;
    const Stopwatch stopwatch;
    for (int i = 0; i < count; ++i)
        system.spawn<ShortLivedActor>({.on = Actorio::mainThread()}, &tally).tell(Number{i});
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(count);
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return rate;
}

double objects(qint64 count)
{
    Tally tally(count);
    const Stopwatch stopwatch;
    for (int i = 0; i < count; ++i)
        postNumber(new ShortLivedObject(&tally), i);
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(count);
    tally.checkAll();
    return rate;
}

} // namespace

void addForkJoin(Workloads &workloads)
{
    workloads.push_back({u"forkjoin"_s,
                         u"actors/s"_s,
                         u"actors that are started, get one message and end, in one thread"_s,
                         {{{}, 200'000, actors},
                          {u"event"_s, 200'000, objects},
                          {u"caf"_s, 200'000, {}, {u"bench_caf"_s, u"forkjoin"_s}}}});
}

} // namespace Bench
#include "bench_forkjoin.moc"
