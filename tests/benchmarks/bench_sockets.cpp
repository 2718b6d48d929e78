// SPDX-License-Identifier: MIT
#include "bench.h"
#include "loophost.h"

#include <QtCore/QSocketNotifier>
#include <QtCore/QtGlobal>

#include <memory>

#ifdef Q_OS_UNIX
#    include <fcntl.h>
#    include <sys/resource.h>
#    include <sys/socket.h>
#    include <unistd.h>
#endif

// Socket pairs in one thread, of which all or one carry a byte to and fro: what the library's event dispatcher and Qt's
// make of idle and of busy sockets.
namespace Bench {

using namespace Qt::StringLiterals;

#ifdef Q_OS_UNIX

namespace {

// Both ends of a pair. Whichever receives the byte sends it back.
class Sockets
{
public:
    Sockets(qint64 pairs, Tally &tally, qint64 hops) : m_tally(tally), m_hops(hops)
    {
        for (qint64 i = 0; i < pairs; ++i) {
            int ends[2];
            require("a socket pair", socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
            for (const int end : ends) {
                fcntl(end, F_SETFL, O_NONBLOCK);
                m_ends.push_back(std::make_unique<QSocketNotifier>(end, QSocketNotifier::Read));
                QSocketNotifier *const notifier = m_ends.back().get();
                QObject::connect(notifier, &QSocketNotifier::activated, notifier,
                                 [this, end] { bounce(end); });
            }
        }
    }
    ~Sockets()
    {
        for (const auto &notifier : m_ends) {
            notifier->setEnabled(false);
            close(static_cast<int>(notifier->socket()));
        }
    }
    Sockets(const Sockets &) = delete;

    void start(qint64 busy)
    {
        for (qint64 i = 0; i < busy; ++i)
            send(static_cast<int>(m_ends[size_t(2 * i)]->socket()));
    }

private:
    static void send(int end)
    {
        const char byte = 'b';
        require("the byte is sent", write(end, &byte, 1) == 1);
    }
    void bounce(int end)
    {
        char bytes[2];
        require("a byte has come", read(end, bytes, sizeof(bytes)) == 1);
        if (m_seen == m_hops)
            return; // one that was still on its way
        if (++m_seen < m_hops)
            send(end);
        m_tally.count(0);
    }

    Tally &m_tally;
    const qint64 m_hops;
    qint64 m_seen = 0;
    std::vector<std::unique_ptr<QSocketNotifier>> m_ends;
};

template<class Host>
double hopRate(qint64 pairs, qint64 busy, qint64 hops)
{
    Tally tally(hops);
    Host host;
    std::unique_ptr<Sockets> sockets;
    host.call([&] { sockets = std::make_unique<Sockets>(pairs, tally, hops); });
    const Stopwatch stopwatch;
    host.call([&] { sockets->start(busy); });
    tally.waitInOtherThread();
    const double rate = stopwatch.perSecond(hops);
    host.call([&] { sockets.reset(); });
    tally.checkCount();
    return rate;
}

// Empty, or why there cannot be that many.
QString obstacleTo(qint64 pairs)
{
    const rlim_t needed = rlim_t(2 * pairs) + 100;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= needed)
        return {};
    const rlimit raised{needed, std::max(limit.rlim_max, needed)};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return {};
    return u"no more than %1 files may be open"_s.arg(limit.rlim_max);
}

void addPairs(Workloads &workloads, qint64 sockets, qint64 busy, qint64 hops, qint64 hopsWithQt)
{
    const qint64 pairs = sockets / 2;
    const auto candidate = [=](auto host) {
        return [=](qint64 count) {
            return hopRate<typename decltype(host)::type>(pairs, busy, count);
        };
    };
    const bool isOneOfMany = busy < pairs;
    workloads.push_back(
            {.name = u"sockets-%1%2"_s.arg(sockets).arg(isOneOfMany ? u"-one-busy"_s : u""_s),
             .unit = u"hops/s"_s,
             .description =
                     u"%1 sockets in one thread, of whose pairs %2 carry a byte to and fro: the "
                     u"library's event dispatcher and Qt's"_s.arg(sockets)
                             .arg(busy),
             .candidates = {{{}, hops, candidate(std::type_identity<ActorHost>())},
                            {u"qt"_s, hopsWithQt, candidate(std::type_identity<QtHost>())}},
             .isIsolated = true,
             .obstacle = obstacleTo(pairs)});
}

} // namespace

void addSockets(Workloads &workloads)
{
    addPairs(workloads, 2, 1, 300'000, 300'000);
    for (const qint64 sockets : {64, 1'000, 10'000}) {
        addPairs(workloads, sockets, sockets / 2, 500'000, 300'000);
        addPairs(workloads, sockets, 1, 300'000, 6'000'000 / sockets);
    }
}

#else

void addSockets(Workloads &) { }

#endif

} // namespace Bench
