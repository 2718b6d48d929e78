// SPDX-License-Identifier: MIT
#include "gate.h"
#include "kernel/delaypoint_p.h"
#include "kernel/dispatcher_p.h"

#include <Actorio/Actorio>

#include <QtCore/QRegularExpression>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::Inbox;
using Actorio::Scoped;
using Actorio::StopReason;

// Threads that host no actor when they begin to wait. Each test has a system of its own, so that none does so because of
// the one before.

namespace {

struct Ping
{
};
struct Pong
{
};
struct Hire // a worker in the main thread, when the door opens
{
    Pass pass;
};

} // namespace

class Worker : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Ping &) { reply(Pong()); }
};

class Manager : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Hire &hire)
    {
        hire.pass.door->pass();
        spawn<Worker>({.on = Actorio::mainThread()}).tell(Ping(), currentSender());
    }
};

class tst_Waiter : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        QVERIFY(!Actorio::Detail::Dispatcher::anyInThread(QThread::currentThread()));
    }
    void cleanup()
    {
        Actorio::Detail::delayHook = nullptr;
        s_door = nullptr;
    }

    void anInboxGetsItsAnswerFromWhatIsSpawnedMeanwhile();
    void aScopeEndsWithWhatIsSpawnedMeanwhile();

private:
    // Opens when the thread that waits has looked for actors of its own, and found none.
    static void openWhenItSleeps(const Gate &gate)
    {
#ifdef ACTORIO_DELAY_POINTS
        s_door = gate.door().get();
        Actorio::Detail::delayHook = [](const char *place) {
            if (qstrcmp(place, "waiter.sleep") == 0)
                s_door.load()->open();
        };
#else
        gate.door()->open(); // it may sleep yet, or not any more
#endif
    }
    static inline std::atomic<Door *> s_door{nullptr};
};

void tst_Waiter::anInboxGetsItsAnswerFromWhatIsSpawnedMeanwhile()
{
    ActorSystem system;
    const Scoped<Manager> manager(system.spawn<Manager>());
    const Gate gate;
    openWhenItSleeps(gate);
    Inbox me;
    manager.tell(Hire{gate.pass()}, me.ref());
    QVERIFY(me.waitFor<Pong>(10s).has_value());
}

void tst_Waiter::aScopeEndsWithWhatIsSpawnedMeanwhile()
{
    ActorSystem system;
    Scoped<Manager> manager(system.spawn<Manager>());
    Gate gate;
    openWhenItSleeps(gate);
    manager.tell(Hire{gate.pass()});
    QVERIFY(gate.isReached());
    const QDeadlineTimer deadline(10s);
    QCOMPARE(manager.stop(deadline).kind(), StopReason::Stopped);
    QVERIFY(!deadline.hasExpired()); // it was not killed
}

QTEST_GUILESS_MAIN(tst_Waiter)
#include "tst_waiter.moc"
