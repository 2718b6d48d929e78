// SPDX-License-Identifier: MIT
// Whose member functions can be handlers of inputs and timers: the actor's, and those of any of its bases.
#include "devices.h"
#include "gate.h"
#include "listening.h"

#include <QtCore/QMetaMethod>
#include <QtTest/QTest>

#include <functional>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Scoped;

namespace {

class Emitter : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;
    bool isHeard() const { return isSignalConnected(QMetaMethod::fromSignal(&Emitter::emitted)); }
Q_SIGNALS:
    void emitted(int number);
};

// A second base, which is no QObject, at an address of its own. It has no virtual functions either.
class Mixin
{
public:
    explicit Mixin(Journal *log) : m_log(*log) { }
    void onNumber(int number) { m_log.note(m_name + QString::number(number)); }
    void onBytes(const QByteArray &bytes) { m_log.note(m_name + QString::fromLatin1(bytes)); }
    void onTick() { m_log.note(m_name + u"tick"_s); }
    QFuture<void> onNumberSlowly(int number)
    {
        co_await 1ms;
        onNumber(number);
    }

private:
    Journal &m_log;
    const QString m_name = u"mixin: "_s;
};

class Mixed : public Reader, public Mixin
{
    Q_OBJECT
public:
    explicit Mixed(Journal *journal, Do setUp = {})
        : Reader(journal, std::move(setUp)), Mixin(journal)
    {
    }
    using Mixin::onBytes;
    using Mixin::onNumber;

    Emitter emitter{this};
};

// Not what the test has.
class Other : public Host
{
public:
    void onNumber(int) { qFatal("called on what is no Other"); }
    void onBytes(const QByteArray &) { qFatal("called on what is no Other"); }
    void onTick() { qFatal("called on what is no Other"); }
};
struct NoActor
{
    virtual ~NoActor() = default;
    void onNumber(int) { qFatal("called on what is no NoActor"); }
};

} // namespace

class tst_InputHandlers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aHandlerOfASecondBase_data();
    void aHandlerOfASecondBase();
    void aHandlerOfAnotherClassIsRefused_data();
    void aHandlerOfAnotherClassIsRefused();
    void aRefusedTimerReplacesNone();
};

void tst_InputHandlers::aHandlerOfASecondBase_data()
{
    QTest::addColumn<Do>("add");
    QTest::addColumn<QString>("heard");
    const auto row = [](const char *name, const QString &heard, const Do &add) {
        QTest::newRow(name) << add << heard;
    };
    row("future", u"7"_s,
        [](Mixed &m) { m.addInput(QtFuture::makeReadyFuture(7), &Mixed::onNumber); });
    row("factory", u"7"_s, [](Mixed &m) { m.addInput(ready, &Mixed::onNumber, 1); });
    row("ask", u"8"_s, [](Mixed &m) { m.addInput(Actorio::refTo(&m).ask(8), &Mixed::onNumber); });
    row("device", u"bytes"_s, [](Mixed &m) {
        m.addInput(&m.pipe, &Mixed::onBytes);
        m.pipe.feed("bytes");
    });
    row("signal", u"9"_s, [](Mixed &m) {
        m.addInput(&m.emitter, &Emitter::emitted, &Mixed::onNumber);
        Q_EMIT m.emitter.emitted(9);
    });
    row("timer", u"tick"_s, [](Mixed &m) { m.addTimer(Actorio::once(0ms), &Mixed::onTick); });
    row("coroutine", u"7"_s, [](Mixed &m) { m.addInput(ready, &Mixed::onNumberSlowly, 1); });
}

void tst_InputHandlers::aHandlerOfASecondBase()
{
    QFETCH(const Do, add);
    QFETCH(const QString, heard);
    Journal journal;
    Scoped<Mixed> mixed(&journal, add);
    QTRY_COMPARE(journal.entries(), QStringList{u"mixin: "_s + heard});
}

void tst_InputHandlers::aHandlerOfAnotherClassIsRefused_data()
{
    QTest::addColumn<Do>("add");
    const auto row = [](const char *name, const Do &add) { QTest::newRow(name) << add; };
    row("future", [](Mixed &m) { m.addInput(QtFuture::makeReadyFuture(7), &Other::onNumber); });
    row("factory", [](Mixed &m) {
        const auto factory = [&m] {
            m.note(u"the factory was called"_s);
            return QtFuture::makeReadyFuture(7);
        };
        m.addInput(factory, &Other::onNumber);
    });
    row("ask", [](Mixed &m) { m.addInput(Actorio::refTo(&m).ask(8), &Other::onNumber); });
    row("device", [](Mixed &m) { m.addInput(&m.pipe, &Other::onBytes); });
    row("signal", [](Mixed &m) { m.addInput(&m.emitter, &Emitter::emitted, &Other::onNumber); });
    row("signal with a policy", [](Mixed &m) {
        m.addInput(&m.emitter, &Emitter::emitted, &Other::onNumber, Actorio::latestOnly());
    });
    row("timer",
        [](Mixed &m) { m.addTimer(Actorio::once(0ms).named(u"timer"_s), &Other::onTick); });
    row("a class of no actors", [](Mixed &m) { m.addInput(ready, &NoActor::onNumber); });
}

void tst_InputHandlers::aHandlerOfAnotherClassIsRefused()
{
    QFETCH(const Do, add);
    Journal journal;
    Scoped<Mixed> mixed(&journal);
    run(mixed, [&](Mixed &m) {
        journal.note(errorOf<Actorio::Error>([&] { add(m); }));
        Q_EMIT m.emitter.emitted(9);
        m.pipe.feed("bytes");
        if (m.emitter.isHeard() || m.cancelTimer(u"timer"_s))
            m.note(u"registered all the same"_s);
    });
    settle(mixed);
    QCOMPARE(journal.entries().size(), 1);
    const QString text = journal.entries()[0];
    QVERIFY2(text.contains(u"Mixed"_s) && text.contains(u"another class"_s), qPrintable(text));
    QVERIFY(mixed.isRunning());
}

void tst_InputHandlers::aRefusedTimerReplacesNone()
{
    Journal journal;
    Scoped<Mixed> mixed(&journal);
    run(mixed, [&](Mixed &m) {
        const auto schedule = Actorio::once(1h).named(u"timer"_s);
        m.inputs = {m.addTimer(schedule, &Mixed::onTick)};
        if (!fails<Actorio::Error>([&] { m.addTimer(schedule, &Other::onTick); }))
            m.note(u"no error"_s);
        m.note(m.inputs[0].isActive() ? u"active"_s : u"gone"_s);
    });
    QCOMPARE(journal.entries(), QStringList{u"active"_s});
}

QTEST_GUILESS_MAIN(tst_InputHandlers)

#include "tst_input_handlers.moc"
