// SPDX-License-Identifier: MIT
// Whatever comes for an actor while one of its handlers runs an event loop, the handler returns first, and then everything
// ends once.
#include "nesting.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::StopReason;

class tst_ReentrancyEnd : public ReentrancyTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { end(); }

    void aKilledCoroutineEndsAtItsNextAwait_data() { placesAndForms(); }
    void aKilledCoroutineEndsAtItsNextAwait();
    void whateverEndsTheActorWaitsForItsHandler_data();
    void whateverEndsTheActorWaitsForItsHandler();
    void anExceptionLeavesTheHandlerAfterwards_data() { placesAndForms(); }
    void anExceptionLeavesTheHandlerAfterwards();
    void setUpMayNest_data() { placesAndForms(); }
    void setUpMayNest();
    void tearDownMayNest_data() { placesAndForms(); }
    void tearDownMayNest();
    void aHandlerMayJoinActorsOfItsThread_data() { placesAndForms(); }
    void aHandlerMayJoinActorsOfItsThread();
};

void tst_ReentrancyEnd::aKilledCoroutineEndsAtItsNextAwait()
{
    const ActorRef<Nesting> nesting = spawnHost();
    QPromise<void> never;
    never.start();
    std::atomic<bool> hasReturned{false};
    std::atomic<bool> hasGoneOn{false};
    QFuture<void> asked =
            nesting.ask<void>(DoTwice{[&](Host &) {
                                          Nested loop(m_form);
                                          loop.later([&] {
                                              nesting.kill();
                                              loop.later([&] { loop.end(); });
                                          });
                                          loop.run();
                                          hasReturned = true;
                                      },
                                      never.future(), [&](Host &) { hasGoneOn = true; }});
    const StopReason reason = waitForEnd(nesting.terminated());
    QCOMPARE(reason.kind(), StopReason::Killed);
    QVERIFY(hasReturned);
    QVERIFY(!hasGoneOn);
    QVERIFY(waitForFinished(asked));
    QVERIFY_EXCEPTION_THROWN(asked.waitForFinished(), Actorio::ActorStopped);
    VERIFY_OVER(*m_life, 1);
    never.finish();
}

void tst_ReentrancyEnd::whateverEndsTheActorWaitsForItsHandler_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<bool>("isMain");
    QTest::addColumn<int>("form");
    for (const auto *const what :
         {"stop()", "drain()", "kill()", "stop(), then kill()", "StopActor", "deleteLater()",
          "stop() from elsewhere", "kill() from elsewhere", "its parent is stopped",
          "its parent is killed", "its owner is deleted", "its owner is deleted in its own handler",
          "its owner is deleted elsewhere", "shutdown() in the loop", "shutdown() in the handler",
          "shutdown() elsewhere"}) {
        for (const bool isMain : {true, false}) {
            if (isMain && qstrcmp(what, "its owner is deleted elsewhere") == 0)
                continue; // an owner in the main thread is the test's own
            for (const auto form : {Nested::Exec, Nested::ProcessEvents}) {
                QTest::addRow("%s, %s, %s", what, isMain ? "main thread" : "pool",
                              Nested::Names[form])
                        << QString::fromLatin1(what) << isMain << int(form);
            }
        }
    }
}

void tst_ReentrancyEnd::whateverEndsTheActorWaitsForItsHandler()
{
    QFETCH(QString, what);
    m_isShutDownWithin = what.startsWith(u"shutdown() in"_s);
    const ActorRef<Nesting> other = spawnHost();
    const ActorRef<Nesting> parent = spawnHost();
    std::unique_ptr<QObject> mainOwner;
    std::thread elsewhere;
    QSemaphore isNested;
    QPromise<ActorRef<Nesting>> made;
    made.start();
    std::atomic<bool> hasReturned{false};

    // Runs in the nesting actor.
    const auto nest = [&](Host &self, QObject *owner) {
        const ActorRef<Host> nesting = Actorio::refTo(&self);
        Nested loop(m_form);
        // Ends the loop from another actor of the thread, which must still be served.
        const auto end = [&] { other.tell(Do{[&](Host &) { loop.end(); }}); };
        if (what == u"shutdown() in the handler"_s)
            m_system->shutdown();
        if (what == u"its owner is deleted in its own handler"_s)
            delete owner;
        loop.later([&] {
            if (what == u"stop()"_s || what == u"StopActor"_s || what == u"stop(), then kill()"_s)
                nesting.stop();
            if (what == u"stop(), then kill()"_s || what == u"kill()"_s)
                nesting.kill();
            if (what == u"drain()"_s)
                nesting.drain();
            if (what == u"deleteLater()"_s)
                self.deleteLater();
            if (what == u"its parent is stopped"_s)
                parent.stop();
            if (what == u"its parent is killed"_s)
                parent.kill();
            if (what == u"its owner is deleted"_s)
                delete owner;
            if (what.endsWith(u"elsewhere"_s)) {
                isNested.release();
                if (what == u"stop() from elsewhere"_s || what == u"kill() from elsewhere"_s
                    || what == u"shutdown() elsewhere"_s) {
                    elsewhere = std::thread([&, nesting] {
                        if (what == u"stop() from elsewhere"_s)
                            nesting.stop();
                        else if (what == u"kill() from elsewhere"_s)
                            nesting.kill();
                        else
                            m_system->shutdown(QDeadlineTimer(30s));
                    });
                }
                // Goes on until it has come: then the actor takes no more.
                auto *const poll = new QTimer(&self);
                QObject::connect(poll, &QTimer::timeout, &self, [&, poll] {
                    if (!nesting.tell(Do{[](Host &) {}})) {
                        poll->stop();
                        loop.end();
                    }
                });
                poll->start(1);
            } else if (what.startsWith(u"shutdown()"_s)) {
                if (what == u"shutdown() in the loop"_s)
                    m_system->shutdown();
                loop.end(); // nobody else is there to do it
            } else {
                end();
            }
        });
        loop.run();
        // Longer than a slice: the thread goes to its event loop before it goes on with the actor.
        const auto until = std::chrono::steady_clock::now() + 5ms;
        while (std::chrono::steady_clock::now() < until) { }
        if (m_life->tearDowns > 0 && !what.startsWith(u"shutdown()"_s))
            ++m_life->overlaps;
        hasReturned = true;
        if (what == u"StopActor"_s)
            throw Actorio::StopActor();
    };

    if (what == u"its owner is deleted elsewhere"_s) {
        mainOwner = std::make_unique<QObject>();
        made.addResult(spawnHost(mainOwner.get()));
        made.finish();
    } else {
        parent.tell(Do{[&](Host &self) {
            if (what.contains(u"owner"_s)) {
                auto *const owner = new QObject; // in the actors' thread
                const auto owned = m_system->spawn<Nesting>(
                        {.owner = owner, .on = Actorio::sameThread()}, m_life.get());
                owned.tell(Do{[&, owner](Host &host) { nest(host, owner); }});
                made.addResult(owned);
            } else {
                made.addResult(self.spawn<Nesting>({.on = Actorio::sameThread()}, m_life.get()));
            }
            made.finish();
        }});
    }
    QVERIFY(waitForFinished(made.future()));
    const ActorRef<Nesting> nesting = made.future().result();
    const QFuture<StopReason> gone = nesting.terminated();
    const QFuture<StopReason> parentGone = parent.terminated();
    const QFuture<StopReason> otherGone = other.terminated();
    if (!what.contains(u"owner"_s) || mainOwner)
        nesting.tell(Do{[&](Host &host) { nest(host, nullptr); }});
    if (mainOwner) {
        QVERIFY(isNested.tryAcquire(1, 20'000));
        mainOwner.reset();
    }

    const StopReason reason = waitForEnd(gone);
    QVERIFY(hasReturned);
    QVERIFY2(!reason.isFailure(), qPrintable(reason.message()));
    parent.stop();
    other.stop();
    QVERIFY(!waitForEnd(parentGone).isFailure());
    QVERIFY(!waitForEnd(otherGone).isFailure());
    // Not before: shutdown() waits for the others, which may need this thread.
    if (elsewhere.joinable())
        elsewhere.join();
    VERIFY_OVER(*m_life, 3);
    QCOMPARE(m_system->actorCount(), 0);
}

void tst_ReentrancyEnd::anExceptionLeavesTheHandlerAfterwards()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"nobody heard of it: as planned"_s));
    const ActorRef<Nesting> nesting = spawnHost();
    const ActorRef<Nesting> other = spawnHost();
    const QFuture<StopReason> gone = nesting.terminated();
    const QFuture<StopReason> otherGone = other.terminated();
    QFuture<void> asked = nesting.ask<void>(Do{[&](Host &) {
        Nested loop(m_form);
        loop.later([&] {
            nesting.tell(Do{[](Host &) {}}); // becomes a dead letter
            other.tell(Do{[&](Host &) { loop.end(); }});
        });
        loop.run();
        throw std::runtime_error("as planned");
    }});
    const StopReason reason = waitForEnd(gone);
    QVERIFY(reason.isFailure());
    QCOMPARE(reason.message(), u"as planned"_s);
    QVERIFY(waitForFinished(asked));
    QVERIFY_EXCEPTION_THROWN(asked.waitForFinished(), std::runtime_error);
    QCOMPARE(m_system->deadLetterCount(), 1u);
    other.stop();
    waitForEnd(otherGone);
    VERIFY_OVER(*m_life, 2);
}

void tst_ReentrancyEnd::setUpMayNest()
{
    Journal journal;
    ActorRef<Nesting> nesting;
    const ActorRef<Nesting> other = spawnHost();
    QSemaphore isKnown;
    const Do nest = [&](Host &self) {
        Nested loop(m_form);
        loop.later([&] {
            Actorio::refTo(&self).tell(Do{[&](Host &) { journal.note(u"message"_s); }});
            self.stop();
            other.tell(Do{[&](Host &) { loop.end(); }});
        });
        loop.run();
        journal.note(u"set up"_s);
    };
    nesting = m_system->spawn<Nesting>({.on = place(m_isMain)}, m_life.get(), nullptr, nest,
                                       [&](Host &) { journal.note(u"torn down"_s); });
    const QFuture<StopReason> gone = nesting.terminated();
    const QFuture<StopReason> otherGone = other.terminated();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), (QStringList{u"set up"_s, u"torn down"_s}));
    other.stop();
    waitForEnd(otherGone);
    VERIFY_OVER(*m_life, 2);
}

void tst_ReentrancyEnd::tearDownMayNest()
{
    Journal journal;
    const ActorRef<Nesting> other = spawnHost();
    const QFuture<StopReason> otherGone = other.terminated();
    const Do nest = [&](Host &self) {
        Nested loop(m_form);
        loop.later([&] {
            const ActorRef<> ref = self.self();
            if (ref.tell(1))
                journal.note(u"takes messages"_s);
            if (!ref.isRunning())
                journal.note(u"ended already"_s);
            ref.stop();
            ref.kill();
            other.tell(Do{[&](Host &) { loop.end(); }});
        });
        loop.run();
        journal.note(u"torn down"_s);
    };
    const auto nesting =
            m_system->spawn<Nesting>({.on = place(m_isMain)}, m_life.get(), nullptr, Do(), nest);
    const QFuture<StopReason> gone = nesting.terminated();
    nesting.tell(Do{[](Host &self) { self.stop(); }});
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), QStringList{u"torn down"_s});
    other.stop();
    waitForEnd(otherGone);
    VERIFY_OVER(*m_life, 2);
}

// A join on a thread that hosts actors is a nested loop as well.
void tst_ReentrancyEnd::aHandlerMayJoinActorsOfItsThread()
{
    const ActorRef<Nesting> joining = spawnHost();
    const QFuture<StopReason> gone = joining.terminated();
    QPromise<int> tornDown;
    tornDown.start();
    joining.tell(Do{[&](Host &self) {
        Actorio::Scoped child(self.spawn<Nesting>({.on = Actorio::sameThread()}, m_life.get(),
                                                  nullptr, [&](Host &) {
                                                      Nested loop(m_form);
                                                      loop.later([&] { loop.end(); });
                                                      loop.run();
                                                  }));
        joining.tell(Do{[](Host &) {}}); // has to wait
        tornDown.addResult(int(child.stop().kind()));
        tornDown.addResult(int(m_life->tearDowns));
        tornDown.finish();
    }});
    QVERIFY(waitForFinished(tornDown.future()));
    QCOMPARE(tornDown.future().resultAt(0), int(StopReason::Stopped));
    joining.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    VERIFY_BALANCED(*m_life);
}

QTEST_GUILESS_MAIN(tst_ReentrancyEnd)
#include "tst_reentrancy_end.moc"
