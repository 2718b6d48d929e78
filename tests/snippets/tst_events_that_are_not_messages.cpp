// SPDX-License-Identifier: MIT
// The code of docs/guide/events-that-are-not-messages.md.
#include <Actorio/Actorio>

#include <QtCore/QBuffer>
#include <QtCore/QFile>
#include <QtCore/QMetaMethod>
#include <QtCore/QTemporaryFile>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

//! [device]
class LineCounter : public Actorio::Actor
{
    Q_OBJECT
public:
    LineCounter(const QString &path, Actorio::ActorRef<> log) : m_file(path), m_log(std::move(log))
    {
    }

protected:
    void setUp() override
    {
        m_file.open(QIODevice::ReadOnly);
        addInput(&m_file, &LineCounter::onBytes).onEnd([this](const QString &error) {
            m_log.tell(error.isEmpty() ? m_lines : -1);
            stop();
        });
    }

private:
    void onBytes(const QByteArray &bytes) { m_lines += int(bytes.count('\n')); }

    QFile m_file; // or a socket, a serial port, a process
    const Actorio::ActorRef<> m_log;
    int m_lines = 0;
};
//! [device]

class Sensor : public QObject
{
    Q_OBJECT
public:
    bool isHeard() const { return isSignalConnected(QMetaMethod::fromSignal(&Sensor::measured)); }
Q_SIGNALS:
    void measured(double celsius);
};

//! [signal]
class Thermostat : public Actorio::Actor
{
    Q_OBJECT
public:
    Thermostat(Sensor *sensor, Actorio::ActorRef<> log)
        : m_sensor(sensor), m_log(std::move(log)) { }

protected:
    void setUp() override
    {
        addInput(m_sensor, &Sensor::measured, &Thermostat::onMeasured, Actorio::latestOnly())
                .onEnd([this] { stop(); }); // the sensor has gone
    }

private:
    void onMeasured(double celsius) { m_log.tell(celsius < 19.0 ? u"heat"_s : u"wait"_s); }

    Sensor *const m_sensor; // in whichever thread
    const Actorio::ActorRef<> m_log;
};
//! [signal]

struct GetPage
{
    int number;
};

class Library : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(const GetPage &page)
    {
        if (page.number > 3)
            throw std::runtime_error("there is no such page");
        return u"page %1"_s.arg(page.number);
    }
};

//! [factory]
class Reader : public Actorio::Actor
{
    Q_OBJECT
public:
    Reader(Actorio::ActorRef<Library> library, Actorio::ActorRef<> log)
        : m_library(std::move(library)), m_log(std::move(log))
    {
    }

protected:
    void setUp() override
    {
        // Asked for the next page when the one before has been handled: three times.
        addInput([this] { return m_library.ask(GetPage{++m_page}); }, &Reader::onPage, 3);
    }

private:
    void onPage(const QString &text) { m_log.tell(text); }

    const Actorio::ActorRef<Library> m_library;
    const Actorio::ActorRef<> m_log;
    int m_page = 0;
};
//! [factory]

struct Look
{
};

class CarefulReader : public Actorio::Actor
{
    Q_OBJECT
public:
    CarefulReader(Actorio::ActorRef<Library> library, Actorio::ActorRef<> log)
        : m_library(std::move(library)), m_log(std::move(log))
    {
    }

public Q_SLOTS:
    //! [outcome]
    void receive(const Look &)
    {
        addInput(m_library.ask(GetPage{99}), [this](const QFuture<QString> &page) {
            try {
                m_log.tell(page.result());
            } catch (const std::exception &error) {
                m_log.tell(QString::fromUtf8(error.what()));
            }
        });
    }
    //! [outcome]

private:
    const Actorio::ActorRef<Library> m_library;
    const Actorio::ActorRef<> m_log;
};

//! [timers]
struct Beat
{
};
struct Heard // by whom it listens to
{
};

class Watchman : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Watchman(Actorio::ActorRef<> log) : m_log(std::move(log)) { }

public Q_SLOTS:
    void receive(const Heard &) { expect(); }

protected:
    void setUp() override
    {
        addTimer(1min, m_log, Beat{}); // a message, every minute
        expect();
    }

private:
    void expect() // by its name it replaces the timer that is there, and so begins anew
    {
        addTimer(Actorio::once(5min).named(u"silence"_s), &Watchman::onSilence);
    }
    void onSilence() { m_log.tell(u"nothing heard for five minutes"_s); }

    const Actorio::ActorRef<> m_log;
};
//! [timers]

// One that can be waited for.
class TestedWatchman : public Watchman
{
    Q_OBJECT
public:
    using Watchman::Watchman;
    using Watchman::receive;
public Q_SLOTS:
    void receive(const Look &) { }
};

struct Close
{
};

class Shop : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Shop(Sensor *door, Actorio::ActorRef<> log) : m_door(door), m_log(std::move(log)) { }

public Q_SLOTS:
    //! [hold]
    void receive(const Close &)
    {
        m_visits.cancel(); // what has not been handled yet is not handled any more
        cancelTimer(u"rounds"_s);
    }
    //! [hold]
    bool receive(const Look &) { return m_visits.isActive(); }

protected:
    //! [keep]
    void setUp() override
    {
        m_visits = addInput(m_door, &Sensor::measured, [this] { m_log.tell(u"visit"_s); });
        addTimer(Actorio::Schedule(1min).named(u"rounds"_s), [this] { m_log.tell(u"round"_s); });
    }
    //! [keep]

private:
    Sensor *const m_door;
    const Actorio::ActorRef<> m_log;
    Actorio::Input m_visits;
};

class Client : public Actorio::Actor
{
    Q_OBJECT
public:
    Client(Sensor *sensor, Actorio::ActorRef<Library> library, Actorio::ActorRef<> log)
        : m_sensor(sensor), m_library(std::move(library)), m_log(std::move(log))
    {
        m_device.setData("bytes");
        m_device.open(QIODevice::ReadOnly);
    }

protected:
    //! [inputs]
    void setUp() override
    {
        addInput(&m_device, &Client::onBytes); // a socket, a serial port, a process
        addInput(m_sensor, &Sensor::measured, &Client::onMeasured, Actorio::latestOnly());
        addInput(m_library.ask(GetPage{1}), &Client::onPage); // an answer, or any QFuture
        addTimer(1s, &Client::onTick);
    }
    //! [inputs]

private:
    void onBytes(const QByteArray &bytes) { m_log.tell(bytes); }
    void onMeasured(double celsius) { m_log.tell(celsius); }
    void onPage(const QString &page) { m_log.tell(page); }
    void onTick() { m_log.tell(true); }

    QBuffer m_device;
    Sensor *const m_sensor;
    const Actorio::ActorRef<Library> m_library;
    const Actorio::ActorRef<> m_log;
};

class tst_EventsThatAreNotMessages : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void device()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        QVERIFY(file.write("one\ntwo\nthree\n") > 0 && file.flush());
        Actorio::Inbox log;
        Actorio::Scoped<LineCounter> counter(file.fileName(), log.ref());
        QCOMPARE(log.waitFor<int>(5s), 3);
        QVERIFY(!counter.terminated().result().isFailure());
        Actorio::Scoped<LineCounter> wrong(u"/there/is/no/such/file"_s, log.ref());
        QCOMPARE(log.waitFor<int>(5s), -1);
    }

    void signal()
    {
        Actorio::Inbox log;
        auto sensor = std::make_unique<Sensor>();
        Actorio::Scoped<Thermostat> thermostat({.on = Actorio::sameThread()}, sensor.get(),
                                               log.ref());
        QTRY_VERIFY(sensor->isHeard());
        Q_EMIT sensor->measured(25);
        Q_EMIT sensor->measured(21);
        Q_EMIT sensor->measured(15);
        QCOMPARE(log.waitFor<QString>(5s), u"heat"_s); // the last one
        sensor.reset();
        QTRY_VERIFY(!thermostat.isRunning());
        QCOMPARE(log.count(), 0);
    }

    void factory()
    {
        Actorio::Inbox log;
        Actorio::Scoped<Library> library;
        Actorio::Scoped<Reader> reader(library, log.ref());
        for (int i = 1; i <= 3; ++i)
            QCOMPARE(log.waitFor<QString>(5s), u"page %1"_s.arg(i));
    }

    void outcome()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
        Actorio::Inbox log;
        Actorio::Scoped<Library> library;
        Actorio::Scoped<CarefulReader> reader(library, log.ref());
        reader.tell(Look{});
        QCOMPARE(log.waitFor<QString>(5s), u"there is no such page"_s);
        QVERIFY(reader.isRunning());
    }

    void timers()
    {
        auto clock = std::make_shared<Actorio::ManualClock>();
        Actorio::ActorSystem system({.clock = clock});
        Actorio::Inbox log;
        auto watchman = system.spawn<TestedWatchman>(log.ref());
        for (int minute = 1; minute <= 9; ++minute) {
            if (minute <= 5) // at zero and after four minutes, at last
                watchman.tell(Heard{});
            watchman.ask(Look{}).waitForFinished(); // and its timers are set anew
            QCOMPARE(log.count(), 0);
            clock->advance(1min);
            QVERIFY(log.waitFor<Beat>(5s));
        }
        QCOMPARE(log.waitFor<QString>(5s), u"nothing heard for five minutes"_s);
    }

    void inputs()
    {
        Actorio::Inbox log;
        Sensor sensor;
        Actorio::Scoped<Library> library;
        Actorio::Scoped<Client> client({.on = Actorio::sameThread()}, &sensor, library, log.ref());
        QTRY_VERIFY(sensor.isHeard());
        Q_EMIT sensor.measured(20);
        QCOMPARE(log.waitFor<QByteArray>(5s), "bytes");
        QCOMPARE(log.waitFor<double>(5s), 20.0);
        QCOMPARE(log.waitFor<QString>(5s), u"page 1"_s);
        QCOMPARE(log.waitFor<bool>(5s), true);
    }

    void hold()
    {
        Actorio::Inbox log;
        Sensor door;
        Actorio::Scoped<Shop> shop(&door, log.ref());
        QVERIFY(shop.ask(Look{}).result());
        Q_EMIT door.measured(1);
        QCOMPARE(log.waitFor<QString>(5s), u"visit"_s);
        shop.tell(Close{});
        QVERIFY(!shop.ask(Look{}).result());
        Q_EMIT door.measured(1);
        shop.stop();
        QCOMPARE(log.count(), 0);
    }
};

QTEST_GUILESS_MAIN(tst_EventsThatAreNotMessages)
#include "tst_events_that_are_not_messages.moc"
