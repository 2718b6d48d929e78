// SPDX-License-Identifier: MIT
#include "bench.h"
#include "loophost.h"

#include <memory>

// What it costs to wake a thread: events that are posted to and fro between two threads, which sleep in the library's event
// dispatcher or in Qt's. No actor takes part.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

class Player : public QObject
{
public:
    Player(Tally *tally, qint64 rounds) : m_tally(tally), m_rounds(rounds) { }
    void meet(Player *other) { m_other = other; }

protected:
    void customEvent(QEvent *event) override
    {
        const Number number = NumberEvent::of(event);
        if (!m_tally) {
            postNumber(m_other, number.value);
            return;
        }
        m_tally->count(number.value);
        if (number.value + 1 < m_rounds)
            postNumber(m_other, number.value + 1);
    }

private:
    Tally *const m_tally;
    const qint64 m_rounds;
    Player *m_other = nullptr;
};

template<class Host>
double roundTrips(qint64 rounds)
{
    Tally tally(rounds);
    Host one;
    Host another;
    std::unique_ptr<Player> counting;
    std::unique_ptr<Player> returning;
    one.call([&] { counting = std::make_unique<Player>(&tally, rounds); });
    another.call([&] { returning = std::make_unique<Player>(nullptr, rounds); });
    counting->meet(returning.get());
    returning->meet(counting.get());
    const Stopwatch stopwatch;
    postNumber(returning.get(), 0);
    tally.waitInOtherThread();
    const double rate = stopwatch.perSecond(rounds);
    one.call([&] { counting.reset(); });
    another.call([&] { returning.reset(); });
    tally.checkAll();
    return rate;
}

} // namespace

void addWakeUp(Workloads &workloads)
{
    workloads.push_back(
            {u"wakeup"_s,
             u"round-trips/s"_s,
             u"a posted event to and fro between threads: the library's event dispatcher "
             u"and Qt's"_s,
             {{{}, 30'000, roundTrips<ActorHost>}, {u"qt"_s, 30'000, roundTrips<QtHost>}}});
}

} // namespace Bench
