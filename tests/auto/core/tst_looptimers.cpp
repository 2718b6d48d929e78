// SPDX-License-Identifier: MIT
#include "eventloop.h"

#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Detail::EpollDispatcher;
using Steady = std::chrono::steady_clock;

class tst_LoopTimers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { beginAfresh(); }

    void timersOfEachTypeFire();
    void timersAreListedAndRemoved();
    void timersAreNeverEarly_data();
    void timersAreNeverEarly();
    void timerOfNoTimeFiresOncePerPass();
    void timersThatAreExcludedComeLater();
    void timersFireInTheirOrder();
    void timerDoesNotFireInItsOwnHandler();
    void timerMayBeStoppedInAnyHandler();
    void timerMayBeRestartedInItsHandler();
    void numberOfATimerMayBeUsedAgainInItsHandler();
    void missedTicksAreNotMadeUpFor();
    void timersMoveWithTheirObject();
};

void tst_LoopTimers::timersOfEachTypeFire()
{
    Receiver receiver;
    std::map<int, int> fired;
    receiver.onTimer = [&](int id) { ++fired[id]; };
    const int precise = receiver.startTimer(3ms, Qt::PreciseTimer);
    const int coarse = receiver.startTimer(40ms, Qt::CoarseTimer);
    const int seconds = receiver.startTimer(1s, Qt::VeryCoarseTimer);
    QTRY_VERIFY(fired[precise] > 0 && fired[coarse] > 0 && fired[seconds] > 0);
    QVERIFY(fired[precise] > fired[coarse]);
    QVERIFY(fired[coarse] > fired[seconds]);
}

void tst_LoopTimers::timersAreListedAndRemoved()
{
    QObject object;
    QObject other;
    const int precise = dispatcher().registerTimer(10, Qt::PreciseTimer, &object);
    const int coarse = dispatcher().registerTimer(30'000, Qt::CoarseTimer, &object);
    const int others = dispatcher().registerTimer(2'000, Qt::VeryCoarseTimer, &other);
    QCOMPARE(dispatcher().registeredTimers(&object).size(), 2);
    for (const auto &timer : dispatcher().registeredTimers(&object)) {
        QCOMPARE(timer.interval, timer.timerId == precise ? 10 : 30'000);
        QCOMPARE(timer.timerType, timer.timerId == precise ? Qt::PreciseTimer : Qt::CoarseTimer);
    }
    QVERIFY(dispatcher().remainingTime(precise) <= 10);
    QVERIFY(dispatcher().remainingTime(coarse) > 10'000);
    QVERIFY(dispatcher().remainingTime(coarse) <= 31'500);

    QVERIFY(dispatcher().unregisterTimer(precise));
    QVERIFY(!dispatcher().unregisterTimer(precise));
    QCOMPARE(dispatcher().remainingTime(precise), -1);
    QVERIFY(dispatcher().unregisterTimers(&object));
    QVERIFY(dispatcher().registeredTimers(&object).isEmpty());
    QCOMPARE(dispatcher().registeredTimers(&other).size(), 1);
    QVERIFY(dispatcher().unregisterTimer(others));
    QVERIFY(!dispatcher().unregisterTimers(&other));
}

void tst_LoopTimers::timersAreNeverEarly_data()
{
    QTest::addColumn<Qt::TimerType>("type");
    QTest::addColumn<int>("interval");
    QTest::addColumn<int>("tolerance");
    for (const int interval : {1, 2, 7, 20})
        QTest::addRow("precise %d", interval) << Qt::PreciseTimer << interval << 0;
    QTest::addRow("coarse 15") << Qt::CoarseTimer << 15 << 0;
    for (const int interval : {21, 33, 40, 55, 100, 150})
        QTest::addRow("coarse %d", interval) << Qt::CoarseTimer << interval << interval * 50;
    QTest::addRow("very coarse") << Qt::VeryCoarseTimer << 1'000 << 500'000;
}

void tst_LoopTimers::timersAreNeverEarly()
{
    QFETCH(const Qt::TimerType, type);
    QFETCH(const int, interval);
    QFETCH(const int, tolerance);
    Receiver receiver;
    std::vector<Steady::time_point> fired;
    receiver.onTimer = [&](int) { fired.push_back(Steady::now()); };
    const Steady::time_point start = Steady::now();
    receiver.startTimer(interval, type);
    const size_t count = interval < 100 ? 5 : 1;
    while (fired.size() < count)
        pass(QEventLoop::WaitForMoreEvents);
    for (size_t i = 0; i < fired.size(); ++i) {
        // Each by when it is due, not by the one before.
        const auto due = start + std::chrono::milliseconds(interval) * (i + 1);
        QVERIFY(fired[i] >= due - std::chrono::microseconds(tolerance));
    }
}

void tst_LoopTimers::timerOfNoTimeFiresOncePerPass()
{
    Receiver receiver;
    std::map<int, int> fired;
    receiver.onTimer = [&](int id) { ++fired[id]; };
    const int one = receiver.startTimer(0);
    const int another = receiver.startTimer(0, Qt::PreciseTimer);
    for (int i = 1; i <= 10; ++i) {
        QVERIFY(!pass()); // or processEvents() with a time limit would always use it up
        QCOMPARE(fired[one], i);
        QCOMPARE(fired[another], i);
    }
    pass(QEventLoop::WaitForMoreEvents);
    QCOMPARE(fired[one], 11);
}

void tst_LoopTimers::timersThatAreExcludedComeLater()
{
    Receiver receiver;
    int fired = 0;
    receiver.onTimer = [&](int) { ++fired; };
    receiver.startTimer(0);
    const Pair pair;
    Notifier notifier(pair.here(), QSocketNotifier::Read, [&] { pair.receive(); });
    QVERIFY(!pass(QEventLoop::X11ExcludeTimers));
    const std::jthread other([&] { pair.send(); });
    while (notifier.count() == 0)
        pass(QEventLoop::X11ExcludeTimers | QEventLoop::WaitForMoreEvents);
    QCOMPARE(fired, 0);
    pass();
    QCOMPARE(fired, 1);
}

void tst_LoopTimers::timersFireInTheirOrder()
{
    Receiver receiver;
    QList<int> fired;
    receiver.onTimer = [&](int id) {
        fired.append(id);
        receiver.killTimer(id);
    };
    QList<int> expected;
    for (const int interval : {4, 1, 3, 2})
        expected.append(receiver.startTimer(interval, Qt::PreciseTimer));
    expected = {expected[1], expected[3], expected[2], expected[0]};
    const Steady::time_point start = Steady::now();
    while (Steady::now() < start + 10ms) { } // all are due
    pass();
    QCOMPARE(fired, expected);
}

void tst_LoopTimers::timerDoesNotFireInItsOwnHandler()
{
    for (const int interval : {0, 1}) {
        Receiver receiver;
        int own = 0;
        int other = 0;
        int outer = 0;
        int otherId = 0;
        receiver.onTimer = [&](int id) {
            if (id == outer) {
                ++own;
                otherId = receiver.startTimer(2ms, Qt::PreciseTimer);
                const PassCount passes;
                while (other < 3)
                    pass(QEventLoop::WaitForMoreEvents);
                QVERIFY(passes.count() < 20); // it does not keep the nested loop awake either
                receiver.killTimer(otherId);
            } else {
                ++other;
            }
        };
        outer = receiver.startTimer(interval, Qt::PreciseTimer);
        while (own == 0)
            pass(QEventLoop::WaitForMoreEvents);
        QCOMPARE(own, 1);
        QVERIFY(other >= 3);
        other = 0;
        while (own < 2) // it goes on afterwards
            pass(QEventLoop::WaitForMoreEvents);
    }
}

void tst_LoopTimers::timerMayBeStoppedInAnyHandler()
{
    // Both are due at once; whichever fires first deletes the other's object, and stops itself the second time.
    std::map<int, std::unique_ptr<Receiver>> receivers;
    QList<int> fired;
    for (int i = 0; i < 2; ++i) {
        auto receiver = std::make_unique<Receiver>();
        const int own = receiver->startTimer(0);
        receiver->onTimer = [&fired, &receivers, own](int id) {
            QCOMPARE(id, own);
            fired.append(id);
            if (fired.size() == 2)
                receivers.at(own)->killTimer(own);
            std::erase_if(receivers, [own](const auto &one) { return one.first != own; });
        };
        receivers[own] = std::move(receiver);
    }
    pass();
    QCOMPARE(fired.size(), 1);
    pass();
    QCOMPARE(fired.size(), 2);
    QCOMPARE(fired[1], fired[0]);
    pass();
    QCOMPARE(fired.size(), 2);
}

void tst_LoopTimers::timerMayBeRestartedInItsHandler()
{
    QTimer timer;
    int fired = 0;
    connect(&timer, &QTimer::timeout, &timer, [&] {
        if (++fired < 5)
            timer.start(fired); // kills and makes one, perhaps with the same number
        else
            timer.stop();
    });
    timer.start(0);
    QTRY_VERIFY(!timer.isActive());
    QCOMPARE(fired, 5);
    runFor(10ms);
    QCOMPARE(fired, 5);
}

void tst_LoopTimers::numberOfATimerMayBeUsedAgainInItsHandler()
{
    Receiver receiver;
    QList<int> fired;
    receiver.onTimer = [&](int id) {
        fired.append(id);
        if (fired.size() > 1)
            return;
        dispatcher().unregisterTimer(id);
        dispatcher().registerTimer(id, 1, Qt::PreciseTimer, &receiver);
    };
    const int id = receiver.startTimer(0);
    pass();
    QCOMPARE(fired.size(), 1);
    while (fired.size() < 4) // the new one, at its own times
        pass(QEventLoop::WaitForMoreEvents);
    receiver.killTimer(id);
    runFor(5ms);
    QCOMPARE(fired, QList<int>(4, id));
}

void tst_LoopTimers::missedTicksAreNotMadeUpFor()
{
    Receiver receiver;
    int fired = 0;
    receiver.onTimer = [&](int) { ++fired; };
    receiver.startTimer(200ms, Qt::PreciseTimer);
    const Steady::time_point start = Steady::now();
    while (Steady::now() < start + 900ms) { }
    pass();
    pass();
    pass();
    QCOMPARE(fired, 1);
}

void tst_LoopTimers::timersMoveWithTheirObject()
{
    const Pair pair;
    QThread thread;
    thread.setEventDispatcher(EpollDispatcher::make().release());
    std::atomic<int> fired{0};
    std::atomic<int> activated{0};
    auto *const receiver = new Receiver;
    receiver->onTimer = [&](int) { ++fired; };
    receiver->startTimer(1ms, Qt::PreciseTimer);
    auto *const notifier = new Notifier(pair.here(), QSocketNotifier::Read, [&] {
        pair.receive();
        ++activated;
    });
    pass();
    notifier->setParent(receiver);
    connect(&thread, &QThread::finished, receiver, &QObject::deleteLater);
    receiver->moveToThread(&thread);
    thread.start();
    QVERIFY(dispatcher().registeredTimers(receiver).isEmpty());
    QTRY_VERIFY(fired > 2);
    pair.send();
    QTRY_COMPARE(activated.load(), 1);
    thread.quit();
    thread.wait();
}

int main(int argc, char **argv)
{
    return runByOwnEventDispatcher<tst_LoopTimers>(argc, argv);
}

#include "tst_looptimers.moc"
