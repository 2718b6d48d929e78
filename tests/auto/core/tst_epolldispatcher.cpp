// SPDX-License-Identifier: MIT
// Passes, waits and wake-ups.
#include "eventloop.h"

#include <Actorio/Actorio>

#include <QtCore/QPointer>
#include <QtCore/QScopeGuard>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <csignal>
#include <functional>
#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Detail::EpollDispatcher;

namespace {

class WhereActor : public Actorio::Actor
{
    Q_OBJECT
public:
    struct Ask
    {
    };
public Q_SLOTS:
    QString receive(const WhereActor::Ask &)
    {
        return QString::fromLatin1(dispatcher().metaObject()->className());
    }
};

} // namespace

class tst_EpollDispatcher : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { beginAfresh(); }

    void postedEventsAreSentWithoutWaiting();
    void whatAHandlerPostsComesWithTheNextPass();
    void whatOtherThreadsPostArrives();
    void wakeUpEndsAWait();
    void interruptEndsAWait();
    void interruptEndsPassingUntilNothingIsLeft();
    void whatIsPostedWhenItIsAboutToBlockKeepsItAwake();
    void awakeComesBeforeWhatItWokeFor();
    void nestedLoopsLeaveNothingBehind();
    void objectsOfAnEndedNestedLoopAreDeleted();
    void loopEndsWhenAHandlerQuitsIt();
    void nestedLoopDoesNotSwallowTheEndOfTheOuterOne_data();
    void nestedLoopDoesNotSwallowTheEndOfTheOuterOne();
    void threadEndsWheneverItIsToldTo();
    void signalsOfTheSystemDoNotEndAWait();
    void idleLoopDoesNotPass();
    void systemsUseIt();
};

void tst_EpollDispatcher::postedEventsAreSentWithoutWaiting()
{
    Receiver receiver;
    int received = 0;
    receiver.onEvent = [&] { ++received; };
    for (const auto flags : {QEventLoop::AllEvents, QEventLoop::WaitForMoreEvents}) {
        receiver.post();
        QVERIFY(pass(flags));
        QCOMPARE(std::exchange(received, 0), 1);
    }
    QVERIFY(!pass());
}

void tst_EpollDispatcher::whatAHandlerPostsComesWithTheNextPass()
{
    Receiver receiver;
    int received = 0;
    receiver.onEvent = [&] {
        if (++received == 1)
            receiver.post();
    };
    receiver.post();
    QVERIFY(pass(QEventLoop::WaitForMoreEvents));
    QCOMPARE(received, 1);
    QVERIFY(pass(QEventLoop::WaitForMoreEvents)); // does not wait: it was posted meanwhile
    QCOMPARE(received, 2);
    QVERIFY(!pass());
}

void tst_EpollDispatcher::whatOtherThreadsPostArrives()
{
    constexpr int count = 20'000;
    constexpr int threadCount = 2;
    Receiver receiver;
    int received = 0;
    receiver.onEvent = [&] { ++received; };
    std::atomic<int> sent{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < threadCount; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < count; ++n) {
                receiver.post();
                sent.fetch_add(1, std::memory_order_relaxed);
                if (n % 100 == 0)
                    std::this_thread::yield(); // lets it fall asleep
            }
        });
    }
    while (received < threadCount * count)
        pass(QEventLoop::WaitForMoreEvents);
    QCOMPARE(received, threadCount * count);
}

void tst_EpollDispatcher::wakeUpEndsAWait()
{
    dispatcher().wakeUp();
    QVERIFY(pass(QEventLoop::WaitForMoreEvents));
    QVERIFY(!pass());
    for (const auto flags : {QEventLoop::AllEvents, QEventLoop::ExcludeSocketNotifiers}) {
        for (int i = 0; i < 100; ++i) {
            QAbstractEventDispatcher &it = dispatcher();
            const std::jthread other([&it] { it.wakeUp(); });
            while (!pass(flags | QEventLoop::WaitForMoreEvents)) { }
        }
    }
}

void tst_EpollDispatcher::interruptEndsAWait()
{
    for (int i = 0; i < 100; ++i) {
        QEventLoop loop;
        std::jthread other;
        // A quit() before exec() would be forgotten.
        QTimer::singleShot(0, &loop, [&] { other = std::jthread([&loop] { loop.quit(); }); });
        loop.exec();
    }
    dispatcher().interrupt();
    pass(QEventLoop::WaitForMoreEvents);
}

void tst_EpollDispatcher::interruptEndsPassingUntilNothingIsLeft()
{
    Receiver receiver;
    int received = 0;
    receiver.onEvent = [&] {
        if (++received == 1)
            dispatcher().interrupt();
        if (received < 100)
            receiver.post();
    };
    receiver.post();
    QCoreApplication::processEvents(QEventLoop::AllEvents, 60'000);
    QCOMPARE(received, 1);
    QCoreApplication::processEvents(QEventLoop::AllEvents, 60'000);
    QCOMPARE(received, 100);
}

void tst_EpollDispatcher::whatIsPostedWhenItIsAboutToBlockKeepsItAwake()
{
    Receiver receiver;
    int received = 0;
    receiver.onEvent = [&] { ++received; };
    QObject context;
    connect(
            &dispatcher(), &QAbstractEventDispatcher::aboutToBlock, &context,
            [&] { receiver.post(); }, Qt::DirectConnection);
    QVERIFY(pass(QEventLoop::WaitForMoreEvents)); // posts, and does not wait
    QVERIFY(pass(QEventLoop::WaitForMoreEvents)); // sends
    QCOMPARE(received, 1);
    QVERIFY(!pass()); // one that does not wait is not about to
}

void tst_EpollDispatcher::awakeComesBeforeWhatItWokeFor()
{
    QStringList log;
    QObject context;
    connect(&dispatcher(), &QAbstractEventDispatcher::aboutToBlock, &context,
            [&] { log.append(u"block"_s); });
    connect(&dispatcher(), &QAbstractEventDispatcher::awake, &context,
            [&] { log.append(u"awake"_s); });
    Receiver receiver;
    receiver.onTimer = [&](int) { log.append(u"timer"_s); };
    receiver.startTimer(1ms, Qt::PreciseTimer);
    while (!log.contains(u"timer"_s))
        pass(QEventLoop::WaitForMoreEvents);
    QCOMPARE(log.mid(log.size() - 3), (QStringList{u"block"_s, u"awake"_s, u"timer"_s}));
}

void tst_EpollDispatcher::nestedLoopsLeaveNothingBehind()
{
    // An event that was posted two levels below reaches the outermost loop.
    QEventLoop outermost;
    QObject object;
    const auto later = [&](const std::function<void()> &act) {
        QMetaObject::invokeMethod(&object, act, Qt::QueuedConnection);
    };
    later([&] {
        later([&] { later([&] { outermost.quit(); }); });
        outermost.processEvents();
    });
    outermost.exec();
}

void tst_EpollDispatcher::objectsOfAnEndedNestedLoopAreDeleted()
{
    QEventLoop outer;
    QPointer<QObject> object = new QObject;
    connect(object, &QObject::destroyed, &outer, &QEventLoop::quit);
    std::jthread other;
    QTimer::singleShot(0, &outer, [&] {
        QEventLoop inner;
        object->deleteLater(); // by this level, so that only the outer loop may do it
        QTimer::singleShot(0, &inner, [&] {
            other = std::jthread([&inner] {
                std::this_thread::sleep_for(2ms); // so that it sleeps
                inner.quit();
            });
        });
        inner.exec();
    });
    outer.exec();
    QVERIFY(!object);
}

void tst_EpollDispatcher::loopEndsWhenAHandlerQuitsIt()
{
    const Pair pair;
    QEventLoop loop;
    Notifier notifier(pair.here(), QSocketNotifier::Read, [&] {
        pair.receive();
        loop.quit();
    });
    for (int i = 0; i < 3; ++i) {
        pair.send();
        loop.exec();
    }
    QCOMPARE(notifier.count(), 3);
    QTimer::singleShot(0, &loop, [&] { QTimer::singleShot(0, &loop, [&] { loop.quit(); }); });
    loop.exec();
}

void tst_EpollDispatcher::nestedLoopDoesNotSwallowTheEndOfTheOuterOne_data()
{
    QTest::addColumn<bool>("isByAnotherThread");
    QTest::addRow("by this thread") << false;
    QTest::addRow("by another thread") << true;
}

void tst_EpollDispatcher::nestedLoopDoesNotSwallowTheEndOfTheOuterOne()
{
    QFETCH(const bool, isByAnotherThread);
    QEventLoop loop;
    int ended = 0;
    bool isArmed = false;
    const auto quitAndPass = [&] {
        if (!std::exchange(isArmed, false))
            return;
        ++ended;
        if (isByAnotherThread)
            std::thread([&] { loop.quit(); }).join();
        else
            loop.quit();
        pass();
    };
    const auto run = [&] {
        isArmed = true;
        loop.exec();
    };

    // Wherever a pass calls what is not its own.
    Receiver receiver;
    receiver.onEvent = quitAndPass;
    receiver.post();
    run();
    receiver.onTimer = [&](int id) {
        receiver.killTimer(id);
        quitAndPass();
    };
    receiver.startTimer(1ms, Qt::PreciseTimer);
    run();
    const Pair pair;
    Notifier notifier(pair.here(), QSocketNotifier::Read, [&] {
        pair.receive();
        quitAndPass();
    });
    pair.send();
    run();
    for (const auto signal :
         {&QAbstractEventDispatcher::awake, &QAbstractEventDispatcher::aboutToBlock}) {
        const auto connection =
                connect(&dispatcher(), signal, &loop, quitAndPass, Qt::DirectConnection);
        run();
        disconnect(connection);
    }
    // When it awakes from a wait, or is woken from it.
    for (const bool isWoken : {false, true}) {
        std::jthread other;
        const auto connection = connect(
                &dispatcher(), &QAbstractEventDispatcher::aboutToBlock, &loop,
                [&] {
                    receiver.onEvent = quitAndPass;
                    if (isWoken)
                        other = std::jthread([&] { receiver.post(); });
                    else
                        pair.send();
                },
                Qt::DirectConnection);
        run();
        disconnect(connection);
        while (pass()) { }
    }
    QCOMPARE(ended, 7);
}

void tst_EpollDispatcher::threadEndsWheneverItIsToldTo()
{
    for (int i = 0; i < 100; ++i) {
        QThread thread;
        thread.setEventDispatcher(EpollDispatcher::make().release());
        thread.start();
        for (int n = 0; n < i; ++n)
            std::this_thread::yield();
        thread.quit();
        QVERIFY(thread.wait(60'000));
    }
}

void tst_EpollDispatcher::signalsOfTheSystemDoNotEndAWait()
{
    static std::atomic<int> caught{0};
    struct sigaction action = {};
    action.sa_handler = [](int) { caught.fetch_add(1, std::memory_order_relaxed); };
    struct sigaction before = {};
    sigaction(SIGUSR1, &action, &before);
    const auto restore = qScopeGuard([&] { sigaction(SIGUSR1, &before, nullptr); });

    Receiver receiver;
    int fired = 0;
    receiver.onTimer = [&](int) { ++fired; };
    receiver.startTimer(50ms, Qt::PreciseTimer);
    const std::jthread other([self = pthread_self()](const std::stop_token &stop) {
        while (!stop.stop_requested()) {
            pthread_kill(self, SIGUSR1);
            std::this_thread::sleep_for(2ms);
        }
    });
    QVERIFY(pass(QEventLoop::WaitForMoreEvents));
    QCOMPARE(fired, 1);
    QVERIFY(caught > 0);
}

void tst_EpollDispatcher::idleLoopDoesNotPass()
{
    const Pair pair;
    Notifier notifier(pair.here(), QSocketNotifier::Read);
    const PassCount passes;
    runFor(50ms);
    QVERIFY2(passes.count() <= 6, QByteArray::number(passes.count()).constData());
}

void tst_EpollDispatcher::systemsUseIt()
{
    using Actorio::EventLoop;
    const QString own = u"Actorio::Detail::EpollDispatcher"_s;
    for (const auto loop : {EventLoop::Automatic, EventLoop::Epoll, EventLoop::Qt}) {
        Actorio::ActorSystem system({.threads = 1, .eventLoop = loop});
        for (const auto &placement : {Actorio::pool(), Actorio::dedicatedThread()}) {
            const auto actor = system.spawn<WhereActor>({.on = placement});
            const QString name = actor.ask(WhereActor::Ask{}).result();
            QCOMPARE(name == own, loop != EventLoop::Qt);
        }
        QVERIFY(system.shutdown());
    }
}

int main(int argc, char **argv)
{
    return runByOwnEventDispatcher<tst_EpollDispatcher>(argc, argv);
}

#include "tst_epolldispatcher.moc"
