// SPDX-License-Identifier: MIT
// Supervisor: what it is told and asked to do; and DynamicSupervisor.
#include "family.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_SupervisorRequests : public FamilyTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { end(); }

    void startsAnother();
    void stopsAndStartsAgain();
    void forgets();
    void lists();
    void errors_data();
    void errors();
    void errorsOfWhatIsTold();
    void aStartThatFails();
    void aTemporaryIsForgotten();
    void shutdownTime_data();
    void shutdownTime();
    void shutdownTimeAtItsOwnEnd();
    void aCancelledStopIsWantedStill();
    void stopWithin();
    void dynamic();
    void dynamicRestarts_data();
    void dynamicRestarts();
    void dynamicErrors();
    void dynamicGivesUp();
    void manyDynamic();
};

void tst_SupervisorRequests::startsAnother()
{
    const auto supervisor = start({member(u"a"_s)});
    const ActorRef<> b = supervisor.ask(Supervisor::Start{member(u"b"_s)}).result();
    QCOMPARE(b.path(), u"/sup/b"_s);
    QCOMPARE(noted(), QStringList({u"+a"_s, u"+b"_s}));
    const auto gone = supervisor.terminated();
    supervisor.stop();
    waitForEnd(gone);
    QCOMPARE(noted().mid(2), QStringList({u"-b"_s, u"-a"_s}));
}

void tst_SupervisorRequests::stopsAndStartsAgain()
{
    const auto supervisor = start({member(u"a"_s), member(u"b"_s)});
    supervisor.ask(Supervisor::Stop{u"a"_s}).result();
    QVERIFY(!find(supervisor, u"a"_s));
    supervisor.ask(Supervisor::Stop{u"a"_s}).result(); // it does not run already
    QCOMPARE(supervisor.ask(Supervisor::Count{}).result().specifications, 2);
    const ActorRef<> again = supervisor.ask(Supervisor::Restart{u"a"_s}).result();
    QCOMPARE(find(supervisor, u"a"_s), again);
    const auto gone = supervisor.terminated();
    supervisor.stop();
    waitForEnd(gone);
    QCOMPARE(noted(), QStringList({u"+a"_s, u"+b"_s, u"-a"_s, u"+a"_s, u"-b"_s, u"-a"_s}));
}

void tst_SupervisorRequests::forgets()
{
    const auto supervisor = start({member(u"a"_s)});
    supervisor.ask(Supervisor::Stop{u"a"_s}).result();
    supervisor.ask(Supervisor::Delete{u"a"_s}).result();
    QCOMPARE(supervisor.ask(Supervisor::Count{}).result().specifications, 0);
    supervisor.ask(Supervisor::Start{member(u"a"_s)}).result();
    QVERIFY(find(supervisor, u"a"_s));
}

void tst_SupervisorRequests::lists()
{
    const auto supervisor = start({member(u"a"_s, RestartType::Temporary),
                                   child<Supervisor>({.id = u"b"_s}, QList<ChildSpec>())});
    supervisor.ask(Supervisor::Stop{u"b"_s}).result();
    const QList<ChildInfo> children = supervisor.ask(Supervisor::List{}).result();
    QCOMPARE(children.size(), 2);
    QCOMPARE(children[0].id, u"a"_s);
    QCOMPARE(children[0].actor.path(), u"/sup/a"_s);
    QCOMPARE(children[0].restart, RestartType::Temporary);
    QVERIFY(!children[0].isSupervisor);
    QCOMPARE(children[1].id, u"b"_s);
    QVERIFY(!children[1].actor);
    QVERIFY(children[1].isSupervisor);
    const ChildCounts counts = supervisor.ask(Supervisor::Count{}).result();
    QCOMPARE(counts.specifications, 2);
    QCOMPARE(counts.active, 1);
    QCOMPARE(counts.supervisors, 1);
    QCOMPARE(counts.workers, 1);
}

void tst_SupervisorRequests::errors_data()
{
    QTest::addColumn<std::function<QFuture<void>(const ActorRef<Supervisor> &, Journal *)>>(
            "request");
    QTest::addColumn<int>("code");
    using Request = std::function<QFuture<void>(const ActorRef<Supervisor> &, Journal *)>;
    const auto add = [](const char *name, SupervisorError::Code code, Request request) {
        QTest::newRow(name) << request << int(code);
    };
    add("start what runs", SupervisorError::AlreadyStarted,
        [](const auto &supervisor, Journal *notes) {
            return QFuture<void>(
                    supervisor.ask(Supervisor::Start{child<Member>({.id = u"runs"_s}, notes)}));
        });
    add("start what is known", SupervisorError::AlreadyPresent,
        [](const auto &supervisor, Journal *notes) {
            return QFuture<void>(
                    supervisor.ask(Supervisor::Start{child<Member>({.id = u"rests"_s}, notes)}));
        });
    add("start nothing", SupervisorError::BadSpecification, [](const auto &supervisor, Journal *) {
        return QFuture<void>(supervisor.ask(Supervisor::Start{}));
    });
    add("start what has no id", SupervisorError::BadSpecification,
        [](const auto &supervisor, Journal *notes) {
            return QFuture<void>(supervisor.ask(Supervisor::Start{child<Member>({}, notes)}));
        });
    add("start what fails", SupervisorError::StartFailed,
        [](const auto &supervisor, Journal *notes) {
            return QFuture<void>(supervisor.ask(
                    Supervisor::Start{child<Member>({.id = u"fails"_s}, notes, failNow)}));
        });
    add("stop an unknown one", SupervisorError::NotFound, [](const auto &supervisor, Journal *) {
        return QFuture<void>(supervisor.ask(Supervisor::Stop{u"nobody"_s}));
    });
    add("restart an unknown one", SupervisorError::NotFound, [](const auto &supervisor, Journal *) {
        return QFuture<void>(supervisor.ask(Supervisor::Restart{u"nobody"_s}));
    });
    add("restart what runs", SupervisorError::Running, [](const auto &supervisor, Journal *) {
        return QFuture<void>(supervisor.ask(Supervisor::Restart{u"runs"_s}));
    });
    add("delete an unknown one", SupervisorError::NotFound, [](const auto &supervisor, Journal *) {
        return QFuture<void>(supervisor.ask(Supervisor::Delete{u"nobody"_s}));
    });
    add("delete what runs", SupervisorError::Running, [](const auto &supervisor, Journal *) {
        return QFuture<void>(supervisor.ask(Supervisor::Delete{u"runs"_s}));
    });
    add("find an unknown one", SupervisorError::NotFound, [](const auto &supervisor, Journal *) {
        return QFuture<void>(supervisor.ask(Supervisor::Find{u"nobody"_s}));
    });
}

void tst_SupervisorRequests::errors()
{
    using Request = std::function<QFuture<void>(const ActorRef<Supervisor> &, Journal *)>;
    QFETCH(const Request, request);
    QFETCH(const int, code);
    const auto supervisor =
            start({member(u"runs"_s), member(u"rests"_s, RestartType::Permanent, declines)});
    QCOMPARE(codeOf(request(supervisor, journal.get())), code);
    // It goes on as if nothing had been.
    const ChildCounts counts = supervisor.ask(Supervisor::Count{}).result();
    QCOMPARE(counts.specifications, 2);
    QCOMPARE(counts.active, 1);
}

void tst_SupervisorRequests::errorsOfWhatIsTold()
{
    expect(u"/sup could not do what it was told: /sup has no child with the id \"nobody\""_s);
    const auto supervisor = start({});
    supervisor.tell(Supervisor::Stop{u"nobody"_s});
    QCOMPARE(supervisor.ask(Supervisor::Count{}).result().specifications, 0);
}

void tst_SupervisorRequests::aStartThatFails()
{
    const auto supervisor = start({});
    auto failed =
            supervisor.ask(Supervisor::Start{member(u"a"_s, RestartType::Permanent, failNow)});
    QCOMPARE(errorOf<SupervisorError>([&] { failed.waitForFinished(); }),
             u"the child \"a\" has not started: boom"_s);
    QVERIFY(supervisor.ask(Supervisor::Start{member(u"a"_s)}).result());
    const ActorRef<> declined =
            supervisor.ask(Supervisor::Start{member(u"b"_s, RestartType::Permanent, declines)})
                    .result();
    QVERIFY(!declined);
    QCOMPARE(supervisor.ask(Supervisor::Count{}).result().specifications, 2);
}

void tst_SupervisorRequests::aTemporaryIsForgotten()
{
    const auto supervisor = start({member(u"a"_s, RestartType::Temporary)});
    supervisor.ask(Supervisor::Stop{u"a"_s}).result();
    QCOMPARE(supervisor.ask(Supervisor::Count{}).result().specifications, 0);
}

void tst_SupervisorRequests::shutdownTime_data()
{
    QTest::addColumn<std::optional<std::chrono::milliseconds>>("shutdown");
    QTest::addColumn<std::chrono::milliseconds>("patience");
    using Time = std::optional<std::chrono::milliseconds>;
    QTest::newRow("by default 5 s") << Time() << 5000ms;
    QTest::newRow("as given") << Time(70ms) << 70ms;
    QTest::newRow("at once") << Time(0ms) << 0ms;
}

// It waits for what never comes.
static const Await forever = [](Host &) -> QFuture<int> {
    co_await std::chrono::hours(24);
    co_return 1;
};

void tst_SupervisorRequests::shutdownTime()
{
    QFETCH(const std::optional<std::chrono::milliseconds>, shutdown);
    QFETCH(const std::chrono::milliseconds, patience);
    if (patience > 0ms)
        expect(u"/sup/a has not stopped in its time, and is killed"_s);
    const auto supervisor =
            start({child<Member>({.id = u"a"_s, .shutdown = shutdown}, journal.get())});
    const auto a = find(supervisor, u"a"_s);
    a.tell(forever);
    settle(stage->system.spawn<Host>());
    const auto gone = a.terminated();
    const auto stopped = supervisor.ask(Supervisor::Stop{u"a"_s}).future();
    settle(stage->system.spawn<Host>());
    if (patience > 0ms) {
        stage->clock->advance(patience - 1ms);
        settle(stage->system.spawn<Host>());
        QVERIFY(!gone.isFinished());
        stage->clock->advance(1ms);
    }
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Killed);
    QVERIFY(waitForFinished(stopped));
}

void tst_SupervisorRequests::shutdownTimeAtItsOwnEnd()
{
    expect(u"/sup/b has not stopped in its time, and is killed"_s);
    const auto supervisor = start({member(u"a"_s), member(u"b"_s)});
    find(supervisor, u"b"_s).tell(forever);
    settle(stage->system.spawn<Host>());
    const auto gone = supervisor.terminated();
    supervisor.stop();
    settle(stage->system.spawn<Host>());
    QVERIFY(!gone.isFinished());
    stage->clock->advance(5s);
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(noted().mid(2), QStringList({u"-b"_s, u"-a"_s}));
}

// Who asked for it has lost interest, but the child is told to stop, and not started again.
void tst_SupervisorRequests::aCancelledStopIsWantedStill()
{
    const auto supervisor = start({member(u"a"_s)});
    const auto a = find(supervisor, u"a"_s);
    Awaited<int> awaited;
    a.tell(Await([future = awaited.future](Host &) -> QFuture<int> {
        co_await future;
        co_return 1;
    }));
    settle(stage->system.spawn<Host>());
    auto stop = supervisor.ask(Supervisor::Stop{u"a"_s});
    settle(stage->system.spawn<Host>());
    stop.cancel();
    settle(stage->system.spawn<Host>());
    awaited.finish(1);
    QTRY_VERIFY(!a.isRunning());
    QTRY_COMPARE(supervisor.ask(Supervisor::Count{}).result().active, 0);
    QCOMPARE(noted(), QStringList({u"+a"_s, u"-a"_s}));
}

void tst_SupervisorRequests::stopWithin()
{
    expect(u"/slow has not stopped in its time, and is killed"_s);
    const auto slow = stage->system.spawn<Host>({.name = u"slow"_s, .stopWithin = 2s});
    slow.tell(forever);
    settle(stage->system.spawn<Host>());
    stage->clock->advance(1h); // it begins with the stop
    const auto gone = slow.terminated();
    slow.stop();
    settle(stage->system.spawn<Host>());
    stage->clock->advance(2s - 1ms);
    settle(stage->system.spawn<Host>());
    QVERIFY(!gone.isFinished());
    stage->clock->advance(1ms);
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Killed);
    // One that stops in its time is not killed.
    const auto quick = stage->system.spawn<Host>({.stopWithin = 2s});
    const auto quickGone = quick.terminated();
    quick.stop();
    QCOMPARE(waitForEnd(quickGone).kind(), StopReason::Stopped);
    stage->clock->advance(1h);
    settle(stage->system.spawn<Host>());
}

static Do asSaid(const QString &text)
{
    return text == u"fails"_s ? failNow : text == u"declines"_s ? declines : Do();
}

// Does in setUp() what its second argument says.
class Job : public Member
{
    Q_OBJECT
public:
    Job(Journal *journal, const QString &text)
        : Member(journal, asSaid(text)), m_text(text), m_journal(*journal)
    {
        m_journal.note(m_text);
    }

private:
    const QString m_text;
    Journal &m_journal;
};

void tst_SupervisorRequests::dynamic()
{
    const auto supervisor = stage->system.spawn<DynamicSupervisor>(
            {.name = u"sup"_s}, childTemplate<Job, Journal *, QString>());
    const ActorRef<> one =
            supervisor.ask(DynamicSupervisor::Start(journal.get(), u"one"_s)).result();
    const ActorRef<> two =
            supervisor.ask(DynamicSupervisor::Start(journal.get(), u"two"_s)).result();
    QVERIFY(one.isRunning() && two.isRunning() && one != two);
    QCOMPARE(supervisor.ask(DynamicSupervisor::Count{}).result().active, 2);
    QCOMPARE(supervisor.ask(DynamicSupervisor::List{}).result().size(), 2);
    supervisor.ask(DynamicSupervisor::Stop{one}).result();
    QVERIFY(!one.isRunning());
    QCOMPARE(supervisor.ask(DynamicSupervisor::List{}).result().first().actor, two);
    const auto gone = two.terminated();
    supervisor.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
}

void tst_SupervisorRequests::dynamicRestarts_data()
{
    QTest::addColumn<RestartType>("type");
    QTest::addColumn<int>("built");
    QTest::newRow("permanent") << RestartType::Permanent << 2;
    QTest::newRow("transient") << RestartType::Transient << 2;
    QTest::newRow("temporary") << RestartType::Temporary << 1;
}

void tst_SupervisorRequests::dynamicRestarts()
{
    QFETCH(const RestartType, type);
    QFETCH(const int, built);
    expect(built == 2 ? u"/sup starts a child again"_s
                      : u"has failed, and is not started again: boom"_s);
    const auto supervisor = stage->system.spawn<DynamicSupervisor>(
            {.name = u"sup"_s}, childTemplate<Job, Journal *, QString>({.restart = type}));
    const ActorRef<> one =
            supervisor.ask(DynamicSupervisor::Start(journal.get(), u"one"_s)).result();
    one.as<Job>().tell(failNow);
    QTRY_COMPARE(supervisor.ask(DynamicSupervisor::List{}).result().isEmpty(), built == 1);
    QTRY_COMPARE(noted().count(u"one"_s), built); // from the same arguments
    const auto children = supervisor.ask(DynamicSupervisor::List{}).result();
    QVERIFY(children.isEmpty() || children.first().actor != one);
}

void tst_SupervisorRequests::dynamicErrors()
{
    const auto supervisor = stage->system.spawn<DynamicSupervisor>(
            {.name = u"sup"_s}, childTemplate<Job, Journal *, QString>());
    QCOMPARE(codeOf(supervisor.ask(DynamicSupervisor::Start(7))),
             int(SupervisorError::BadArguments));
    QCOMPARE(codeOf(supervisor.ask(DynamicSupervisor::Start(journal.get(), u"fails"_s))),
             int(SupervisorError::StartFailed));
    QCOMPARE(codeOf(supervisor.ask(DynamicSupervisor::Stop{supervisor})),
             int(SupervisorError::NotFound));
    QCOMPARE(codeOf(supervisor.ask(DynamicSupervisor::Stop{})), int(SupervisorError::NotFound));
    QVERIFY(!supervisor.ask(DynamicSupervisor::Start(journal.get(), u"declines"_s)).result());
    QCOMPARE(supervisor.ask(DynamicSupervisor::Count{}).result().active, 0);
    expect(u"have no id, but their template has \"x\""_s);
    const StopReason reason =
            waitForEnd(stage->system.spawn<DynamicSupervisor>(childTemplate<Host>({.id = u"x"_s}))
                               .terminated());
    QVERIFY(reason.isFailure());
}

void tst_SupervisorRequests::dynamicGivesUp()
{
    expect(u"/sup failed.*gives up after 0 restarts"_s);
    const auto supervisor = stage->system.spawn<DynamicSupervisor>(
            {.name = u"sup"_s}, childTemplate<Member, Journal *>(),
            SupervisorOptions{.intensity = 0});
    const ActorRef<> one = supervisor.ask(DynamicSupervisor::Start(journal.get())).result();
    const auto gone = supervisor.terminated();
    one.as<Member>().tell(failNow);
    QVERIFY(waitForEnd(gone).isFailure());
}

void tst_SupervisorRequests::manyDynamic()
{
    const auto supervisor = stage->system.spawn<DynamicSupervisor>(childTemplate<Host>());
    std::vector<QFuture<ActorRef<>>> starts;
    for (int i = 0; i < 1000; ++i)
        starts.push_back(supervisor.ask(DynamicSupervisor::Start()));
    for (const auto &started : starts)
        QVERIFY(waitForFinished(started));
    QCOMPARE(supervisor.ask(DynamicSupervisor::Count{}).result().active, 1000);
    const auto gone = supervisor.terminated();
    supervisor.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(stage->system.actorCount(), 0);
}

QTEST_GUILESS_MAIN(tst_SupervisorRequests)
#include "tst_supervisor_requests.moc"
