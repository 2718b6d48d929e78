// SPDX-License-Identifier: MIT
// How an input of signals ends.
#include "host.h"

#include <QtTest/QTest>

#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

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
};

class tst_InputSignalsEnd : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void cancelInItsHandler();
    void cancelInAnotherHandler();
    void cancelWhileAnotherThreadEmits();
    void theSenderIsDestroyed();
    void theSenderIsDestroyedInItsHandler();
    void theSenderIsDestroyedInAnotherThread();
    void onEndAfterTheEnd();
    void whatOnEndThrowsFailsTheActor();
    void nothingAfterTheStop();
    void inTearDown();
};

void tst_InputSignalsEnd::cancelInItsHandler()
{
    Journal journal;
    Emitter emitter;
    Scoped<Host> host([&](Host &h) {
        const auto input = std::make_shared<Input>();
        *input = h.addInput(&emitter, &Emitter::number, [&, input](int number) {
            journal.note(QString::number(number));
            input->cancel();
            input->cancel();
            *input = {}; // which held itself
        });
        input->onEnd([&] { journal.note(u"end"_s); });
    });
    Gate gate;
    host.tell(gate.pass());
    QVERIFY(gate.isReached());
    for (int i = 0; i < 3; ++i)
        Q_EMIT emitter.number(i);
    gate.open();
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s}));
    settle(host);
    QCOMPARE(journal.entries().size(), 1);
    QVERIFY(!emitter.isHeard());
}

void tst_InputSignalsEnd::cancelInAnotherHandler()
{
    Journal journal;
    Emitter emitter;
    Input input;
    Scoped<Host> host([&](Host &h) {
        input = h.addInput(&emitter, &Emitter::number,
                           [&](int number) { journal.note(QString::number(number)); });
    });
    run(host, [&](Host &) {
        Q_EMIT emitter.number(1); // there already when it is cancelled
        input.cancel();
        journal.note(input.isActive() ? u"active"_s : u"cancelled"_s);
        Q_EMIT emitter.number(2);
    });
    settle(host);
    QCOMPARE(journal.entries(), QStringList({u"cancelled"_s}));
}

void tst_InputSignalsEnd::cancelWhileAnotherThreadEmits()
{
    Emitter emitter;
    std::atomic<bool> isOver{false};
    std::atomic<bool> isLate{false};
    std::atomic<int> heard{0};
    Scoped<Host> host;
    std::thread thread([&] {
        for (int i = 0; !isOver; ++i)
            Q_EMIT emitter.number(i);
    });
    for (int i = 0; i < 200; ++i) {
        auto held = std::make_shared<std::atomic<bool>>(false); // whether it is cancelled
        const std::weak_ptr handler(held);
        Input input;
        heard = 0;
        run(host, [&](Host &h) {
            input = h.addInput(&emitter, &Emitter::number, [&, held](int) {
                if (*held)
                    isLate = true;
                ++heard;
            });
        });
        QVERIFY(waitUntil([&] { return heard >= 3; }));
        run(host, [&](Host &) {
            input.cancel();
            *held = true;
            input = {};
        });
        held.reset();
        QVERIFY(waitUntil([&] { return handler.expired(); }));
    }
    isOver = true;
    thread.join();
    QVERIFY(!isLate);
}

void tst_InputSignalsEnd::theSenderIsDestroyed()
{
    Journal journal;
    auto emitter = std::make_unique<Emitter>();
    Input input;
    Scoped<Host> host([&](Host &h) {
        input = h.addInput(emitter.get(), &Emitter::number,
                           [&](int number) { journal.note(QString::number(number)); });
        input.onEnd([&](const QString &error) { journal.note(error); });
    });
    Gate gate;
    host.tell(gate.pass());
    QVERIFY(gate.isReached());
    Q_EMIT emitter->number(1);
    Q_EMIT emitter->number(2);
    emitter.reset();
    gate.open();
    QTRY_COMPARE(journal.entries().size(), 3);
    QCOMPARE(journal.entries().mid(0, 2), QStringList({u"1"_s, u"2"_s}));
    QVERIFY(journal.entries().last().contains(u"destroyed"_s));
    run(host, [&](Host &) {
        journal.note(input.isActive() ? u"active"_s : u"over"_s);
        input.cancel();
    });
    QCOMPARE(journal.entries().last(), u"over"_s);
    QCOMPARE(journal.entries().size(), 4);
}

void tst_InputSignalsEnd::theSenderIsDestroyedInItsHandler()
{
    Journal journal;
    Scoped<Host> host([&](Host &h) {
        auto *const emitter = new Emitter;
        h.addInput(emitter, &Emitter::number, [&, emitter](int number) {
             journal.note(QString::number(number));
             if (number == 0)
                 delete emitter;
         }).onEnd([&] { journal.note(u"end"_s); });
        Q_EMIT emitter->number(0);
        Q_EMIT emitter->number(1);
    });
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s, u"1"_s, u"end"_s}));
    settle(host);
    QCOMPARE(journal.entries().size(), 3);
}

void tst_InputSignalsEnd::theSenderIsDestroyedInAnotherThread()
{
    Scoped<Host> host;
    for (int round = 0; round < 100; ++round) {
        std::atomic<int> heard{0};
        std::atomic<int> ends{0};
        std::atomic<int> heardAtEnd{0};
        auto emitter = std::make_unique<Emitter>();
        run(host, [&](Host &h) {
            h.addInput(emitter.get(), &Emitter::nothing, [&] { ++heard; }).onEnd([&] {
                heardAtEnd = heard.load();
                ++ends;
            });
        });
        std::thread thread([&] {
            for (int i = 0; i < 50; ++i)
                Q_EMIT emitter->nothing();
            emitter.reset();
        });
        thread.join();
        QVERIFY(waitUntil([&] { return ends > 0; }));
        QCOMPARE(heardAtEnd.load(), 50);
        settle(host);
        QCOMPARE(heard.load(), 50);
        QCOMPARE(ends.load(), 1);
    }
}

void tst_InputSignalsEnd::onEndAfterTheEnd()
{
    Journal journal;
    auto emitter = std::make_unique<Emitter>();
    Input input;
    Input cancelled;
    Scoped<Host> host([&](Host &h) {
        input = h.addInput(emitter.get(), &Emitter::nothing, [] {});
        cancelled = h.addInput(emitter.get(), &Emitter::nothing, [] {});
    });
    run(host, [&](Host &) { cancelled.cancel(); });
    emitter.reset();
    settle(host);
    run(host, [&](Host &) {
        cancelled.onEnd([&] { journal.note(u"cancelled"_s); });
        input.onEnd([&] { journal.note(u"end"_s); });
        journal.note(u"not at once"_s);
    });
    QTRY_COMPARE(journal.entries(), QStringList({u"not at once"_s, u"end"_s}));
    settle(host);
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputSignalsEnd::whatOnEndThrowsFailsTheActor()
{
    auto emitter = std::make_unique<Emitter>();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"from onEnd"_s));
    Scoped<Host> host([&](Host &h) {
        h.addInput(emitter.get(), &Emitter::nothing, [] {}).onEnd([] {
            throw std::runtime_error("from onEnd");
        });
    });
    settle(host);
    emitter.reset();
    QVERIFY(waitForEnd(host.terminated()).isFailure());
}

void tst_InputSignalsEnd::nothingAfterTheStop()
{
    Emitter emitter;
    std::atomic<bool> isOver{false};
    std::thread thread([&] {
        while (!isOver)
            Q_EMIT emitter.nothing();
    });
    for (int i = 0; i < 100; ++i) {
        // Outlives the actor, whose handler holds it.
        const auto isTornDown = std::make_shared<std::atomic<bool>>(false);
        const auto isLate = std::make_shared<std::atomic<bool>>(false);
        const auto heard = std::make_shared<std::atomic<int>>(0);
        class Ending : public Host
        {
        public:
            Ending(Do setUp, std::shared_ptr<std::atomic<bool>> flag)
                : Host(std::move(setUp)), m_isTornDown(std::move(flag))
            {
            }

        protected:
            void tearDown(const StopReason &) override { *m_isTornDown = true; }

        private:
            const std::shared_ptr<std::atomic<bool>> m_isTornDown;
        };
        Scoped<Ending> host(
                [&](Host &h) {
                    h.addInput(&emitter, &Emitter::nothing, [=] {
                         ++*heard;
                         if (*isTornDown)
                             *isLate = true;
                     }).onEnd([=] { *isLate = true; });
                },
                isTornDown);
        QVERIFY(waitUntil([&] { return *heard > 0; }));
        if (i % 2 == 0)
            host.stop();
        else
            host.kill();
        waitForEnd(host.terminated());
        QVERIFY(*isTornDown);
        QVERIFY(!*isLate);
    }
    isOver = true;
    thread.join();
    QVERIFY(!emitter.isHeard());
}

void tst_InputSignalsEnd::inTearDown()
{
    Emitter emitter;
    std::atomic<bool> isActive{true};
    class Late : public Host
    {
    public:
        Late(Emitter *emitter, std::atomic<bool> *isActive)
            : m_emitter(emitter), m_isActive(*isActive)
        {
        }

    protected:
        void tearDown(const StopReason &) override
        {
            m_isActive = addInput(m_emitter, &Emitter::nothing, [] {}).isActive();
        }

    private:
        Emitter *const m_emitter;
        std::atomic<bool> &m_isActive;
    };
    Scoped<Late> late(&emitter, &isActive);
    settle(late);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"stopping and listens to nothing"_s));
    late.stop();
    QVERIFY(!isActive);
    QVERIFY(!emitter.isHeard());
}

QTEST_GUILESS_MAIN(tst_InputSignalsEnd)
#include "tst_input_signals_end.moc"
