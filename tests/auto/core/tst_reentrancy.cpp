// SPDX-License-Identifier: MIT
// Promise 1: an actor does one thing at a time, also when one of its handlers runs an event loop of its own; and whatever
// comes for it meanwhile, the handler returns first, and then everything ends once.
#include "checkedhost.h"

#include <Actorio/Actorio>

#include <QtCore/QEventLoop>
#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::Placement;
using Actorio::StopReason;

// An event loop within a handler, in one of the forms in which people write them.
class Nested
{
public:
    enum Form { Exec, ProcessEvents, WaitForMoreEvents, QWait };
    static constexpr const char *Names[] = {"QEventLoop::exec()", "processEvents()",
                                            "processEvents(WaitForMoreEvents)", "QTest::qWait()"};

    explicit Nested(Form form) : m_form(form) { }
    void run()
    {
        switch (m_form) {
        case Exec:
            m_loop.exec();
            break;
        case ProcessEvents:
            while (!m_isOver)
                QCoreApplication::processEvents();
            break;
        case WaitForMoreEvents:
            while (!m_isOver)
                QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
            break;
        case QWait:
            while (!m_isOver)
                QTest::qWait(1);
            break;
        }
    }
    // Any thread, as long as it runs.
    void end()
    {
        m_isOver = true;
        QMetaObject::invokeMethod(&m_loop, &QEventLoop::quit, Qt::QueuedConnection);
    }
    // From within it.
    template<class Function>
    void later(Function function)
    {
        QTimer::singleShot(0, &m_loop, std::move(function));
    }

private:
    const Form m_form;
    std::atomic<bool> m_isOver{false};
    QEventLoop m_loop;
};

// Runs in a coroutine: a part, an await, and another part.
struct DoTwice
{
    Do first;
    QFuture<void> awaited;
    Do second;
};

class Nesting : public CheckedHost
{
    Q_OBJECT

public:
    using CheckedHost::CheckedHost;

    // Within a handler: starts a coroutine that nobody waits for.
    void startBeside(DoTwice work)
    {
        const Outside outside(*this); // its first part runs within this handler
        doTwice(std::move(work));
    }

    using CheckedHost::receive;

public Q_SLOTS:
    void receive(const Do &work) override { CheckedHost::receive(work); }
    QFuture<void> receive(const DoTwice &work) { return doTwice(work); }

private:
    QFuture<void> doTwice(DoTwice work)
    {
        {
            const Inside inside(*this);
            work.first(*this);
        }
        co_await work.awaited;
        const Inside inside(*this);
        work.second(*this);
    }
};

class tst_Reentrancy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    void otherActorsGoOn_data() { placesAndForms(); }
    void otherActorsGoOn();
    void messagesOfTheActorWait_data() { placesAndForms(); }
    void messagesOfTheActorWait();
    void itsCoroutinesWait_data() { placesAndForms(); }
    void itsCoroutinesWait();
    void itsChildrensEndsWait_data() { placesAndForms(); }
    void itsChildrensEndsWait();
    void aCoroutineMayNestToo_data() { placesAndForms(); }
    void aCoroutineMayNestToo();
    void aKilledCoroutineEndsAtItsNextAwait_data() { placesAndForms(); }
    void aKilledCoroutineEndsAtItsNextAwait();
    void whateverEndsTheActorWaitsForItsHandler_data();
    void whateverEndsTheActorWaitsForItsHandler();
    void anExceptionLeavesTheHandlerAfterwards_data() { placesAndForms(); }
    void anExceptionLeavesTheHandlerAfterwards();
    void loopsOfTwoActorsInterleave_data() { placesAndForms(); }
    void loopsOfTwoActorsInterleave();
    void loopsOfManyActorsNest_data() { placesAndForms(); }
    void loopsOfManyActorsNest();
    void setUpMayNest_data() { placesAndForms(); }
    void setUpMayNest();
    void tearDownMayNest_data() { placesAndForms(); }
    void tearDownMayNest();
    void aHandlerMayJoinActorsOfItsThread_data() { placesAndForms(); }
    void aHandlerMayJoinActorsOfItsThread();
    void promise1_oneAtATimeUnderFire_data() { placesAndForms(); }
    void promise1_oneAtATimeUnderFire();

private:
    static void placesAndForms();
    ActorRef<Nesting> spawnHost(QObject *owner = nullptr);

    std::unique_ptr<Life> m_life;
    std::unique_ptr<ActorSystem> m_system;
    bool m_isMain = false;
    bool m_isShutDownWithin = false;
    Nested::Form m_form = Nested::Exec;

private Q_SLOTS:
    void cleanup();
};

void tst_Reentrancy::placesAndForms()
{
    QTest::addColumn<bool>("isMain");
    QTest::addColumn<int>("form");
    for (const bool isMain : {true, false}) {
        for (int form = Nested::Exec; form <= Nested::QWait; ++form)
            QTest::addRow("%s, %s", isMain ? "main thread" : "pool", Nested::Names[form])
                    << isMain << form;
    }
}

void tst_Reentrancy::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    QFETCH(bool, isMain);
    QFETCH(int, form);
    m_isMain = isMain;
    m_form = static_cast<Nested::Form>(form);
    m_isShutDownWithin = false;
    m_life = std::make_unique<Life>();
    m_system = std::make_unique<ActorSystem>(Actorio::SystemOptions{.threads = 1});
}

void tst_Reentrancy::cleanup()
{
    // A system that its own actor shut down could not join the thread that it was called in.
    QVERIFY(m_system->shutdown() || m_isShutDownWithin);
    m_system.reset();
}

// All of a test's actors share one thread.
ActorRef<Nesting> tst_Reentrancy::spawnHost(QObject *owner)
{
    return m_system->spawn<Nesting>({.owner = owner, .on = place(m_isMain)}, m_life.get());
}

void tst_Reentrancy::otherActorsGoOn()
{
    const ActorRef<Nesting> nesting = spawnHost();
    const ActorRef<Nesting> other = spawnHost();
    QSemaphore goOn;
    QSemaphore handled;
    std::thread sender;
    QPromise<int> handledInTheLoop;
    handledInTheLoop.start();
    const Do count{[&](Host &) { handled.release(); }};
    nesting.tell(Do{[&](Host &) {
        goOn.acquire();
        Nested loop(m_form);
        const Do countAndEnd{[&](Host &) {
            handled.release();
            if (handled.available() == 6)
                loop.end();
        }};
        other.tell(countAndEnd); // sent from this thread, before the loop
        loop.later([&] {
            other.tell(countAndEnd); // from this thread, within the loop
            sender = std::thread([&, countAndEnd] {
                for (int i = 0; i < 3; ++i)
                    other.tell(countAndEnd); // from another thread
            });
        });
        loop.run();
        handledInTheLoop.addResult(handled.available());
        handledInTheLoop.finish();
    }});
    other.tell(count); // queued before the loop begins
    goOn.release();
    QVERIFY(waitForFinished(handledInTheLoop.future()));
    sender.join();
    QCOMPARE(handledInTheLoop.future().result(), 6);
    VERIFY_CLEAN(*m_life);
}

void tst_Reentrancy::messagesOfTheActorWait()
{
    const ActorRef<Nesting> nesting = spawnHost();
    const ActorRef<Nesting> other = spawnHost();
    Journal journal;
    QPromise<void> done;
    done.start();
    const auto note = [&](const QString &what) {
        return Do{[&journal, what](Host &) { journal.note(what); }};
    };
    std::thread sender;
    nesting.tell(Do{[&](Host &self) {
        Nested loop(m_form);
        nesting.tell(note(u"before"_s));
        loop.later([&] {
            nesting.tell(note(u"meanwhile"_s));
            self.self().tell(note(u"untyped"_s));
            sender = std::thread([&] {
                nesting.tell(note(u"from elsewhere"_s));
                other.tell(Do{[&](Host &) { loop.end(); }});
            });
        });
        loop.run();
        journal.note(u"returned"_s);
        nesting.tell(Do{[&](Host &) { done.finish(); }});
    }});
    QVERIFY(waitForFinished(done.future()));
    sender.join();
    QCOMPARE(journal.entries(),
             (QStringList{u"returned"_s, u"before"_s, u"meanwhile"_s, u"untyped"_s,
                          u"from elsewhere"_s}));
    VERIFY_CLEAN(*m_life);
}

void tst_Reentrancy::itsCoroutinesWait()
{
    const ActorRef<Nesting> nesting = spawnHost();
    const ActorRef<Nesting> other = spawnHost();
    Journal journal;
    QPromise<void> awaited;
    awaited.start();
    QPromise<void> done;
    done.start();
    nesting.tell(Do{[&](Nesting &self) {
        self.startBeside({[](Host &) {}, awaited.future(),
                          [&](Host &) {
                              journal.note(u"resumed"_s);
                              done.finish();
                          }});
        Nested loop(m_form);
        loop.later([&] {
            awaited.finish();
            other.tell(Do{[&](Host &) { loop.later([&] { loop.end(); }); }});
        });
        loop.run();
        journal.note(u"returned"_s);
    }});
    QVERIFY(waitForFinished(done.future()));
    QCOMPARE(journal.entries(), (QStringList{u"returned"_s, u"resumed"_s}));
    VERIFY_CLEAN(*m_life);
}

void tst_Reentrancy::itsChildrensEndsWait()
{
    const ActorRef<Nesting> nesting = spawnHost();
    QPromise<void> done;
    done.start();
    nesting.tell(Do{[&](Host &self) {
        const auto child = self.spawn<Nesting>({.on = Actorio::sameThread()}, m_life.get());
        Nested loop(m_form);
        child.tell(Do{[](Host &host) { host.stop(); }});
        child.terminated().then([&](const StopReason &) { loop.end(); });
        loop.run();
        nesting.tell(Do{[&](Host &) { done.finish(); }});
    }});
    QVERIFY(waitForFinished(done.future()));
    QCOMPARE(m_life->deleted, 1);
    VERIFY_CLEAN(*m_life);
}

void tst_Reentrancy::aCoroutineMayNestToo()
{
    const ActorRef<Nesting> nesting = spawnHost();
    const ActorRef<Nesting> other = spawnHost();
    Journal journal;
    QPromise<void> awaited;
    awaited.start();
    QFuture<void> asked = nesting.ask<void>(
            DoTwice{[](Host &) {}, awaited.future(),
                    [&](Host &) {
                        Nested loop(m_form);
                        nesting.tell(Do{[&](Host &) { journal.note(u"next"_s); }});
                        loop.later([&] { other.tell(Do{[&](Host &) { loop.end(); }}); });
                        loop.run();
                        journal.note(u"returned"_s);
                    }});
    awaited.finish();
    QVERIFY(waitForFinished(asked));
    asked.waitForFinished(); // throws nothing
    QFuture<void> next = nesting.ask<void>(Do{[](Host &) {}});
    QVERIFY(waitForFinished(next));
    QCOMPARE(journal.entries(), (QStringList{u"returned"_s, u"next"_s}));
    VERIFY_CLEAN(*m_life);
}

void tst_Reentrancy::aKilledCoroutineEndsAtItsNextAwait()
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

void tst_Reentrancy::whateverEndsTheActorWaitsForItsHandler_data()
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

void tst_Reentrancy::whateverEndsTheActorWaitsForItsHandler()
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

void tst_Reentrancy::anExceptionLeavesTheHandlerAfterwards()
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

void tst_Reentrancy::loopsOfTwoActorsInterleave()
{
    const ActorRef<Nesting> outer = spawnHost();
    const ActorRef<Nesting> inner = spawnHost();
    const ActorRef<Nesting> other = spawnHost();
    const Ends gone{outer.terminated(), inner.terminated(), other.terminated()};
    Journal journal;
    outer.tell(Do{[&](Host &outerSelf) {
        Nested outerLoop(m_form);
        outerLoop.later([&] {
            inner.tell(Do{[&](Host &innerSelf) {
                Nested innerLoop(m_form);
                other.tell(Do{[&](Host &) {
                    // The outer loop ends first, but its handler can only return after the inner one's.
                    journal.note(u"end outer"_s);
                    outerLoop.end();
                    outer.stop();
                    other.tell(Do{[&](Host &otherSelf) {
                        journal.note(u"end inner"_s);
                        innerLoop.end();
                        otherSelf.stop();
                    }});
                }});
                innerLoop.run();
                journal.note(u"inner returned"_s);
                innerSelf.stop();
            }});
        });
        outerLoop.run();
        journal.note(u"outer returned"_s);
        outerSelf.stop();
    }});
    for (const QFuture<StopReason> &end : gone)
        QCOMPARE(waitForEnd(end).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(),
             (QStringList{u"end outer"_s, u"end inner"_s, u"inner returned"_s,
                          u"outer returned"_s}));
    VERIFY_OVER(*m_life, 3);
}

void tst_Reentrancy::loopsOfManyActorsNest()
{
    constexpr int Depth = 10;
    std::vector<ActorRef<Nesting>> actors;
    std::vector<QFuture<StopReason>> gone;
    for (int i = 0; i <= Depth; ++i) {
        actors.push_back(spawnHost());
        gone.push_back(actors.back().terminated());
    }
    QList<Nested *> loops; // of the actors' thread
    QList<int> returned;
    const std::function<void(int)> enter = [&](int level) {
        actors[std::size_t(level)].tell(Do{[&, level](Host &self) {
            if (level == Depth) {
                for (Nested *const loop : loops) // the oldest first
                    loop->end();
                self.stop();
                return;
            }
            Nested loop(m_form);
            loops.append(&loop);
            loop.later([&, level] { enter(level + 1); });
            loop.run();
            returned.prepend(level);
            self.stop();
        }});
    };
    enter(0);
    for (const QFuture<StopReason> &end : gone)
        QCOMPARE(waitForEnd(end).kind(), StopReason::Stopped);
    QList<int> expected;
    for (int i = 0; i < Depth; ++i)
        expected.append(i);
    QCOMPARE(returned, expected);
    VERIFY_OVER(*m_life, Depth + 1);
}

void tst_Reentrancy::setUpMayNest()
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

void tst_Reentrancy::tearDownMayNest()
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
void tst_Reentrancy::aHandlerMayJoinActorsOfItsThread()
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

// Messages from several threads, coroutines and nested loops, all at one actor.
void tst_Reentrancy::promise1_oneAtATimeUnderFire()
{
    constexpr int Senders = 3;
    constexpr int Each = 60;
    const ActorRef<Nesting> target = spawnHost();
    const QFuture<StopReason> gone = target.terminated();
    std::atomic<int> handled{0};
    std::vector<std::thread> threads;
    for (int sender = 0; sender < Senders; ++sender) {
        threads.emplace_back([&] {
            for (int i = 0; i < Each; ++i) {
                target.tell(Do{[&](Host &) { ++handled; }});
                target.tell(Do{[&](Host &) {
                    Nested loop(m_form);
                    loop.later([&] { loop.end(); });
                    loop.run();
                    ++handled;
                }});
                QPromise<void> awaited;
                awaited.start();
                target.tell(DoTwice{[](Host &) {}, awaited.future(), [&](Host &) { ++handled; }});
                awaited.finish();
            }
        });
    }
    QVERIFY(waitUntil([&] { return handled == Senders * Each * 3; }));
    for (std::thread &thread : threads)
        thread.join();
    target.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    VERIFY_OVER(*m_life, 1);
}

QTEST_GUILESS_MAIN(tst_Reentrancy)
#include "tst_reentrancy.moc"
