// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <memory>
#include <random>
#include <vector>

// Savina's big: 120 that send a ping to another one, picked at random, and the next when its pong has come; in one
// thread. Measured in pings that were answered.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

constexpr int peerCount = 120;

class Peer;
using Peers = std::vector<Actorio::ActorRef<Peer>>;

struct Begin
{
    const Peers *peers;
    qint64 pings;
};
struct Ping
{
    int from;
};
struct Pong
{
    int from;
};

class Peer : public Actorio::Actor
{
    Q_OBJECT
public:
    Peer(Tally *tally, int number)
        : m_tally(tally), m_number(number), m_random(unsigned(number)) { }

public Q_SLOTS:
    void receive(const Begin &begin)
    {
        m_peers = begin.peers;
        m_pingsLeft = begin.pings;
        sendNext();
    }
    void receive(const Ping &ping) { (*m_peers)[size_t(ping.from)].tell(Pong{m_number}); }
    void receive(const Pong &)
    {
        m_tally->count(0);
        sendNext();
    }

private:
    void sendNext()
    {
        if (m_pingsLeft-- > 0)
            (*m_peers)[m_random() % peerCount].tell(Ping{m_number});
    }

    Tally *const m_tally;
    const int m_number;
    std::minstd_rand m_random;
    const Peers *m_peers = nullptr;
    qint64 m_pingsLeft = 0;
};

double actors(qint64 count)
{
    const qint64 pingsEach = share(count, peerCount);
    Tally tally(pingsEach * peerCount);
    Actorio::ActorSystem system;
    Peers peers;
    for (int i = 0; i < peerCount; ++i)
        peers.push_back(system.spawn<Peer>({.on = Actorio::mainThread()}, &tally, i));
    const Stopwatch stopwatch;
    for (const auto &peer : peers)
        peer.tell(Begin{&peers, pingsEach});
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(pingsEach * peerCount);
    require("the system has ended", system.shutdown());
    tally.checkCount();
    return rate;
}

// The same in raw Qt, an event a message: a number that is below zero is a pong.
class PeerObject;
using PeerObjects = std::vector<std::unique_ptr<PeerObject>>;

class PeerObject : public QObject
{
public:
    PeerObject(Tally *tally, int number, const PeerObjects &peers, qint64 pings)
        : m_tally(tally), m_number(number), m_random(unsigned(number)), m_peers(peers),
          m_pingsLeft(pings)
    {
    }

    void sendNext()
    {
        if (m_pingsLeft-- > 0)
            postNumber(m_peers[m_random() % peerCount].get(), m_number);
    }

protected:
    void customEvent(QEvent *event) override
    {
        const int from = NumberEvent::of(event).value;
        if (from >= 0) {
            postNumber(m_peers[size_t(from)].get(), -1);
            return;
        }
        m_tally->count(0);
        sendNext();
    }

private:
    Tally *const m_tally;
    const int m_number;
    std::minstd_rand m_random;
    const PeerObjects &m_peers;
    qint64 m_pingsLeft;
};

double objects(qint64 count)
{
    const qint64 pingsEach = share(count, peerCount);
    Tally tally(pingsEach * peerCount);
    PeerObjects peers;
    for (int i = 0; i < peerCount; ++i)
        peers.push_back(std::make_unique<PeerObject>(&tally, i, peers, pingsEach));
    const Stopwatch stopwatch;
    for (const auto &peer : peers)
        peer->sendNext();
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(pingsEach * peerCount);
    tally.checkCount();
    return rate;
}

} // namespace

void addBig(Workloads &workloads)
{
    workloads.push_back({u"big"_s,
                         u"pings/s"_s,
                         u"Savina's big: 120 that ping each other at random, in one thread"_s,
                         {{{}, 1'000'000, actors}, {u"event"_s, 200'000, objects}}});
}

} // namespace Bench

#include "bench_big.moc"
