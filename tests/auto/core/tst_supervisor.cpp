// SPDX-License-Identifier: MIT
// Supervisor: which children it starts, in which order, and what it refuses.
#include "family.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_Supervisor : public FamilyTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { end(); }

    void startsInOrderStopsInReverse_data();
    void startsInOrderStopsInReverse();
    void eachWhenTheOneBeforeHasBegun();
    void aFailedStart();
    void oneThatDeclines_data();
    void oneThatDeclines();
    void whatMakesNoSense_data();
    void whatMakesNoSense();
    void restartTypes_data();
    void restartTypes();
    void strategies_data();
    void strategies();
    void temporarySiblings();
    void stopsInOrderAfterARestart();
    void intensity();
    void intensityIsWithinAPeriod();
    void aFailedRestartCounts();
    void failuresAtOnce();
    void behindTheSameReference();
    void supervisorsOfSupervisors();
};

void tst_Supervisor::startsInOrderStopsInReverse_data()
{
    QTest::addColumn<std::function<Placement()>>("place");
    using Place = std::function<Placement()>;
    QTest::newRow("main thread") << Place(mainThread);
    QTest::newRow("pool") << Place(pool);
    QTest::newRow("dedicated threads") << Place(dedicatedThread);
}

void tst_Supervisor::startsInOrderStopsInReverse()
{
    QFETCH(const std::function<Placement()>, place);
    QList<ChildSpec> children;
    for (const QString &id : {u"a"_s, u"b"_s, u"c"_s})
        children.append(child<Member>({.id = id, .on = place()}, journal.get()));
    const auto supervisor = stage->system.spawn<Supervisor>({.on = place()}, children);
    QTRY_COMPARE(noted(), QStringList({u"+a"_s, u"+b"_s, u"+c"_s}));
    const auto gone = supervisor.terminated();
    supervisor.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(noted(), QStringList({u"+a"_s, u"+b"_s, u"+c"_s, u"-c"_s, u"-b"_s, u"-a"_s}));
}

void tst_Supervisor::eachWhenTheOneBeforeHasBegun()
{
    Awaited<void> awaited;
    const Do waits = [future = awaited.future](Host &host) { host.busyUntil(future); };
    const auto supervisor = start({member(u"a"_s, RestartType::Permanent, waits), member(u"b"_s)});
    const auto count = supervisor.ask(Supervisor::Count{}).future();
    QTRY_COMPARE(noted(), QStringList{u"+a"_s});
    settle(stage->system.spawn<Host>());
    QCOMPARE(noted(), QStringList{u"+a"_s});
    QVERIFY(!count.isFinished());
    awaited.finish();
    QVERIFY(waitForFinished(count));
    QCOMPARE(count.result().active, 2);
    QCOMPARE(noted(), QStringList({u"+a"_s, u"+b"_s}));
}

void tst_Supervisor::aFailedStart()
{
    expect(u"/sup failed.*the child \"c\" has not started: boom"_s);
    const auto supervisor =
            start({member(u"a"_s), member(u"b"_s), member(u"c"_s, RestartType::Permanent, failNow),
                   member(u"d"_s)});
    const StopReason reason = waitForEnd(supervisor.terminated());
    QVERIFY(reason.isFailure());
    QCOMPARE(errorOf<SupervisorError>([&] { std::rethrow_exception(reason.exception()); }),
             u"the child \"c\" has not started: boom"_s);
    QCOMPARE(noted(), QStringList({u"+a"_s, u"+b"_s, u"+c"_s, u"-b"_s, u"-a"_s}));
}

void tst_Supervisor::oneThatDeclines_data()
{
    QTest::addColumn<RestartType>("type");
    QTest::addColumn<int>("specifications");
    QTest::newRow("permanent") << RestartType::Permanent << 2;
    QTest::newRow("transient") << RestartType::Transient << 2;
    QTest::newRow("temporary") << RestartType::Temporary << 1;
}

void tst_Supervisor::oneThatDeclines()
{
    QFETCH(const RestartType, type);
    QFETCH(const int, specifications);
    const auto supervisor = start({member(u"a"_s, type, declines), member(u"b"_s)});
    const ChildCounts counts = supervisor.ask(Supervisor::Count{}).result();
    QCOMPARE(counts.specifications, specifications);
    QCOMPARE(counts.active, 1);
    QCOMPARE(noted(), QStringList({u"+a"_s, u"+b"_s}));
}

void tst_Supervisor::whatMakesNoSense_data()
{
    QTest::addColumn<QList<ChildSpec>>("children");
    QTest::addColumn<SupervisorOptions>("options");
    QTest::addColumn<QString>("expected");
    static Journal none;
    const ChildSpec good = child<Member>({.id = u"a"_s}, &none);
    QTest::newRow("two of an id") << QList<ChildSpec>{good, good} << SupervisorOptions()
                                  << u"two children of a supervisor have the id \"a\""_s;
    QTest::newRow("no id") << QList<ChildSpec>{good, child<Member>({}, &none)}
                           << SupervisorOptions() << u"a Member, has no id"_s;
    QTest::newRow("no actor") << QList<ChildSpec>{good, ChildSpec()} << SupervisorOptions()
                              << u"has no actor"_s;
    QTest::newRow("a negative shutdown time")
            << QList<ChildSpec>{good, child<Member>({.id = u"b"_s, .shutdown = -1ms}, &none)}
            << SupervisorOptions() << u"the shutdown time of the child \"b\" is negative: -1 ms"_s;
    QTest::newRow("a negative intensity")
            << QList<ChildSpec>{good} << SupervisorOptions{.intensity = -1}
            << u"intensity is negative: -1"_s;
    QTest::newRow("no period") << QList<ChildSpec>{good} << SupervisorOptions{.period = 0ms}
                               << u"period is not positive: 0 ms"_s;
}

void tst_Supervisor::whatMakesNoSense()
{
    QFETCH(const QList<ChildSpec>, children);
    QFETCH(const SupervisorOptions, options);
    QFETCH(const QString, expected);
    expect(QRegularExpression::escape(expected));
    const StopReason reason = waitForEnd(start(children, options).terminated());
    QVERIFY(reason.isFailure());
    QVERIFY2(reason.message().contains(expected), qPrintable(reason.message()));
    QCOMPARE(noted(), QStringList());
}

void tst_Supervisor::restartTypes_data()
{
    QTest::addColumn<RestartType>("type");
    QTest::addColumn<std::function<void(const ActorRef<Host> &)>>("end");
    QTest::addColumn<bool>("isRestarted");
    QTest::addColumn<int>("specifications");
    using End = std::function<void(const ActorRef<Host> &)>;
    const std::pair<const char *, End> ends[] = {
            {"stops", [](const ActorRef<Host> &host) { host.stop(); }},
            {"is killed", [](const ActorRef<Host> &host) { host.kill(); }},
            {"fails", [](const ActorRef<Host> &host) { host.tell(failNow); }},
    };
    for (const auto &[name, end] : ends) {
        const bool isNormal = name == std::string("stops");
        QTest::addRow("permanent %s", name) << RestartType::Permanent << end << true << 1;
        QTest::addRow("transient %s", name) << RestartType::Transient << end << !isNormal << 1;
        QTest::addRow("temporary %s", name) << RestartType::Temporary << end << false << 0;
    }
}

void tst_Supervisor::restartTypes()
{
    QFETCH(const RestartType, type);
    QFETCH(const std::function<void(const ActorRef<Host> &)>, end);
    QFETCH(const bool, isRestarted);
    QFETCH(const int, specifications);
    if (isRestarted)
        expect(u"/sup starts \"a\" again, which has ended"_s);
    else if (QByteArray(QTest::currentDataTag()).endsWith("fails"))
        expect(u"/sup/a has failed, and is not started again: boom"_s);
    const auto supervisor = start({member(u"a"_s, type)});
    const auto before = find(supervisor, u"a"_s);
    const auto gone = before.terminated();
    end(before);
    waitForEnd(gone);
    QTRY_COMPARE(supervisor.ask(Supervisor::Count{}).result().specifications, specifications);
    if (isRestarted) {
        QTRY_COMPARE(noted(), QStringList({u"+a"_s, u"-a"_s, u"+a"_s}));
        const auto after = find(supervisor, u"a"_s);
        QVERIFY(after && after != before);
        QCOMPARE(after.ask(5).result(), 5);
    } else {
        QCOMPARE(supervisor.ask(Supervisor::Count{}).result().active, 0);
        QCOMPARE(noted(), QStringList({u"+a"_s, u"-a"_s}));
    }
}

void tst_Supervisor::strategies_data()
{
    QTest::addColumn<SupervisorOptions::Strategy>("strategy");
    QTest::addColumn<QString>("failing");
    QTest::addColumn<QString>("expected"); // after the three starts
    QTest::newRow("one for one") << SupervisorOptions::OneForOne << u"b"_s << u"-b +b"_s;
    QTest::newRow("one for all") << SupervisorOptions::OneForAll << u"b"_s
                                 << u"-b -c -a +a +b +c"_s;
    QTest::newRow("rest for one") << SupervisorOptions::RestForOne << u"b"_s << u"-b -c +b +c"_s;
    QTest::newRow("rest for one, the first")
            << SupervisorOptions::RestForOne << u"a"_s << u"-a -c -b +a +b +c"_s;
    QTest::newRow("rest for one, the last")
            << SupervisorOptions::RestForOne << u"c"_s << u"-c +c"_s;
}

void tst_Supervisor::strategies()
{
    QFETCH(const SupervisorOptions::Strategy, strategy);
    QFETCH(const QString, failing);
    QFETCH(const QString, expected);
    expect(u"/sup starts \"%1\" again"_s.arg(failing));
    const auto supervisor =
            start({member(u"a"_s), member(u"b"_s), member(u"c"_s)}, {.strategy = strategy});
    find(supervisor, failing).tell(failNow);
    QTRY_COMPARE(noted().mid(3).join(u' '), expected);
    QCOMPARE(supervisor.ask(Supervisor::Count{}).result().active, 3);
}

void tst_Supervisor::temporarySiblings()
{
    expect(u"/sup starts \"a\" again"_s);
    const auto supervisor = start({member(u"a"_s), member(u"b"_s, RestartType::Temporary),
                                   member(u"c"_s, RestartType::Transient)},
                                  {.strategy = SupervisorOptions::OneForAll});
    find(supervisor, u"a"_s).tell(failNow);
    QTRY_COMPARE(noted().mid(3).join(u' '), u"-a -c -b +a +c"_s);
    QCOMPARE(supervisor.ask(Supervisor::Count{}).result().specifications, 2);
}

void tst_Supervisor::stopsInOrderAfterARestart()
{
    expect(u"/sup starts \"a\" again"_s);
    const auto supervisor = start({member(u"a"_s), member(u"b"_s), member(u"c"_s)});
    find(supervisor, u"a"_s).tell(failNow);
    QTRY_COMPARE(noted().size(), 5);
    QVERIFY(find(supervisor, u"a"_s));
    const auto gone = supervisor.terminated();
    supervisor.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(noted().mid(5).join(u' '), u"-c -b -a"_s);
}

void tst_Supervisor::intensity()
{
    expect(u"/sup starts \"b\" again"_s);
    expect(u"/sup starts \"b\" again"_s);
    expect(u"/sup failed.*gives up after 2 restarts within 5000 ms.*\"b\": boom"_s);
    const auto supervisor = start({member(u"a"_s), member(u"b"_s)}, {.intensity = 2});
    const auto gone = supervisor.terminated();
    for (int i = 0; i < 3; ++i) {
        find(supervisor, u"b"_s).tell(failNow);
        QTRY_COMPARE(noted().count(u"-b"_s), i + 1);
        if (i < 2)
            QTRY_COMPARE(noted().count(u"+b"_s), i + 2);
    }
    const StopReason reason = waitForEnd(gone);
    QVERIFY(reason.isFailure());
    try {
        std::rethrow_exception(reason.exception());
    } catch (const SupervisorError &error) {
        QCOMPARE(error.code(), SupervisorError::TooManyRestarts);
    }
    QCOMPARE(noted().last(), u"-a"_s);
}

void tst_Supervisor::intensityIsWithinAPeriod()
{
    for (int i = 0; i < 4; ++i)
        expect(u"/sup starts \"a\" again"_s);
    const auto supervisor = start({member(u"a"_s)}, {.intensity = 1, .period = 5s});
    for (int i = 0; i < 4; ++i) {
        find(supervisor, u"a"_s).tell(failNow);
        QTRY_COMPARE(noted().count(u"+a"_s), i + 2);
        QVERIFY(find(supervisor, u"a"_s));
        stage->clock->advance(5s);
    }
    QVERIFY(supervisor.isRunning());
}

void tst_Supervisor::aFailedRestartCounts()
{
    for (int i = 0; i < 3; ++i)
        expect(u"/sup starts \"a\" again"_s);
    expect(u"/sup failed.*gives up after 3 restarts"_s);
    const auto starts = std::make_shared<std::atomic<int>>(0);
    const Do failsLater = [starts](Host &) {
        if (++*starts > 1)
            throw std::runtime_error("boom");
    };
    const auto supervisor =
            start({member(u"a"_s, RestartType::Permanent, failsLater)}, {.intensity = 3});
    const auto gone = supervisor.terminated();
    find(supervisor, u"a"_s).tell(failNow);
    QVERIFY(waitForEnd(gone).isFailure());
    QCOMPARE(*starts, 4);
}

// The second has failed before the supervisor knows of the first.
void tst_Supervisor::failuresAtOnce()
{
    expect(u"/sup starts \"[ab]\" again"_s);
    expect(u"/sup/[ab] has failed while it was stopped: boom"_s);
    const auto supervisor = start({member(u"a"_s), member(u"b"_s)},
                                  {.strategy = SupervisorOptions::OneForAll, .intensity = 1});
    const auto a = find(supervisor, u"a"_s);
    const auto b = find(supervisor, u"b"_s);
    // All live in the one thread, which is held meanwhile.
    Gate gate;
    const auto holder = stage->system.spawn<Host>();
    holder.tell(gate.pass());
    QVERIFY(gate.isReached());
    a.tell(failNow);
    b.tell(failNow);
    gate.open();
    QTRY_COMPARE(noted().mid(2).filter(u"+"_s).join(u' '), u"+a +b"_s);
    QCOMPARE(supervisor.ask(Supervisor::Count{}).result().active, 2);
    QVERIFY(find(supervisor, u"a"_s) != a);
    QVERIFY(find(supervisor, u"b"_s) != b);
}

void tst_Supervisor::behindTheSameReference()
{
    expect(u"/sup/a has failed, and is restarted.*boom"_s);
    expect(u"/sup/a has failed again after 1 restarts"_s);
    expect(u"/sup starts \"a\" again"_s);
    const auto supervisor = start(
            {child<Member>({.id = u"a"_s, .supervision = restart({.limit = 1})}, journal.get())});
    const auto before = find(supervisor, u"a"_s);
    before.tell(failNow);
    QCOMPARE(before.ask(5).result(), 5);
    QCOMPARE(find(supervisor, u"a"_s), before);
    before.tell(failNow);
    QTRY_VERIFY(!before.isRunning());
    QTRY_VERIFY(find(supervisor, u"a"_s) && find(supervisor, u"a"_s) != before);
}

void tst_Supervisor::supervisorsOfSupervisors()
{
    expect(u"/sup/inner starts \"a\" again"_s);
    expect(u"/sup starts \"inner\" again.*gives up after 1 restarts"_s);
    const auto supervisor =
            start({child<Supervisor>({.id = u"inner"_s}, QList<ChildSpec>{member(u"a"_s)}),
                   member(u"b"_s)});
    QCOMPARE(supervisor.ask(Supervisor::Count{}).result().supervisors, 1);
    for (int i = 0; i < 2; ++i) {
        const auto inner =
                supervisor.ask(Supervisor::Find{u"inner"_s}).result().actor.as<Supervisor>();
        QVERIFY(inner);
        find(inner, u"a"_s).tell(failNow);
        QTRY_COMPARE(noted().count(u"+a"_s), i + 2);
    }
    QCOMPARE(noted().count(u"-b"_s), 0);
    QTRY_COMPARE(supervisor.ask(Supervisor::Count{}).result().active, 2);
}

QTEST_GUILESS_MAIN(tst_Supervisor)
#include "tst_supervisor.moc"
