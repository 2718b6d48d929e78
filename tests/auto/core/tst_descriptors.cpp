// SPDX-License-Identifier: MIT
// What becomes of the descriptors that socket notifiers are for.
#include "eventloop.h"

#include <QtCore/QScopeGuard>
#include <QtCore/QTemporaryFile>
#include <QtTest/QTest>

#include <array>
#include <memory>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class tst_Descriptors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { beginAfresh(); }

    void numberOfAnotherDescriptor_data();
    void numberOfAnotherDescriptor();
    void whatWasReportedOfANumberIsNotSaidOfAnother();
    void regularFileIsAlwaysReady();
    void closedDescriptorIsSilent();
    void invalidDescriptorIsDisabled();
    void closedDescriptorWithACopyIsDisabled();
    void closedDescriptorWithACopyIsForgotten();
};

void tst_Descriptors::numberOfAnotherDescriptor_data()
{
    QTest::addColumn<bool>("isSameNotifier");
    QTest::addRow("same notifier") << true;
    QTest::addRow("new notifier") << false;
}

void tst_Descriptors::numberOfAnotherDescriptor()
{
    QFETCH(const bool, isSameNotifier);
    Pair pair;
    auto notifier =
            std::make_unique<Notifier>(pair.here(), QSocketNotifier::Read, [&] { pair.receive(); });
    pair.send();
    pass();
    QCOMPARE(notifier->count(), 1);
    if (isSameNotifier) {
        notifier->setEnabled(false);
        pair.reopen();
        notifier->setSocket(pair.here());
        notifier->setEnabled(true);
    } else {
        notifier.reset();
        pair.reopen();
        notifier = std::make_unique<Notifier>(pair.here(), QSocketNotifier::Read,
                                              [&] { pair.receive(); });
    }
    QVERIFY(!pass());
    const int before = notifier->count();
    pair.send();
    QVERIFY(pass());
    QCOMPARE(notifier->count(), before + 1);
}

void tst_Descriptors::whatWasReportedOfANumberIsNotSaidOfAnother()
{
    // Both are ready; whichever handler comes first makes the other's number another descriptor, which is not.
    std::array<Pair, 2> pairs;
    std::array<std::unique_ptr<Notifier>, 2> notifiers;
    int activated = 0;
    for (size_t i = 0; i < 2; ++i) {
        notifiers[i] = std::make_unique<Notifier>(pairs[i].here(), QSocketNotifier::Read, [&, i] {
            pairs[i].receive();
            if (++activated > 1)
                return;
            const size_t other = 1 - i;
            notifiers[other].reset();
            pairs[other].reopen();
            notifiers[other] = std::make_unique<Notifier>(
                    pairs[other].here(), QSocketNotifier::Read, [&] { ++activated; });
        });
        pairs[i].send();
    }
    pass();
    pass();
    QCOMPARE(activated, 1);
}

void tst_Descriptors::regularFileIsAlwaysReady()
{
    QTemporaryFile file;
    QVERIFY(file.open());
    Notifier reads(file.handle(), QSocketNotifier::Read);
    Notifier writes(file.handle(), QSocketNotifier::Write, [&] { writes.setEnabled(false); });
    for (int i = 1; i <= 5; ++i) {
        QVERIFY(pass(QEventLoop::WaitForMoreEvents));
        QCOMPARE(reads.count(), i);
        QCOMPARE(writes.count(), 1);
    }
    runFor(2ms); // timers are not starved
    reads.setEnabled(false);
    const int before = reads.count();
    const PassCount passes;
    runFor(20ms);
    QCOMPARE(reads.count(), before);
    QVERIFY(passes.count() <= 6);
}

void tst_Descriptors::closedDescriptorIsSilent()
{
    Pair pair;
    Notifier notifier(pair.here(), QSocketNotifier::Read);
    pass();
    pair.closeHere();
    const PassCount passes;
    runFor(20ms);
    QVERIFY(passes.count() <= 6);
    QCOMPARE(notifier.count(), 0);
}

void tst_Descriptors::invalidDescriptorIsDisabled()
{
    int number = 0;
    {
        const Pair pair;
        number = pair.here();
    }
    Notifier notifier(number, QSocketNotifier::Read);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Invalid socket .* type Read"_s));
    pass();
    QVERIFY(!notifier.isEnabled());
    const PassCount passes;
    runFor(20ms);
    QVERIFY(passes.count() <= 6);
}

void tst_Descriptors::closedDescriptorWithACopyIsDisabled()
{
    Pair pair;
    Notifier notifier(pair.here(), QSocketNotifier::Read);
    pass();
    const int copy = dup(pair.here());
    const auto closeCopy = qScopeGuard([&] { close(copy); });
    pair.closeHere();
    pair.send(); // the kernel goes on to report it, by a number that stands for nothing
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Invalid socket .* type Read"_s));
    QTRY_VERIFY(!notifier.isEnabled());
    pass();
    const PassCount passes;
    runFor(20ms);
    QVERIFY(passes.count() <= 10);
}

void tst_Descriptors::closedDescriptorWithACopyIsForgotten()
{
    Pair pair;
    const Pair other;
    Notifier others(other.here(), QSocketNotifier::Read, [&] { other.receive(); });
    auto notifier = std::make_unique<Notifier>(pair.here(), QSocketNotifier::Read);
    pass();
    const int number = pair.here();
    const int copy = dup(number);
    const auto closeCopy = qScopeGuard([&] { close(copy); });
    pair.closeHere();
    notifier.reset();
    pair.send();
    const Pair newcomer; // perhaps with that number
    Notifier newcomers(newcomer.here(), QSocketNotifier::Read, [&] { newcomer.receive(); });
    const PassCount passes;
    runFor(20ms);
    QVERIFY(passes.count() <= 10);
    QCOMPARE(newcomers.count(), 0);
    newcomer.send();
    other.send();
    while (pass()) { }
    QCOMPARE(newcomers.count(), 1); // all others are still watched
    QCOMPARE(others.count(), 1);
}

int main(int argc, char **argv)
{
    return runByOwnEventDispatcher<tst_Descriptors>(argc, argv);
}

#include "tst_descriptors.moc"
