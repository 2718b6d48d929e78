// SPDX-License-Identifier: MIT
// addInput() of signals: what is heard, and when. How it ends is in tst_input_signals_end.
#include "host.h"

#include <QtCore/QEventLoop>
#include <QtCore/QRegularExpression>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

// Counts its copies.
struct Tracked
{
    explicit Tracked(int value) : number(value) { ++s_count; }
    Tracked(const Tracked &other) : number(other.number) { ++s_count; }
    Tracked &operator=(const Tracked &) = default;
    ~Tracked() { --s_count; }
    int number;
    static inline std::atomic<int> s_count{0};
};

} // namespace

class Emitter : public QObject
{
    Q_OBJECT

public:
    bool isHeard() const
    {
        return isSignalConnected(QMetaMethod::fromSignal(&Emitter::number))
                || isSignalConnected(QMetaMethod::fromSignal(&Emitter::nothing));
    }

Q_SIGNALS:
    void nothing();
    void number(int value);
    void pair(int number, const QString &text);
    void mutablePair(int number, QString text);
    void overloaded(int number);
    void overloaded(const QString &text);
    void tracked(const Tracked &value);
};

// With member functions for handlers.
class Hearer : public Host
{
public:
    Hearer(Emitter *emitter, Journal *journal) : m_emitter(emitter), m_journal(*journal) { }

protected:
    void setUp() override
    {
        addInput(m_emitter, &Emitter::nothing, &Hearer::onNothing);
        addInput(m_emitter, &Emitter::pair, &Hearer::onPair);
        addInput(m_emitter, &Emitter::pair, &Hearer::onNumber);
        addInput(m_emitter, &Emitter::pair, &Hearer::onNothing);
    }

private:
    void onNothing() { m_journal.note(u"nothing"_s); }
    void onNumber(int number) const { m_journal.note(QString::number(number)); }
    bool onPair(int number, QString text) // what it returns is nobody's
    {
        m_journal.note(text + QString::number(number));
        return true;
    }

    Emitter *const m_emitter;
    Journal &m_journal;
};

class tst_InputSignals : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    // What is heard
    void memberFunctions();
    void argumentsOfAnyKind();
    void overloadedSignals();
    void privateSignals();
    void sendersInOtherThreads();
    void aLimit();
    void wrongArguments();
    void inAConstructor();
    void whatAHandlerThrowsFailsTheActor();

    // Turns
    void waitsWhileACoroutineIsBusy();
    void aHandlerMayBeACoroutine();
    void waitsWhileANestedEventLoopRuns();
    void noneStarves();
};

void tst_InputSignals::memberFunctions()
{
    Journal journal;
    Emitter emitter;
    Scoped<Hearer> hearer(&emitter, &journal);
    settle(hearer);
    Q_EMIT emitter.pair(7, u"text"_s);
    QTRY_COMPARE(journal.entries().size(), 3);
    Q_EMIT emitter.nothing();
    QTRY_COMPARE(journal.entries(), QStringList({u"text7"_s, u"7"_s, u"nothing"_s, u"nothing"_s}));
}

void tst_InputSignals::argumentsOfAnyKind()
{
    Journal journal;
    Emitter emitter;
    Scoped<Host> host([&](Host &h) {
        const auto *const sender = &emitter; // that is enough
        h.addInput(sender, &Emitter::mutablePair, [&](int number, const QString &text) {
            journal.note(text + QString::number(number));
        });
        h.addInput(sender, &Emitter::mutablePair, [&](long number) { // converts, as for a slot
            journal.note(QString::number(number));
        });
        h.addInput(sender, &Emitter::tracked,
                   [&](const Tracked &value) { journal.note(QString::number(value.number)); });
        h.addInput(sender, &Emitter::nothing, // holds what only moves
                   [&, held = std::make_unique<int>(5)] { journal.note(QString::number(*held)); });
    });
    settle(host);
    Q_EMIT emitter.mutablePair(1, u"a"_s);
    Q_EMIT emitter.tracked(Tracked(2));
    Q_EMIT emitter.nothing();
    QTRY_COMPARE(journal.entries().size(), 4);
    QStringList sorted = journal.entries();
    sorted.sort();
    QCOMPARE(sorted, QStringList({u"1"_s, u"2"_s, u"5"_s, u"a1"_s}));
}

void tst_InputSignals::overloadedSignals()
{
    Journal journal;
    Emitter emitter;
    Scoped<Host> host([&](Host &h) {
        h.addInput(&emitter, qOverload<int>(&Emitter::overloaded),
                   [&](int number) { journal.note(QString::number(number)); });
        h.addInput(&emitter, qOverload<const QString &>(&Emitter::overloaded),
                   [&](const QString &text) { journal.note(text); });
    });
    settle(host);
    Q_EMIT emitter.overloaded(1);
    QTRY_COMPARE(journal.entries(), QStringList({u"1"_s}));
    Q_EMIT emitter.overloaded(u"text"_s);
    QTRY_COMPARE(journal.entries(), QStringList({u"1"_s, u"text"_s}));
}

void tst_InputSignals::privateSignals()
{
    Journal journal;
    QObject named;
    Scoped<Host> host([&](Host &h) {
        auto *const timer = new QTimer(&h);
        timer->setSingleShot(true);
        h.addInput(timer, &QTimer::timeout, [&] { journal.note(u"timeout"_s); });
        timer->start(0);
        h.addInput(&named, &QObject::objectNameChanged,
                   [&](const QString &name) { journal.note(name); });
    });
    QTRY_COMPARE(journal.entries(), QStringList({u"timeout"_s}));
    named.setObjectName(u"name"_s);
    QTRY_COMPARE(journal.entries(), QStringList({u"timeout"_s, u"name"_s}));
}

void tst_InputSignals::sendersInOtherThreads()
{
    constexpr int Senders = 3;
    constexpr int Count = 5'000;
    std::atomic<int> heard{0};
    std::atomic<bool> isWrong{false};
    Emitter emitters[Senders];
    Scoped<Host> host([&](Host &h) {
        for (Emitter &emitter : emitters) {
            h.addInput(&emitter, &Emitter::number, [&, last = -1](int number) mutable {
                if (number != ++last || QThread::currentThread() != h.thread())
                    isWrong = true;
                ++heard;
            });
        }
    });
    settle(host);
    std::vector<std::thread> threads;
    for (Emitter &emitter : emitters) {
        threads.emplace_back([&emitter] {
            for (int i = 0; i < Count; ++i)
                Q_EMIT emitter.number(i);
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QTRY_COMPARE(heard.load(), Senders * Count);
    QVERIFY(!isWrong);
}

void tst_InputSignals::aLimit()
{
    Journal journal;
    Emitter emitter;
    Input input;
    Scoped<Host> host([&](Host &h) {
        input = h.addInput(
                &emitter, &Emitter::number,
                [&](int number) { journal.note(QString::number(number)); }, 2);
        input.onEnd([&](const QString &error) { journal.note(u"end "_s + error); });
    });
    settle(host);
    for (int i = 0; i < 4; ++i)
        Q_EMIT emitter.number(i);
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s, u"1"_s, u"end "_s}));
    QVERIFY(!emitter.isHeard());
    run(host, [&](Host &) {
        if (input.isActive())
            journal.note(u"still active"_s);
    });
    QCOMPARE(journal.entries().size(), 3);
}

void tst_InputSignals::wrongArguments()
{
    Emitter emitter;
    Scoped<Host> host;
    run(host, [&](Host &h) {
        const Emitter *const none = nullptr;
        if (!fails<Error>([&] { h.addInput(none, &Emitter::nothing, [] {}); })
            || !fails<Error>([&] {
                   h.addInput(
                           &emitter, &Emitter::nothing, [] {}, 0);
               })
            || !fails<Error>([&] {
                   h.addInput(
                           &emitter, &Emitter::nothing, [] {}, -1);
               }))
            throw std::runtime_error("accepted");
    });
}

void tst_InputSignals::inAConstructor()
{
    Emitter emitter;
    Journal journal;
    class Early : public Host
    {
    public:
        Early(Emitter *sender, Journal *notes, bool throws = false)
            : Host([=](Host &) { notes->note(u"setUp"_s); })
        {
            addInput(sender, &Emitter::nothing, [=] { notes->note(u"heard"_s); });
            Q_EMIT sender->nothing();
            if (throws)
                throw std::runtime_error("not made");
        }
    };
    {
        Scoped<Early> early(&emitter, &journal);
        QTRY_COMPARE(journal.entries(), QStringList({u"setUp"_s, u"heard"_s}));
    }
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"not made"_s));
    QVERIFY(waitForEnd(spawn<Early>(&emitter, &journal, true).terminated()).isFailure());
    QVERIFY(!emitter.isHeard());
    QCOMPARE(journal.entries().size(), 2);
    // One that is made by hand is no actor yet.
    QVERIFY(fails<Error>([&] { Early(&emitter, &journal); }));
    QVERIFY(!emitter.isHeard());
}

void tst_InputSignals::whatAHandlerThrowsFailsTheActor()
{
    Emitter emitter;
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"the number 3"_s));
    Scoped<Host> host([&](Host &h) {
        h.addInput(&emitter, &Emitter::number, [](int number) {
            throw std::runtime_error(qPrintable(u"the number %1"_s.arg(number)));
        });
    });
    settle(host);
    Q_EMIT emitter.number(3);
    QVERIFY(waitForEnd(host.terminated()).isFailure());
}

void tst_InputSignals::waitsWhileACoroutineIsBusy()
{
    Journal journal;
    Emitter emitter;
    QPromise<int> promise;
    promise.start();
    ActorSystem system({.threads = 1});
    Scoped other(system.spawn<Host>());
    Scoped host(system.spawn<Host>([&](Host &h) {
        h.addInput(&emitter, &Emitter::number,
                   [&](int number) { journal.note(QString::number(number)); });
    }));
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        journal.note(u"begins"_s);
        const int value = co_await promise.future();
        journal.note(u"ends"_s);
        co_return value;
    }});
    QTRY_COMPARE(journal.entries().size(), 1);
    for (int i = 0; i < 3; ++i)
        Q_EMIT emitter.number(i);
    settle(other);
    QCOMPARE(journal.entries().size(), 1);
    promise.addResult(1);
    promise.finish();
    QCOMPARE(ask.result(), 1);
    QTRY_COMPARE(journal.entries(), QStringList({u"begins"_s, u"ends"_s, u"0"_s, u"1"_s, u"2"_s}));
}

void tst_InputSignals::aHandlerMayBeACoroutine()
{
    Journal journal;
    Emitter emitter;
    std::vector<QPromise<void>> promises(2);
    for (auto &promise : promises)
        promise.start();
    ActorSystem system({.threads = 1});
    Scoped other(system.spawn<Host>());
    Scoped host(system.spawn<Host>([&](Host &h) {
        h.addInput(&emitter, &Emitter::pair, [&](int number, QString text) -> QFuture<void> {
            journal.note(u"begins "_s + text);
            co_await promises[std::size_t(number)].future();
            journal.note(u"ends "_s + text); // it keeps its arguments
        });
    }));
    settle(host);
    Q_EMIT emitter.pair(0, u"first"_s);
    Q_EMIT emitter.pair(1, u"second"_s);
    QTRY_COMPARE(journal.entries(), QStringList({u"begins first"_s}));
    Ask<int> ask = host.ask(5);
    promises[1].finish();
    settle(other);
    QVERIFY(!ask.isFinished());
    QCOMPARE(journal.entries().size(), 1);
    promises[0].finish();
    QTRY_COMPARE(journal.entries().size(), 4);
    QCOMPARE(journal.entries(),
             QStringList(
                     {u"begins first"_s, u"ends first"_s, u"begins second"_s, u"ends second"_s}));
    QCOMPARE(ask.result(), 5);
}

void tst_InputSignals::waitsWhileANestedEventLoopRuns()
{
    Journal journal;
    Emitter emitter;
    Scoped<Host> host({.on = mainThread()}, [&](Host &h) {
        h.addInput(&emitter, &Emitter::nothing, [&] { journal.note(u"nothing"_s); });
        h.addInput(&emitter, &Emitter::number, [&](int number) {
            journal.note(u"begins"_s);
            QEventLoop loop;
            for (int i = 0; i < number; ++i)
                Q_EMIT emitter.nothing();
            QTimer::singleShot(0, &loop, [&] { QTimer::singleShot(0, &loop, &QEventLoop::quit); });
            loop.exec();
            journal.note(u"ends"_s);
        });
    });
    QTRY_VERIFY(emitter.isHeard());
    Q_EMIT emitter.number(2);
    QTRY_COMPARE(journal.entries(),
                 QStringList({u"begins"_s, u"ends"_s, u"nothing"_s, u"nothing"_s}));
}

// Each is always ready: it emits its own signal again.
void tst_InputSignals::noneStarves()
{
    constexpr int Enough = 1'000;
    std::atomic<int> heard[2] = {0, 0};
    std::atomic<int> messages{0};
    Emitter emitters[2];
    struct Again
    {
    };
    class Busy : public Host
    {
    public:
        Busy(Do setUp, std::atomic<int> *count) : Host(std::move(setUp)), m_messages(*count) { }
        using Host::receive;
        void receive(const Again &)
        {
            ++m_messages;
            refTo(this).tell(Again());
        }

    private:
        std::atomic<int> &m_messages;
    };
    const auto setUp = [&](Busy &h) {
        for (std::size_t i = 0; i < 2; ++i) {
            Emitter *const emitter = &emitters[i];
            h.addInput(emitter, &Emitter::nothing, [&heard, emitter, i] {
                ++heard[i];
                Q_EMIT emitter->nothing();
            });
            Q_EMIT emitter->nothing();
        }
        refTo(&h).tell(Again());
    };
    Scoped<Busy> host(setUp, &messages);
    QVERIFY(waitUntil([&] { return heard[0] + heard[1] + messages >= 4 * Enough; }));
    int first = 0;
    int second = 0;
    int told = 0;
    run(host, [&](Host &) { // in its turn they all stand still
        first = heard[0];
        second = heard[1];
        told = messages;
    });
    // The inbox has every second turn, each of the two every fourth.
    QVERIFY2(std::abs(first - second) <= 1, "two signals that are always there take turns");
    QVERIFY2(std::abs(first + second - told) <= 2, "and so do they and the inbox");
}

QTEST_GUILESS_MAIN(tst_InputSignals)
#include "tst_input_signals.moc"
