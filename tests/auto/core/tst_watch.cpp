// SPDX-License-Identifier: MIT
// watch(): an actor hears of another's end, once.
#include "actor/actorcell_p.h"
#include "host.h"
#include "life.h"

#include <QtTest/QTest>

#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

// Notes the ends that it hears of.
class Watcher : public Host
{
    Q_OBJECT
public:
    explicit Watcher(Journal *journal, Do setUp = {}, Do tearDown = {})
        : Host(std::move(setUp), std::move(tearDown)), m_journal(*journal)
    {
    }
    using Host::receive;
    using Host::unwatch;
    using Host::watch;

    void note(const QString &what) { m_journal.note(what); }
    std::function<void(const Terminated &)> onEnd;
    ActorRef<Host> watched;

public Q_SLOTS:
    void receive(const Actorio::Terminated &end)
    {
        m_journal.note(end.ref.name() + u' ' + end.reason.message());
        if (!isInItsThread())
            m_journal.note(u"in a wrong thread"_s);
        if (onEnd)
            onEnd(end);
    }
    void receive(const QString &text) { m_journal.note(text); }

protected:
    void childStopped(const ChildStopped &event) override
    {
        m_journal.note(u"child "_s + event.child.name());
    }

private:
    Journal &m_journal;
};

class tst_Watch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void anEndIsHeardOnce_data();
    void anEndIsHeardOnce();
    void oneThatHasEndedAlready();
    void oneThatCouldNotBeMade();
    void nobody();
    void twiceIsOnce();
    void againAfterwards();
    void unwatched();
    void unwatchedWhenItIsQueued();
    void watchedAgainWhenItIsQueued();
    void whatWasSentBeforeComesFirst_data() { places(); }
    void whatWasSentBeforeComesFirst();
    void theNameIsFree_data() { places(); }
    void theNameIsFree();
    void aParentWatchesItsChild();
    void aWatcherLeavesNothingBehind();
    void nothingIsLeftBehind_data();
    void nothingIsLeftBehind();
    void aWatcherThatStopsHearsNothing();
    void inSetUpAndTearDown();
    void itself();
    void withoutASlot();
    void manyWatchOne();
    void endsAndWatchesAtOnce();

private:
    void places();
};

void tst_Watch::places()
{
    QTest::addColumn<bool>("isMain");
    QTest::newRow("main thread") << true;
    QTest::newRow("pool") << false;
}

void tst_Watch::anEndIsHeardOnce_data()
{
    QTest::addColumn<bool>("isMain");
    QTest::addColumn<bool>("isOther");
    QTest::addColumn<std::function<void(const ActorRef<Host> &)>>("end");
    QTest::addColumn<QString>("expected");
    const std::pair<const char *, std::function<void(const ActorRef<Host> &)>> ways[] = {
            {"stopped", [](const ActorRef<Host> &host) { host.stop(); }},
            {"drained", [](const ActorRef<Host> &host) { host.drain(); }},
            {"killed", [](const ActorRef<Host> &host) { host.kill(); }},
            {"failed",
             [](const ActorRef<Host> &host) {
                 host.tell(Do([](Host &) { throw std::runtime_error("boom"); }));
             }},
    };
    for (const auto &[way, end] : ways) {
        const QString reason = way == std::string("failed") ? u"boom"_s
                : way == std::string("killed") ? StopReason(StopReason::Killed).message()
                                               : StopReason().message();
        for (const auto &[place, isMain, isOther] : {std::tuple{"in the main thread", true, false},
                                                     {"from the main thread", true, true},
                                                     {"in the pool", false, true}})
            QTest::addRow("%s, %s", way, place) << isMain << isOther << end << u"one "_s + reason;
    }
}

void tst_Watch::anEndIsHeardOnce()
{
    QFETCH(const bool, isMain);
    QFETCH(const bool, isOther);
    QFETCH(const std::function<void(const ActorRef<Host> &)>, end);
    QFETCH(const QString, expected);
    if (expected == u"one boom")
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"boom"_s));
    Journal journal;
    Scoped<Watcher> watcher({.on = place(isMain)}, &journal);
    const auto host = spawn<Host>({.on = place(isMain && !isOther), .name = u"one"_s});
    run(watcher, [&](Watcher &w) { w.watch(host); });
    settle(watcher);
    QCOMPARE(journal.entries(), QStringList());
    end(host);
    QTRY_COMPARE(journal.entries(), QStringList{expected});
    settle(watcher);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_Watch::oneThatHasEndedAlready()
{
    Journal journal;
    Scoped<Watcher> watcher(&journal);
    const auto host = spawn<Host>({.name = u"one"_s});
    host.stop();
    waitForEnd(host.terminated());
    run(watcher, [&](Watcher &w) { w.watch(host); });
    QTRY_COMPARE(journal.entries(), QStringList{u"one "_s + StopReason().message()});
}

void tst_Watch::oneThatCouldNotBeMade()
{
    Journal journal;
    Scoped<Watcher> watcher(&journal);
    run(watcher, [&](Watcher &w) {
        w.onEnd = [&w](const Terminated &end) {
            try {
                std::rethrow_exception(end.reason.exception());
            } catch (const SpawnFailed &) {
                w.note(u"SpawnFailed"_s);
            }
        };
        const auto taken = w.spawn<Host>({.name = u"one"_s});
        w.watch(w.spawn<Host>({.name = u"one"_s}));
    });
    QTRY_VERIFY(journal.contains(u"SpawnFailed"_s));
}

void tst_Watch::nobody()
{
    Journal journal;
    Inbox inbox;
    Scoped<Watcher> watcher(&journal);
    run(watcher, [&](Watcher &w) {
        w.watch({});
        w.watch({});
        w.watch(inbox.ref());
    });
    const QString none = StopReason(StopReason::NoActor).message();
    QTRY_COMPARE(journal.entries().size(), 2);
    settle(watcher);
    QCOMPARE(journal.entries().filter(none).size(), 2);
}

void tst_Watch::twiceIsOnce()
{
    Journal journal;
    Scoped<Watcher> watcher(&journal);
    Scoped<Host> host(SpawnOptions{.name = u"one"_s});
    run(watcher, [&](Watcher &w) {
        w.watch(host);
        w.watch(host);
    });
    run(watcher, [&](Watcher &w) { w.watch(host); });
    host.stop();
    QTRY_COMPARE(journal.entries().size(), 1);
    settle(watcher);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_Watch::againAfterwards()
{
    Journal journal;
    Scoped<Watcher> watcher(&journal);
    Scoped<Host> host(SpawnOptions{.name = u"one"_s});
    run(watcher, [&](Watcher &w) {
        w.onEnd = [&w, n = 0](const Terminated &end) mutable {
            if (++n < 3)
                w.watch(end.ref);
        };
        w.watch(host);
    });
    host.stop();
    QTRY_COMPARE(journal.entries().size(), 3);
}

void tst_Watch::unwatched()
{
    Journal journal;
    Scoped<Watcher> watcher(&journal);
    Scoped<Host> host;
    run(watcher, [&](Watcher &w) {
        w.unwatch(host); // not watched
        w.watch(host);
        w.unwatch(host);
        w.unwatch(host);
        w.unwatch({});
    });
    host.stop();
    settle(watcher);
    QCOMPARE(journal.entries(), QStringList());
}

void tst_Watch::unwatchedWhenItIsQueued()
{
    Journal journal;
    Scoped<Watcher> watcher(&journal);
    Scoped<Host> host;
    run(watcher, [&](Watcher &w) {
        w.watch(host);
        host.stop(); // waits: its message is in the inbox when it returns
        w.unwatch(host);
    });
    settle(watcher);
    QCOMPARE(journal.entries(), QStringList());
}

void tst_Watch::watchedAgainWhenItIsQueued()
{
    Journal journal;
    Scoped<Watcher> watcher(&journal);
    Scoped<Host> host;
    run(watcher, [&](Watcher &w) {
        w.watch(host);
        host.stop();
        w.watch(host); // nothing new
        w.unwatch(host);
        w.watch(host); // its own message
    });
    QTRY_COMPARE(journal.entries().size(), 1);
    settle(watcher);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_Watch::whatWasSentBeforeComesFirst()
{
    QFETCH(const bool, isMain);
    Journal journal;
    Scoped<Watcher> watcher({.on = place(isMain)}, &journal);
    constexpr int Count = 200;
    for (int i = 0; i < Count; ++i) {
        const auto host = spawn<Host>({.name = QString::number(i)});
        run(watcher, [&](Watcher &w) { w.watch(host); });
        host.tell(Do([ref = ActorRef<Watcher>(watcher)](Host &h) {
            for (const QString &text : {u" a"_s, u" b"_s})
                ref.tell(h.self().name() + text);
            h.stop();
        }));
    }
    QTRY_COMPARE(journal.entries().size(), 3 * Count);
    for (int i = 0; i < Count; ++i) {
        const QString name = QString::number(i) + u' ';
        QCOMPARE(journal.entries().filter(QRegularExpression(u'^' + name)),
                 (QStringList{name + u'a', name + u'b', name + StopReason().message()}));
    }
}

void tst_Watch::theNameIsFree()
{
    QFETCH(const bool, isMain);
    Journal journal;
    Scoped<Watcher> watcher({.on = place(isMain)}, &journal);
    std::atomic<int> rounds = 0;
    run(watcher, [&](Watcher &w) {
        const auto next = [&w] {
            const auto host = w.spawn<Host>({.on = pool(), .name = u"one"_s});
            w.watch(host);
            host.stop();
        };
        w.onEnd = [&rounds, next](const Terminated &) {
            if (++rounds < 200)
                next();
        };
        next();
    });
    QTRY_COMPARE(rounds.load(), 200);
    for (const QString &entry : journal.entries())
        QVERIFY2(entry == u"child one" || entry == u"one "_s + StopReason().message(),
                 qPrintable(entry));
}

void tst_Watch::aParentWatchesItsChild()
{
    Journal journal;
    Scoped<Watcher> watcher(&journal);
    run(watcher, [&](Watcher &w) {
        const auto child = w.spawn<Host>({.name = u"one"_s});
        w.watch(child);
        child.stop();
    });
    QTRY_COMPARE(journal.entries(),
                 (QStringList{u"child one"_s, u"one "_s + StopReason().message()}));
}

void tst_Watch::aWatcherLeavesNothingBehind()
{
    Journal journal;
    Scoped<Host> host(SpawnOptions{.name = u"one"_s});
    {
        std::vector<std::unique_ptr<Scoped<Watcher>>> watchers;
        for (int i = 0; i < 10; ++i) {
            watchers.push_back(std::make_unique<Scoped<Watcher>>(&journal));
            run(*watchers.back(), [&](Watcher &w) { w.watch(host); });
        }
        for (const int i : {0, 9, 4, 5}) // the ends and the middle of the list
            watchers[i].reset();
        host.stop();
        QTRY_COMPARE(journal.entries().size(), 6);
    }
    QCOMPARE(journal.entries().size(), 6);
}

void tst_Watch::nothingIsLeftBehind_data()
{
    QTest::addColumn<Do>("leave");
    QTest::newRow("unwatched") << Do([](Watcher &w) { w.unwatch(w.watched); });
    QTest::newRow("stopped") << Do([](Watcher &w) { w.stop(); });
    QTest::newRow("failed") << Do([](Watcher &) { throw std::runtime_error("boom"); });
}

void tst_Watch::nothingIsLeftBehind()
{
    QFETCH(const Do, leave);
    if (QLatin1String(QTest::currentDataTag()) == u"failed"_s)
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"boom"_s));
    Journal journal;
    Scoped<Host> host;
    auto &watchers = Detail::ActorCell::of(host.address().get())->watchers();
    Scoped<Watcher> watcher(&journal);
    run(watcher, [&](Watcher &w) { w.watch(w.watched = host); });
    QVERIFY(!watchers.isEmpty());
    watcher.tell(leave);
    QTRY_VERIFY(watchers.isEmpty());
    QVERIFY(host.isRunning());
}

void tst_Watch::aWatcherThatStopsHearsNothing()
{
    Journal journal;
    std::atomic<int> deadLetters = 0;
    ActorSystem system;
    QObject::connect(
            &system, &ActorSystem::deadLetter, &system, [&] { ++deadLetters; },
            Qt::DirectConnection);
    Scoped<Watcher> watcher(system.spawn<Watcher>(&journal));
    Scoped<Host> host(system.spawn<Host>());
    run(watcher, [&](Watcher &w) {
        w.watch(host);
        host.stop();
        w.stop();
    });
    watcher.stop();
    QVERIFY(system.shutdown());
    QCOMPARE(journal.entries(), QStringList());
    QCOMPARE(deadLetters.load(), 0);
}

void tst_Watch::inSetUpAndTearDown()
{
    Journal journal;
    Scoped<Host> host(SpawnOptions{.name = u"one"_s});
    Scoped<Watcher> watcher(
            &journal, [&](Watcher &w) { w.watch(host); },
            [&](Watcher &w) {
                w.unwatch(host);
                w.watch(host);
            });
    settle(watcher);
    host.stop();
    QTRY_COMPARE(journal.entries().size(), 1);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"is stopping and watches nobody"_s));
    watcher.stop();
    QCOMPARE(journal.entries().size(), 1);
}

void tst_Watch::itself()
{
    Journal journal;
    Scoped<Watcher> watcher(SpawnOptions{.name = u"one"_s}, &journal);
    run(watcher, [&](Watcher &w) {
        try {
            w.watch(w.self());
        } catch (const Error &error) {
            w.note(error.message());
        }
    });
    QCOMPARE(journal.entries().filter(u"/one cannot watch itself"_s).size(), 1);
}

// What it does not deal with, it does not survive.
void tst_Watch::withoutASlot()
{
    class Deaf : public Host
    {
    public:
        using Host::watch;
    };
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"no receive slot for Actorio::Terminated.*/one"_s));
    const auto deaf = spawn<Deaf>();
    const auto gone = deaf.terminated();
    Scoped<Host> host(SpawnOptions{.name = u"one"_s});
    run(deaf, [&](Deaf &d) { d.watch(host); });
    host.stop();
    QVERIFY(waitForEnd(gone).isFailure());
}

void tst_Watch::manyWatchOne()
{
    constexpr int Count = 2'000;
    Journal journal;
    Scoped<Host> host;
    std::vector<ActorRef<Watcher>> watchers;
    Scoped<Host> parent;
    for (int i = 0; i < Count; ++i) {
        watchers.push_back(spawn<Watcher>(&journal));
        watchers.back().tell(Do([&host](Watcher &w) { w.watch(host); }));
    }
    for (const auto &watcher : watchers)
        run(watcher, [](Host &) {});
    host.stop();
    QTRY_COMPARE(journal.entries().size(), Count);
    const Ends gone = ends(watchers);
    for (const auto &watcher : watchers)
        watcher.stop();
    QVERIFY(areStopped(gone));
    QCOMPARE(journal.entries().size(), Count);
}

// Each watch that is not taken back brings one, however the ends, the watches and the watchers' ends meet.
void tst_Watch::endsAndWatchesAtOnce()
{
    Journal journal;
    for (int round = 0; round < 50; ++round) {
        journal.clear();
        auto first = std::make_unique<Scoped<Watcher>>(&journal);
        Scoped<Watcher> second(&journal);
        Scoped<Host> host;
        first->tell(Do([&](Watcher &w) { w.watch(host); }));
        std::thread stops([&] { ActorRef<Host>(host).stop(); });
        second.tell(Do([&](Watcher &w) { w.watch(host); }));
        if (round % 2)
            first.reset();
        stops.join();
        host.stop();
        QTRY_VERIFY(!journal.entries().isEmpty());
        if (first)
            QTRY_COMPARE(journal.entries().size(), 2);
        settle(second);
        QVERIFY(journal.entries().size() <= 2);
    }
}

QTEST_GUILESS_MAIN(tst_Watch)

#include "tst_watch.moc"
