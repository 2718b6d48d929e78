// SPDX-License-Identifier: MIT
// Actors in threads of the user's, and what becomes of them when these end.
#include "checkedhost.h"

#include <Actorio/Actorio>

#include <QtCore/QEventLoop>
#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <mutex>
#include <thread>

using namespace Qt::StringLiterals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::StopReason;

// Says what becomes of it and of its children.
class Chronicler : public CheckedHost
{
    Q_OBJECT
public:
    Chronicler(Life *life, Journal *journal) : CheckedHost(life), m_journal(*journal) { }
    ~Chronicler() override { m_journal.note(u"deleted"_s); }

protected:
    void tearDown(const StopReason &reason) override
    {
        CheckedHost::tearDown(reason);
        m_journal.note(u"torn down"_s);
    }
    void childStopped(const Actorio::ChildStopped &event) override
    {
        m_journal.note(u"childStopped %1"_s.arg(event.child.name()));
    }

private:
    Journal &m_journal;
};

class tst_PlacementThreads : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aUsersThreadHostsActors();
    void aUsersThreadHostsActorsAsSoonAsItIsStarted();
    void whenAUsersThreadEndsItsActorsStop();
    void whenAUsersThreadEndsCoroutinesAreKilled();
    void whenAUsersThreadEndsWhatHasNotRunYetStopsToo();
    void whenAUsersThreadEndsChildrenElsewhereStopFirst();
    void whenAUsersThreadEndsItsActorsParentsHearOfIt();
    void aUsersThreadThatEndsInANestedLoopLetsTheHandlerReturn();
    void aUsersThreadThatIsStartedAgainHostsActorsAgain();
    void aUsersThreadHostsActorsOfSeveralSystems();
    void aForeignThreadWithAnEventLoopHostsActors();
    void aThreadWithoutAnEventLoopHostsNone_data();
    void aThreadWithoutAnEventLoopHostsNone();
    void aParentHearsThatThereIsNoThread();
    void whatWasPlacedOnAThreadThatNeverLoopedEndsWithIt();
};

void tst_PlacementThreads::aUsersThreadHostsActors()
{
    Life life;
    UserThread thread;
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    QCOMPARE(host.ask(Where{}).result(), &thread);
    const QFuture<StopReason> gone = host.terminated();
    host.stop();
    QCOMPARE(gone.result().kind(), StopReason::Stopped);
    QVERIFY(thread.isRunning()); // it is the user's
    QVERIFY(thread.end());
    VERIFY_OVER(life, 1);
}

void tst_PlacementThreads::aUsersThreadHostsActorsAsSoonAsItIsStarted()
{
    for (int i = 0; i < 200; ++i) {
        QThread thread;
        thread.start();
        QThread *hosting = nullptr;
        try {
            hosting =
                    Actorio::spawn<Host>({.on = Actorio::onThread(&thread)}).ask(Where{}).result();
        } catch (const Actorio::Error &error) {
            qWarning("%s", error.what());
        }
        thread.quit();
        thread.wait();
        QCOMPARE(hosting, &thread);
    }
}

void tst_PlacementThreads::whenAUsersThreadEndsItsActorsStop()
{
    Life life;
    UserThread thread;
    Ends gone;
    for (int i = 0; i < 10; ++i) {
        const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
        host.ask(Where{}).waitForFinished();
        gone.push_back(host.terminated());
    }
    QVERIFY(thread.end());
    for (const QFuture<StopReason> &end : gone) {
        QVERIFY(end.isFinished());
        QCOMPARE(end.result().kind(), StopReason::Stopped);
    }
    VERIFY_OVER(life, 10);
}

void tst_PlacementThreads::whenAUsersThreadEndsCoroutinesAreKilled()
{
    Life life;
    QPromise<void> never;
    never.start();
    QSemaphore isAwaiting;
    std::atomic<int> framesDestroyed{0};
    UserThread thread;
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    QFuture<int> asked = host.ask(Await{[&, future = never.future()](Host &) -> QFuture<int> {
        struct Frame
        {
            ~Frame() { ++count; }
            std::atomic<int> &count;
        } frame{framesDestroyed};
        isAwaiting.release();
        co_await future;
        co_return 0;
    }});
    const QFuture<StopReason> gone = host.terminated();
    QVERIFY(isAwaiting.tryAcquire(1, 20'000));
    QVERIFY(thread.end());
    QCOMPARE(framesDestroyed, 1);
    QVERIFY(gone.isFinished());
    QVERIFY(!gone.result().isFailure());
    QVERIFY(asked.isFinished());
    QVERIFY_EXCEPTION_THROWN(asked.waitForFinished(), Actorio::ActorStopped);
    VERIFY_OVER(life, 1);
    never.finish(); // nobody is there to hear it
}

void tst_PlacementThreads::whenAUsersThreadEndsWhatHasNotRunYetStopsToo()
{
    Life life;
    QSemaphore isBusy;
    QSemaphore goOn;
    UserThread thread;
    const auto busy = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    busy.tell(Do{[&](Host &) {
        isBusy.release();
        goOn.acquire();
    }});
    QVERIFY(isBusy.tryAcquire(1, 20'000));
    const auto late = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    QFuture<QThread *> asked = late.ask(Where{});
    const QFuture<StopReason> gone = late.terminated();
    thread.quit();
    goOn.release();
    QVERIFY(thread.end());
    QVERIFY(gone.isFinished());
    QVERIFY(!gone.result().isFailure());
    QVERIFY(asked.isFinished());
    VERIFY_BALANCED(life);
}

void tst_PlacementThreads::whenAUsersThreadEndsChildrenElsewhereStopFirst()
{
    Life life;
    Journal journal;
    UserThread thread;
    const auto parent =
            Actorio::spawn<Chronicler>({.on = Actorio::onThread(&thread)}, &life, &journal);
    const QFuture<StopReason> gone = parent.terminated();
    parent.ask<void>(Do{[&](Host &self) {
              self.spawn<Chronicler>({.on = Actorio::pool()}, &life, &journal);
              self.spawn<Chronicler>({.on = Actorio::dedicatedThread()}, &life, &journal);
              self.spawn<Chronicler>({.on = Actorio::sameThread()}, &life, &journal);
          }})
            .waitForFinished();
    QVERIFY(waitUntil([&] { return life.setUps == 4; }));
    QVERIFY(thread.end());
    QVERIFY(gone.isFinished());
    VERIFY_OVER(life, 4);
    const QStringList one{u"torn down"_s, u"deleted"_s};
    QCOMPARE(journal.entries(), one + one + one + one); // one after the other
}

void tst_PlacementThreads::whenAUsersThreadEndsItsActorsParentsHearOfIt()
{
    Life life;
    Journal journal;
    UserThread thread;
    Actorio::Scoped<Chronicler> parent(&life, &journal);
    parent.ask<void>(Do{[&](Host &self) {
              self.spawn<CheckedHost>({.on = Actorio::onThread(&thread), .name = u"child"_s},
                                      &life);
          }})
            .waitForFinished();
    QVERIFY(waitUntil([&] { return life.setUps == 2; }));
    QVERIFY(thread.end());
    bool hasChildren = true;
    parent.ask<void>(Do{[&](Host &self) { hasChildren = !self.childActors().isEmpty(); }})
            .waitForFinished();
    QVERIFY(!hasChildren);
    QCOMPARE(journal.entries(), QStringList{u"childStopped child"_s});
}

void tst_PlacementThreads::aUsersThreadThatEndsInANestedLoopLetsTheHandlerReturn()
{
    Life life;
    QSemaphore isNested;
    std::atomic<bool> hasReturned{false};
    UserThread thread;
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    const QFuture<StopReason> gone = host.terminated();
    host.tell(Do{[&](Host &) {
        QEventLoop loop;
        QTimer::singleShot(0, &loop, [&] { isNested.release(); });
        loop.exec();
        hasReturned = life.tearDowns == 0;
    }});
    QVERIFY(isNested.tryAcquire(1, 20'000));
    QVERIFY(thread.end());
    QVERIFY(hasReturned);
    QVERIFY(gone.isFinished());
    VERIFY_OVER(life, 1);
}

void tst_PlacementThreads::aUsersThreadThatIsStartedAgainHostsActorsAgain()
{
    Life life;
    QThread thread;
    for (int i = 0; i < 3; ++i) {
        QEventLoop loop;
        connect(&thread, &QThread::started, &loop, &QEventLoop::quit);
        thread.start();
        loop.exec();
        const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
        QCOMPARE(host.ask(Where{}).result(), &thread);
        thread.quit();
        QVERIFY(thread.wait(20'000));
        QVERIFY(!host.isRunning());
    }
    VERIFY_OVER(life, 3);
}

void tst_PlacementThreads::aUsersThreadHostsActorsOfSeveralSystems()
{
    Life life;
    ActorSystem first({.threads = 1});
    UserThread thread;
    {
        ActorSystem second({.threads = 1});
        const auto a = first.spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
        const auto b = second.spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
        QCOMPARE(a.ask(Where{}).result(), &thread);
        QCOMPARE(b.ask(Where{}).result(), &thread);
        QVERIFY(second.shutdown());
        QVERIFY(!b.isRunning());
        QCOMPARE(a.ask(Where{}).result(), &thread);
    }
    QVERIFY(thread.isRunning());
    QVERIFY(thread.end());
    VERIFY_OVER(life, 2);
}

void tst_PlacementThreads::aForeignThreadWithAnEventLoopHostsActors()
{
    Life life;
    QFuture<StopReason> gone;
    std::atomic<bool> wasThere{false};
    std::thread thread([&] {
        QEventLoop loop;
        QTimer::singleShot(0, &loop, [&] {
            const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::sameThread()}, &life);
            gone = host.terminated();
            host.tell(Do{[&, here = QThread::currentThread()](Host &) {
                wasThere = QThread::currentThread() == here;
                loop.quit();
            }});
        });
        loop.exec();
    });
    thread.join();
    QVERIFY(wasThere);
    QVERIFY(gone.isFinished());
    VERIFY_OVER(life, 1);
}

void tst_PlacementThreads::aThreadWithoutAnEventLoopHostsNone_data()
{
    QTest::addColumn<QString>("kind");
    for (const auto *const kind :
         {"not started", "finished", "std::thread", "QThread::create", "null"})
        QTest::newRow(kind) << QString::fromLatin1(kind);
}

void tst_PlacementThreads::aThreadWithoutAnEventLoopHostsNone()
{
    QFETCH(QString, kind);
    const QRegularExpression text(kind == u"null"_s
                                          ? u"could not be spawned: .*no thread"_s
                                          : u"could not be spawned: .*runs no event loop"_s);
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"nobody heard of it: .*"_s + text.pattern()));
    Life life;
    ActorRef<Host> host;
    std::mutex mutex; // a sanitizer does not see QThread::wait()
    const auto spawnHere = [&] {
        const std::lock_guard lock(mutex);
        host = Actorio::spawn<CheckedHost>({.on = Actorio::sameThread()}, &life);
    };
    QThread idle;
    if (kind == u"finished"_s) {
        idle.start();
        idle.quit();
        QVERIFY(idle.wait(20'000));
    }
    if (kind == u"std::thread"_s) {
        std::thread(spawnHere).join();
    } else if (kind == u"QThread::create"_s) {
        const std::unique_ptr<QThread> thread(QThread::create(spawnHere));
        thread->start();
        QVERIFY(thread->wait(20'000));
    } else {
        host = Actorio::spawn<CheckedHost>(
                {.on = Actorio::onThread(kind == u"null"_s ? nullptr : &idle)}, &life);
    }
    const std::lock_guard lock(mutex);
    const QFuture<StopReason> gone = host.terminated();
    QVERIFY(gone.isFinished());
    QVERIFY(gone.result().isFailure());
    QVERIFY_EXCEPTION_THROWN(std::rethrow_exception(gone.result().exception()),
                             Actorio::SpawnFailed);
    QVERIFY2(gone.result().message().contains(text), qPrintable(gone.result().message()));
    QVERIFY(!host.isRunning());
    QVERIFY(!host.tell(Where{}));
    QVERIFY_EXCEPTION_THROWN(host.ask(Where{}).result(), Actorio::ActorStopped);
    QCOMPARE(life.built, 0);
}

void tst_PlacementThreads::aParentHearsThatThereIsNoThread()
{
    Journal journal;
    Life life;
    Actorio::Scoped<Chronicler> parent(&life, &journal);
    parent.ask<void>(Do{[&](Host &self) {
              self.spawn<Host>({.on = Actorio::onThread(nullptr), .name = u"child"_s});
          }})
            .waitForFinished();
    parent.ask(Where{}).waitForFinished();
    QCOMPARE(journal.entries(), QStringList{u"childStopped child"_s});
}

// Nobody can tell from outside whether a thread will run an event loop.
void tst_PlacementThreads::whatWasPlacedOnAThreadThatNeverLoopedEndsWithIt()
{
    Life life;
    QSemaphore goOn;
    const std::unique_ptr<QThread> thread(QThread::create([&] { goOn.acquire(); }));
    thread->start();
    while (!thread->eventDispatcher())
        QThread::yieldCurrentThread();
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(thread.get())}, &life);
    QFuture<QThread *> asked = host.ask(Where{});
    const QFuture<StopReason> gone = host.terminated();
    goOn.release();
    QVERIFY(thread->wait(20'000));
    QVERIFY(gone.isFinished());
    QVERIFY(asked.isFinished());
    VERIFY_BALANCED(life);
}

QTEST_GUILESS_MAIN(tst_PlacementThreads)
#include "tst_placement_threads.moc"
