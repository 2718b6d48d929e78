// SPDX-License-Identifier: MIT
#include "host.h"
#include "life.h"
#include "stage.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Shutdown = Actorio::CoordinatedShutdown;

// The phases, their tasks and deadlines. What quits and signals do is tst_shutdownroads.
class tst_CoordinatedShutdown : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void runsItsPhasesInTheirOrder();
    void ownPhasesComeWhereTheySay();
    void badPhasesAreRefused_data();
    void badPhasesAreRefused();
    void unknownPhasesAreRefused();
    void tasksOfAPhaseGoOnSideBySide();
    void aTaskThatFailsIsAWarning_data();
    void aTaskThatFailsIsAWarning();
    void aDeadlineEndsAPhase();
    void aPhaseThatDoesNotRecoverEndsIt_data();
    void aPhaseThatDoesNotRecoverEndsIt();
    void aRemovedTaskDoesNotRun();
    void aTaskMayAddAndRemoveOthers();
    void runsOnce();
    void runsFromAnyThread();
    void neverRunsATaskInTheCaller();
    void waitsWithoutAnEventLoop();
    void waitsInAnotherThread();
    void waitInAHandlerIsRefused();
    void beginsInAHandlerThatAwaitsIt();
    void anActorIsDrained();
    void anActorIsStopped();
    void anActorThatHasEndedIsNoneToWaitFor();
    void theLastPhaseEndsTheActorsOfThisThreadToo();
    void aTaskMayReturnAnAsk();
    void aTaskMayRunAnEventLoop();
    void theEndOfItCancelsWhatRuns();

private:
    auto noting(const QString &what)
    {
        return [this, what] { m_journal.note(what); };
    }
    bool waitForEndOf(const QFuture<void> &future)
    {
        return waitUntil([&] { return future.isFinished(); });
    }
    // Until the run has seen what has been posted to it.
    void settleRun()
    {
        for (int i = 0; i < 5; ++i)
            QCoreApplication::processEvents();
    }

    Journal m_journal;
    std::unique_ptr<Stage> m_stage;
    std::unique_ptr<Shutdown> m_shutdown;
};

void tst_CoordinatedShutdown::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_journal.clear();
    m_stage = std::make_unique<Stage>();
    m_shutdown = std::make_unique<Shutdown>(Actorio::CoordinatedShutdownOptions{
            .system = &m_stage->system, .clock = m_stage->clock});
}

void tst_CoordinatedShutdown::cleanup()
{
    m_shutdown.reset();
    m_stage.reset();
}

void tst_CoordinatedShutdown::runsItsPhasesInTheirOrder()
{
    const QStringList phases{u"before-service-unbind"_s,         u"service-unbind"_s,
                             u"service-requests-done"_s,         u"service-stop"_s,
                             u"before-actor-system-terminate"_s, u"actor-system-terminate"_s};
    QCOMPARE(m_shutdown->phases(), phases);
    const auto actor = m_stage->system.spawn<Host>();
    for (auto phase = phases.rbegin(); phase != phases.rend(); ++phase)
        m_shutdown->addTask(*phase, *phase, noting(*phase));
    m_shutdown->addTask(Shutdown::BeforeActorSystemTerminate, u"look"_s,
                        [&] { m_journal.note(actor.isRunning() ? u"runs"_s : u"has ended"_s); });
    QSignalSpy began(m_shutdown.get(), &Shutdown::phaseBegan);
    QSignalSpy finished(m_shutdown.get(), &Shutdown::finished);
    QVERIFY(!m_shutdown->isBegun());
    const QFuture<void> over = m_shutdown->run();
    QVERIFY(m_shutdown->isBegun());
    QCOMPARE(m_shutdown->reason(), Shutdown::Reason::Requested);
    QVERIFY(waitForEndOf(over));
    QStringList expected = phases;
    expected.insert(5, u"runs"_s);
    QCOMPARE(m_journal.entries(), expected);
    QVERIFY(!actor.isRunning());
    QCOMPARE(began.size(), phases.size());
    for (qsizetype i = 0; i < phases.size(); ++i)
        QCOMPARE(began.at(i).at(0).toString(), phases.at(i));
    QCOMPARE(finished.size(), 1);
}

void tst_CoordinatedShutdown::ownPhasesComeWhereTheySay()
{
    m_shutdown->addPhase({.name = u"first"_s});
    m_shutdown->addPhase({.name = u"b"_s, .after = {Shutdown::ServiceUnbind}});
    m_shutdown->addPhase({.name = u"a"_s, .after = {Shutdown::ServiceUnbind}, .before = {u"b"_s}});
    m_shutdown->addPhase({.name = u"late"_s, .after = {u"a"_s, Shutdown::ServiceStop}});
    m_shutdown->addPhase({.name = u"very late"_s, .after = {u"late"_s}});
    m_shutdown->addPhase({.name = u"last"_s, .after = {Shutdown::ActorSystemTerminate}});
    QCOMPARE(m_shutdown->phases(),
             QStringList({u"first"_s, u"before-service-unbind"_s, u"service-unbind"_s, u"a"_s,
                          u"b"_s, u"service-requests-done"_s, u"service-stop"_s, u"late"_s,
                          u"very late"_s, u"before-actor-system-terminate"_s,
                          u"actor-system-terminate"_s, u"last"_s}));
    const QStringList phases = m_shutdown->phases();
    for (const QString &phase : phases)
        m_shutdown->addTask(phase, phase, noting(phase));
    QVERIFY(waitForEndOf(m_shutdown->run()));
    QCOMPARE(m_journal.entries(), phases);
}

void tst_CoordinatedShutdown::badPhasesAreRefused_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("after");
    QTest::addColumn<QStringList>("before");
    QTest::addColumn<QString>("error");
    const QString stop = Shutdown::ServiceStop;
    const QString unbind = Shutdown::ServiceUnbind;
    QTest::newRow("without a name") << QString() << QStringList() << QStringList() << u"a name"_s;
    QTest::newRow("a name twice") << stop << QStringList() << QStringList() << u"already"_s;
    QTest::newRow("after none") << u"x"_s << QStringList{u"nix"_s} << QStringList() << u"nix"_s;
    QTest::newRow("before none") << u"x"_s << QStringList() << QStringList{u"nix"_s} << u"nix"_s;
    QTest::newRow("after itself") << u"x"_s << QStringList{u"x"_s} << QStringList() << u"\"x\""_s;
    QTest::newRow("a circle") << u"x"_s << QStringList{stop} << QStringList{unbind}
                              << u"\"x\" cannot come after service-stop and before service-unbind: "
                                 "that is a circle"_s;
    QTest::newRow("a circle with own ones")
            << u"x"_s << QStringList{u"own"_s} << QStringList{u"own"_s} << u"a circle"_s;
}

void tst_CoordinatedShutdown::badPhasesAreRefused()
{
    QFETCH(const QString, name);
    QFETCH(const QStringList, after);
    QFETCH(const QStringList, before);
    QFETCH(const QString, error);
    m_shutdown->addPhase({.name = u"own"_s, .after = {Shutdown::ServiceUnbind}});
    const QStringList phases = m_shutdown->phases();
    const QString text = errorOf<Actorio::Error>(
            [&] { m_shutdown->addPhase({.name = name, .after = after, .before = before}); });
    QVERIFY2(text.contains(error), qPrintable(text));
    QCOMPARE(m_shutdown->phases(), phases);
    m_shutdown->addPhase({.name = u"another"_s}); // it is as before
    QCOMPARE(m_shutdown->phases().size(), phases.size() + 1);
}

void tst_CoordinatedShutdown::unknownPhasesAreRefused()
{
    const auto isRefused = [](auto &&code) {
        return errorOf<Actorio::Error>(code).contains(
                u"no shutdown phase \"nix\"; there are: before-"_s);
    };
    QVERIFY(isRefused([&] { m_shutdown->addTask(u"nix"_s, u"task"_s, [] {}); }));
    QVERIFY(isRefused([&] { m_shutdown->addActor(u"nix"_s, {}); }));
    QVERIFY(isRefused([&] { m_shutdown->setDeadline(u"nix"_s, 1s); }));
    QVERIFY(isRefused([&] { m_shutdown->setRecovers(u"nix"_s, true); }));
    m_shutdown->run();
    QVERIFY(fails<Actorio::Error>([&] { m_shutdown->addPhase({.name = u"late"_s}); }));
}

void tst_CoordinatedShutdown::tasksOfAPhaseGoOnSideBySide()
{
    QPromise<void> first;
    QPromise<int> second;
    first.start();
    second.start();
    m_shutdown->addTask(Shutdown::ServiceStop, u"first"_s, [&] {
        m_journal.note(u"first"_s);
        return first.future();
    });
    m_shutdown->addTask(Shutdown::ServiceStop, u"second"_s, [&] {
        m_journal.note(u"second"_s);
        return second.future();
    });
    m_shutdown->addTask(Shutdown::BeforeActorSystemTerminate, u"next"_s, noting(u"next"_s));
    const QFuture<void> over = m_shutdown->run();
    QTRY_COMPARE(m_journal.entries(), QStringList({u"first"_s, u"second"_s}));
    second.addResult(1);
    second.finish();
    settleRun();
    QCOMPARE(m_journal.entries().size(), 2);
    first.finish();
    QVERIFY(waitForEndOf(over));
    QCOMPARE(m_journal.entries().last(), u"next"_s);
}

void tst_CoordinatedShutdown::aTaskThatFailsIsAWarning_data()
{
    using Task = std::function<QFuture<int>()>;
    QTest::addColumn<Task>("task");
    QTest::addColumn<QString>("text");
    QTest::newRow("throws") << Task([]() -> QFuture<int> { throw std::runtime_error("boom"); })
                            << u"boom"_s;
    QTest::newRow("its future fails") << Task([] {
        return QtFuture::makeExceptionalFuture<int>(
                std::make_exception_ptr(Actorio::Timeout(u"too slow"_s)));
    }) << u"too slow"_s;
    QTest::newRow("its future is cancelled")
            << Task([] { return QFuture<int>(); }) << u"cancelled"_s;
    QTest::newRow("its promise is dropped") << Task([] {
        QPromise<int> promise;
        promise.start();
        return promise.future();
    }) << u"dropped"_s;
}

void tst_CoordinatedShutdown::aTaskThatFailsIsAWarning()
{
    QFETCH(const std::function<QFuture<int>()>, task);
    QFETCH(const QString, text);
    m_shutdown->addTask(Shutdown::ServiceStop, u"culprit"_s, task);
    m_shutdown->addTask(Shutdown::ServiceStop, u"beside"_s, noting(u"beside"_s));
    m_shutdown->addTask(Shutdown::BeforeActorSystemTerminate, u"next"_s, noting(u"next"_s));
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"Task culprit of the shutdown phase service-stop has "
                                            u"failed: .*"_s
                                            + text));
    const QFuture<void> over = m_shutdown->run();
    QVERIFY(waitForEndOf(over));
    QCOMPARE(m_journal.entries(), QStringList({u"beside"_s, u"next"_s}));
    QFuture<void>(over).waitForFinished(); // does not throw
}

void tst_CoordinatedShutdown::aDeadlineEndsAPhase()
{
    QPromise<void> never;
    never.start();
    const auto wait = [&] { return never.future(); };
    m_shutdown->addTask(Shutdown::ServiceStop, u"slow"_s, wait);
    m_shutdown->addTask(Shutdown::ServiceStop, u"quick"_s, noting(u"quick"_s));
    m_shutdown->addTask(Shutdown::ServiceStop, u"lame"_s, wait);
    m_shutdown->addTask(Shutdown::BeforeActorSystemTerminate, u"next"_s, [&] {
        m_journal.note(u"next"_s);
        return never.future();
    });
    m_shutdown->setDeadline(Shutdown::BeforeActorSystemTerminate, 100ms);
    const QFuture<void> over = m_shutdown->run();
    QTRY_VERIFY(m_journal.contains(u"quick"_s));
    m_stage->clock->advance(4999ms);
    settleRun();
    QVERIFY(!m_journal.contains(u"next"_s));
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"Shutdown phase service-stop is over "
                                            u"after 5000 ms without slow, lame"_s));
    m_stage->clock->advance(1ms);
    QTRY_VERIFY(m_journal.contains(u"next"_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"after 100 ms without next"_s));
    m_stage->clock->advance(100ms);
    QVERIFY(waitForEndOf(over));
    never.finish();
}

void tst_CoordinatedShutdown::aPhaseThatDoesNotRecoverEndsIt_data()
{
    QTest::addColumn<bool>("isTooSlow");
    QTest::newRow("a failure") << false;
    QTest::newRow("the deadline") << true;
}

void tst_CoordinatedShutdown::aPhaseThatDoesNotRecoverEndsIt()
{
    QFETCH(const bool, isTooSlow);
    QPromise<void> never;
    never.start();
    m_shutdown->addPhase({.name = u"save"_s, .deadline = 2s, .recovers = false});
    m_shutdown->addTask(u"save"_s, u"file"_s, [&]() -> QFuture<void> {
        m_journal.note(u"save"_s);
        if (!isTooSlow)
            throw std::runtime_error("disk full");
        return never.future();
    });
    m_shutdown->addTask(Shutdown::ServiceStop, u"next"_s, noting(u"next"_s));
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(isTooSlow ? u"without file"_s : u"disk full"_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"ended with its phase save"_s));
    QSignalSpy finished(m_shutdown.get(), &Shutdown::finished);
    QFuture<void> over = m_shutdown->run();
    QTRY_VERIFY(m_journal.contains(u"save"_s));
    m_stage->clock->advance(2s);
    QVERIFY(waitForEndOf(over));
    QCOMPARE(finished.size(), 1);
    QVERIFY(errorOf<Actorio::Error>([&] {
                over.waitForFinished();
            }).contains(u"phase save, which does not recover from the failure of file"));
    QCOMPARE(m_journal.entries(), QStringList{u"save"_s});
    never.finish();
}

void tst_CoordinatedShutdown::aRemovedTaskDoesNotRun()
{
    const auto guard = std::make_shared<int>();
    Actorio::ShutdownTask task = m_shutdown->addTask(
            Shutdown::ServiceStop, u"removed"_s, [this, guard] { m_journal.note(u"removed"_s); });
    Actorio::ShutdownTask kept =
            m_shutdown->addTask(Shutdown::ServiceStop, u"kept"_s, noting(u"kept"_s));
    QCOMPARE(guard.use_count(), 2);
    Actorio::ShutdownTask copy = task;
    QVERIFY(task.remove());
    QCOMPARE(guard.use_count(), 1);
    QVERIFY(!copy.remove());
    QVERIFY(!Actorio::ShutdownTask().remove());
    QVERIFY(waitForEndOf(m_shutdown->run()));
    QCOMPARE(m_journal.entries(), QStringList{u"kept"_s});
    QVERIFY(!kept.remove());
    m_shutdown.reset();
    QVERIFY(!kept.remove());
}

void tst_CoordinatedShutdown::aTaskMayAddAndRemoveOthers()
{
    Actorio::ShutdownTask later =
            m_shutdown->addTask(Shutdown::ServiceStop, u"later"_s, noting(u"later"_s));
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"Task same comes too late: the shutdown "
                                            u"phase service-unbind has begun"_s));
    m_shutdown->addTask(Shutdown::ServiceUnbind, u"now"_s, [&] {
        m_journal.note(later.remove() ? u"removed"_s : u"not removed"_s);
        m_shutdown->addTask(Shutdown::ServiceStop, u"added"_s, noting(u"added"_s));
        auto task = m_shutdown->addTask(Shutdown::ServiceUnbind, u"same"_s, noting(u"same"_s));
        m_journal.note(task.remove() ? u"was there"_s : u"was not there"_s);
    });
    QVERIFY(waitForEndOf(m_shutdown->run()));
    QCOMPARE(m_journal.entries(), QStringList({u"removed"_s, u"was not there"_s, u"added"_s}));
}

void tst_CoordinatedShutdown::runsOnce()
{
    QPromise<void> promise;
    promise.start();
    m_shutdown->addTask(Shutdown::ServiceStop, u"once"_s, [&] {
        m_journal.note(u"once"_s);
        return promise.future();
    });
    m_shutdown->addTask(Shutdown::BeforeActorSystemTerminate, u"next"_s, noting(u"next"_s));
    QFuture<void> first = m_shutdown->run();
    const QFuture<void> second = m_shutdown->run(Shutdown::Reason::Quit);
    settleRun();
    m_shutdown->run();
    settleRun();
    QVERIFY(!second.isFinished());
    QCOMPARE(m_journal.entries(), QStringList{u"once"_s});
    promise.finish();
    QVERIFY(waitForEndOf(first));
    QVERIFY(second.isFinished());
    QVERIFY(m_shutdown->run().isFinished());
    settleRun();
    QCOMPARE(m_journal.entries(), QStringList({u"once"_s, u"next"_s}));
    QCOMPARE(m_shutdown->reason(), Shutdown::Reason::Requested);
}

void tst_CoordinatedShutdown::runsFromAnyThread()
{
    m_shutdown->addTask(Shutdown::ServiceStop, u"where"_s, [this] {
        m_journal.note(QThread::currentThread() == thread() ? u"here"_s : u"elsewhere"_s);
    });
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([this] { m_shutdown->run(); });
    for (std::thread &thread : threads)
        thread.join();
    QVERIFY(waitForEndOf(m_shutdown->run()));
    QCOMPARE(m_journal.entries(), QStringList{u"here"_s});
}

void tst_CoordinatedShutdown::neverRunsATaskInTheCaller()
{
    m_shutdown->addTask(Shutdown::ServiceStop, u"task"_s, noting(u"task"_s));
    const QFuture<void> over = m_shutdown->run();
    QVERIFY(m_journal.entries().isEmpty());
    QVERIFY(waitForEndOf(over));
}

void tst_CoordinatedShutdown::waitsWithoutAnEventLoop()
{
    QVERIFY(!m_shutdown->wait());
    const auto actor = m_stage->system.spawn<Host>({.on = Actorio::mainThread()});
    m_shutdown->addTask(Shutdown::ServiceStop, u"task"_s, noting(u"task"_s));
    const QFuture<void> over = m_shutdown->run();
    QVERIFY(m_shutdown->wait());
    QVERIFY(over.isFinished());
    QVERIFY(!actor.isRunning());
    QVERIFY(m_shutdown->wait());
    QCOMPARE(m_journal.entries(), QStringList{u"task"_s});
}

void tst_CoordinatedShutdown::waitsInAnotherThread()
{
    m_shutdown->addTask(Shutdown::ServiceStop, u"task"_s, noting(u"task"_s));
    std::atomic<bool> isDone{false};
    std::thread waiter([&] {
        m_shutdown->run();
        m_shutdown->wait();
        m_journal.note(u"waited"_s);
        isDone = true;
    });
    QTRY_VERIFY(isDone);
    waiter.join();
    QCOMPARE(m_journal.entries(), QStringList({u"task"_s, u"waited"_s}));
}

void tst_CoordinatedShutdown::waitInAHandlerIsRefused()
{
    const auto actor = m_stage->system.spawn<Host>({.name = u"waiter"_s});
    QString error;
    run(actor, [&](Host &) {
        m_shutdown->run();
        error = errorOf<Actorio::WouldDeadlock>([this] { m_shutdown->wait(); });
    });
    QVERIFY2(error.contains(u"/waiter waits in a handler"), qPrintable(error));
    QVERIFY(m_shutdown->wait());
}

// The handler awaits the end of its own system, which kills it at its deadline.
void tst_CoordinatedShutdown::beginsInAHandlerThatAwaitsIt()
{
    const auto actor = m_stage->system.spawn<Host>({.on = Actorio::mainThread()});
    m_shutdown->addTask(Shutdown::ServiceStop, u"task"_s, noting(u"task"_s));
    actor.tell(Do([this](Host &host) {
        m_shutdown->run();
        m_journal.note(u"handler"_s);
        host.reply(0);
    }));
    QTRY_VERIFY(m_shutdown->isBegun());
    QVERIFY(m_shutdown->wait());
    QCOMPARE(m_journal.entries(), QStringList({u"handler"_s, u"task"_s}));
    QVERIFY(!actor.isRunning());
}

void tst_CoordinatedShutdown::anActorIsDrained()
{
    const auto actor = m_stage->system.spawn<Host>();
    Gate gate;
    actor.tell(gate.pass());
    QVERIFY(gate.isReached());
    actor.tell(Do([this](Host &) { m_journal.note(u"queued"_s); }));
    m_shutdown->addActor(Shutdown::ServiceRequestsDone, actor);
    m_shutdown->addTask(Shutdown::ServiceStop, u"next"_s,
                        [&] { m_journal.note(actor.isRunning() ? u"runs"_s : u"has ended"_s); });
    const QFuture<void> over = m_shutdown->run();
    QTRY_VERIFY(!actor.tell(1));
    QVERIFY(m_journal.entries().isEmpty());
    gate.open();
    QVERIFY(waitForEndOf(over));
    QCOMPARE(m_journal.entries(), QStringList({u"queued"_s, u"has ended"_s}));
    QCOMPARE(m_stage->system.deadLetterCount(), 0u);
}

void tst_CoordinatedShutdown::anActorIsStopped()
{
    const auto actor = m_stage->system.spawn<Host>();
    Gate gate;
    actor.tell(gate.pass());
    QVERIFY(gate.isReached());
    actor.tell(Do([this](Host &) { m_journal.note(u"queued"_s); }));
    QSignalSpy began(m_shutdown.get(), &Shutdown::phaseBegan);
    m_shutdown->addActor(Shutdown::ServiceRequestsDone, actor, Shutdown::Ending::Stop);
    const QFuture<void> over = m_shutdown->run();
    QTRY_COMPARE(began.size(), 1);
    settleRun();
    gate.open();
    QVERIFY(waitForEndOf(over));
    QVERIFY(m_journal.entries().isEmpty());
    QCOMPARE(m_stage->system.deadLetterCount(), 1u);
}

void tst_CoordinatedShutdown::anActorThatHasEndedIsNoneToWaitFor()
{
    const auto actor = m_stage->system.spawn<Host>();
    m_shutdown->addActor(Shutdown::ServiceStop, actor);
    m_shutdown->addActor(Shutdown::ServiceStop, {});
    actor.stop();
    QVERIFY(waitForFinished(actor.terminated()));
    QVERIFY(waitForEndOf(m_shutdown->run())); // no time passes
}

void tst_CoordinatedShutdown::theLastPhaseEndsTheActorsOfThisThreadToo()
{
    std::vector<Actorio::ActorRef<Host>> actors;
    for (const Actorio::Placement &place :
         {Actorio::mainThread(), Actorio::pool(), Actorio::dedicatedThread()})
        actors.push_back(m_stage->system.spawn<Host>({.on = place}));
    bool isAlive = false; // the loop goes on meanwhile
    Gate gate;
    actors.at(1).tell(gate.pass());
    QVERIFY(gate.isReached());
    const QFuture<void> over = m_shutdown->run();
    QTRY_VERIFY(!actors.at(0).isRunning());
    QTimer::singleShot(0, this, [&] {
        isAlive = !over.isFinished();
        gate.open();
    });
    QVERIFY(waitForEndOf(over));
    QVERIFY(isAlive);
    QVERIFY(areStopped(ends(actors)));
    QCOMPARE(m_stage->system.actorCount(), 0);
}

void tst_CoordinatedShutdown::aTaskMayReturnAnAsk()
{
    const auto actor = m_stage->system.spawn<Host>();
    Gate gate;
    actor.tell(gate.pass());
    m_shutdown->addTask(Shutdown::ServiceStop, u"ask"_s, [actor] { return actor.ask(1); });
    m_shutdown->addTask(Shutdown::BeforeActorSystemTerminate, u"next"_s, noting(u"next"_s));
    const QFuture<void> over = m_shutdown->run();
    settleRun();
    QVERIFY(m_journal.entries().isEmpty());
    gate.open();
    QVERIFY(waitForEndOf(over));
    QCOMPARE(m_journal.entries(), QStringList{u"next"_s});
}

void tst_CoordinatedShutdown::aTaskMayRunAnEventLoop()
{
    QEventLoop loop;
    m_shutdown->addTask(Shutdown::ServiceStop, u"loop"_s, [&] {
        m_journal.note(u"loop"_s);
        QTimer::singleShot(0, this, [&] {
            m_stage->clock->advance(1h); // a function cannot be left out any more
            QTimer::singleShot(0, &loop, &QEventLoop::quit);
        });
        loop.exec();
        m_journal.note(u"loop ends"_s);
    });
    m_shutdown->addTask(Shutdown::ServiceStop, u"second"_s, noting(u"second"_s));
    const QFuture<void> over = m_shutdown->run();
    QVERIFY(waitForEndOf(over));
    QCOMPARE(m_journal.entries(), QStringList({u"loop"_s, u"loop ends"_s, u"second"_s}));
}

void tst_CoordinatedShutdown::theEndOfItCancelsWhatRuns()
{
    QPromise<void> never;
    never.start();
    const auto guard = std::make_shared<int>();
    m_shutdown->addTask(Shutdown::ServiceStop, u"slow"_s, [&, guard] {
        m_journal.note(u"slow"_s);
        return never.future();
    });
    const QFuture<void> over = m_shutdown->run();
    QTRY_VERIFY(m_journal.contains(u"slow"_s));
    m_shutdown.reset();
    QVERIFY(over.isFinished());
    QVERIFY(over.isCanceled());
    QCOMPARE(guard.use_count(), 1);
    never.finish();
}

QTEST_GUILESS_MAIN(tst_CoordinatedShutdown)
#include "tst_coordinatedshutdown.moc"
