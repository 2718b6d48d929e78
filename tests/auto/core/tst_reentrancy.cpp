// SPDX-License-Identifier: MIT
// Promise 1: an actor does one thing at a time, also when one of its handlers runs an event loop of its own.
#include "nesting.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtTest/QTest>

#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using Actorio::ActorRef;
using Actorio::StopReason;

class tst_Reentrancy : public ReentrancyTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { end(); }

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
    void loopsOfTwoActorsInterleave_data() { placesAndForms(); }
    void loopsOfTwoActorsInterleave();
    void loopsOfManyActorsNest_data() { placesAndForms(); }
    void loopsOfManyActorsNest();
    void promise1_oneAtATimeUnderFire_data() { placesAndForms(); }
    void promise1_oneAtATimeUnderFire();
};

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
