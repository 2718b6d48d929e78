// SPDX-License-Identifier: MIT
#include "eventloop.h"

#include <QtCore/QPointer>
#include <QtCore/QScopeGuard>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <array>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <pthread.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class tst_SocketNotifiers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { beginAfresh(); }

    void whoWantsToWriteIsAskedOnceAndThenWatched();
    void notifiersThatAreExcludedComeLater();
    void notifierThatIsDisabledIsSilent();
    void notifierMayBeDeletedInAnyHandler();
    void whatANestedLoopHandledIsNotReportedAgain();
    void whatANestedLoopHandledOnAwakingIsNotReportedAgain();
    void whatAPostedEventHandledIsNotReportedAgain();
    void whatIsReadyIsReportedByEachPass();
    void allOfManyAreActivated();
    void endOfTheOtherSideIsReportedToAll();
};

void tst_SocketNotifiers::whoWantsToWriteIsAskedOnceAndThenWatched()
{
    const Pair pair;
    Notifier reads(pair.here(), QSocketNotifier::Read, [&] { pair.receive(); });
    QVERIFY(!pass());
    int left = 0;
    Notifier writes(pair.here(), QSocketNotifier::Write, [&] { writes.setEnabled(--left > 0); });
    for (int i = 1; i <= 3; ++i) { // one at a time, and in a row
        left = i;
        writes.setEnabled(true);
        const int before = writes.count();
        for (int n = 1; n <= i; ++n) {
            QVERIFY(pass(QEventLoop::WaitForMoreEvents));
            QCOMPARE(writes.count(), before + n);
        }
        QVERIFY(!pass());
        QCOMPARE(reads.count(), 0);
    }

    // One that cannot write, until the other side has read.
    const std::vector<char> bytes(4096, 'w');
    qint64 written = 0;
    for (ssize_t n = 0; (n = write(pair.here(), bytes.data(), bytes.size())) > 0;)
        written += n;
    left = 1;
    const int before = writes.count();
    writes.setEnabled(true);
    QVERIFY(!pass());
    const PassCount passes;
    runFor(10ms);
    QVERIFY(passes.count() <= 6);
    QCOMPARE(writes.count(), before);
    while (written > 0)
        written -= pair.receiveThere();
    QVERIFY(pass());
    QCOMPARE(writes.count(), before + 1);
}

void tst_SocketNotifiers::notifiersThatAreExcludedComeLater()
{
    const Pair pair;
    Notifier notifier(pair.here(), QSocketNotifier::Read, [&] { pair.receive(); });
    pair.send();
    QVERIFY(!pass(QEventLoop::ExcludeSocketNotifiers));
    QTimer timer;
    timer.start(2);
    while (!pass(QEventLoop::ExcludeSocketNotifiers | QEventLoop::WaitForMoreEvents)) { }
    QCOMPARE(notifier.count(), 0);
    timer.start(20);
    const PassCount passes;
    while (!pass(QEventLoop::ExcludeSocketNotifiers | QEventLoop::WaitForMoreEvents)) { }
    QVERIFY(passes.count() <= 6); // waking it has not made it restless
    timer.stop();
    QVERIFY(pass());
    QCOMPARE(notifier.count(), 1);
    QVERIFY(!pass());
}

void tst_SocketNotifiers::notifierThatIsDisabledIsSilent()
{
    const Pair pair;
    Notifier notifier(pair.here(), QSocketNotifier::Read, [&] { pair.receive(); });
    pass();
    notifier.setEnabled(false);
    pair.send();
    QVERIFY(!pass());
    notifier.setEnabled(true);
    notifier.setEnabled(false);
    notifier.setEnabled(true);
    QVERIFY(pass());
    QCOMPARE(notifier.count(), 1);
}

void tst_SocketNotifiers::notifierMayBeDeletedInAnyHandler()
{
    const Pair one;
    const Pair another;
    std::vector<QPointer<Notifier>> notifiers;
    int activated = 0;
    for (const Pair *const pair : {&one, &another}) {
        for (const auto type : {QSocketNotifier::Read, QSocketNotifier::Write}) {
            notifiers.emplace_back(new Notifier(pair->here(), type, [&] {
                ++activated;
                for (const QPointer<Notifier> &notifier : notifiers) {
                    if (notifier && notifier->count() == 0)
                        delete notifier; // all but this one
                }
            }));
        }
        pair->send();
    }
    pass();
    QCOMPARE(activated, 1);
    pass();
    QCOMPARE(activated, 2); // the one that is left
    for (const QPointer<Notifier> &notifier : notifiers)
        delete notifier;
    QVERIFY(!pass());
}

void tst_SocketNotifiers::whatANestedLoopHandledIsNotReportedAgain()
{
    const Pair one;
    const Pair another;
    int depth = 0;
    const auto handle = [&](const Pair &pair) {
        QCOMPARE(pair.receive(), 'x'); // each is reported while there is something to read
        if (++depth == 1)
            pass();
    };
    Notifier first(one.here(), QSocketNotifier::Read, [&] { handle(one); });
    Notifier second(another.here(), QSocketNotifier::Read, [&] { handle(another); });
    one.send();
    another.send();
    pass();
    QCOMPARE(first.count(), 1);
    QCOMPARE(second.count(), 1);

    // The nested loop of what was posted while it slept, when a byte came, too.
    Receiver receiver;
    receiver.onEvent = [] { pass(); };
    for (int i = 2; i < 200; ++i) {
        depth = 1;
        const std::jthread other([&] {
            one.send();
            receiver.post();
        });
        while (first.count() < i)
            pass(QEventLoop::WaitForMoreEvents);
    }
    while (pass()) { }
    QCOMPARE(first.count(), 199);
}

void tst_SocketNotifiers::whatANestedLoopHandledOnAwakingIsNotReportedAgain()
{
    const Pair pair;
    Notifier notifier(pair.here(), QSocketNotifier::Read, [&] { QCOMPARE(pair.receive(), 'x'); });
    bool isReady = false;
    QObject context;
    connect(&dispatcher(), &QAbstractEventDispatcher::aboutToBlock, &context, [&] {
        pair.send();
        isReady = true;
    });
    connect(&dispatcher(), &QAbstractEventDispatcher::awake, &context, [&] {
        if (std::exchange(isReady, false))
            pass();
    });
    QVERIFY(pass(QEventLoop::WaitForMoreEvents));
    QCOMPARE(notifier.count(), 1);
}

void tst_SocketNotifiers::whatAPostedEventHandledIsNotReportedAgain()
{
    // A handler of a signal of the system holds the wait while a byte and an event come, so that both end it.
    static std::atomic<bool> isHeld{false};
    static std::array<int, 2> release;
    QCOMPARE(pipe2(release.data(), O_CLOEXEC), 0);
    struct sigaction action = {};
    action.sa_handler = [](int) {
        isHeld = true;
        char byte = 0;
        while (read(release[0], &byte, 1) != 1) { }
    };
    struct sigaction before = {};
    sigaction(SIGUSR1, &action, &before);
    const auto restore = qScopeGuard([&] {
        sigaction(SIGUSR1, &before, nullptr);
        close(release[0]);
        close(release[1]);
    });

    const Pair pair;
    Receiver receiver;
    int received = 0;
    receiver.onEvent = [&] {
        ++received;
        pair.receive();
    };
    Notifier notifier(pair.here(), QSocketNotifier::Read, [&] { QCOMPARE(pair.receive(), 'x'); });
    constexpr int count = 20;
    const std::jthread other([&, self = pthread_self()] {
        for (int i = 0; i < count; ++i) {
            std::this_thread::sleep_for(1ms); // so that it waits
            pthread_kill(self, SIGUSR1);
            while (!isHeld)
                std::this_thread::yield();
            isHeld = false;
            pair.send();
            receiver.post();
            QCOMPARE(write(release[1], "r", 1), 1);
        }
    });
    while (received < count)
        pass(QEventLoop::WaitForMoreEvents);
}

void tst_SocketNotifiers::whatIsReadyIsReportedByEachPass()
{
    const Pair pair;
    const Notifier notifier(pair.here(), QSocketNotifier::Read);
    pair.send();
    for (int i = 1; i <= 3'000; ++i) {
        QVERIFY(pass());
        QCOMPARE(notifier.count(), i);
    }
}

void tst_SocketNotifiers::allOfManyAreActivated()
{
    constexpr int count = 300; // more than the kernel is asked for at once
    std::vector<std::unique_ptr<Pair>> pairs;
    std::vector<std::unique_ptr<Notifier>> notifiers;
    for (int i = 0; i < count; ++i) {
        pairs.push_back(std::make_unique<Pair>());
        const Pair &pair = *pairs.back();
        notifiers.push_back(std::make_unique<Notifier>(pair.here(), QSocketNotifier::Read,
                                                       [&pair] { pair.receive(); }));
        pair.send();
    }
    while (pass()) { }
    for (const auto &notifier : notifiers)
        QCOMPARE(notifier->count(), 1);
}

void tst_SocketNotifiers::endOfTheOtherSideIsReportedToAll()
{
    int ends[2];
    QCOMPARE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const auto closeHere = qScopeGuard([&] { close(ends[0]); });
    Notifier reads(ends[0], QSocketNotifier::Read, [&] { reads.setEnabled(false); });
    Notifier excepts(ends[0], QSocketNotifier::Exception, [&] { excepts.setEnabled(false); });
    QVERIFY(!pass());
    close(ends[1]);
    QVERIFY(pass());
    QCOMPARE(reads.count(), 1);
    QCOMPARE(excepts.count(), 1);
    QVERIFY(!pass()); // although the kernel always reports an end
}

int main(int argc, char **argv)
{
    return runByOwnEventDispatcher<tst_SocketNotifiers>(argc, argv);
}

#include "tst_socketnotifiers.moc"
