// SPDX-License-Identifier: MIT
// The code of docs/guide/stopping.md.
#include <Actorio/Actorio>

#include <QtTest/QTest>

#include <csignal>
#include <thread>

#ifdef Q_OS_UNIX
#    include <unistd.h>
#endif

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

struct Line
{
    QString text;
};
struct Request
{
    int number;
};
struct Save
{
};
struct Flush
{
};

} // namespace

//! [writer]
class Writer : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Writer(QStringList *lines) : m_lines(lines) { }

public Q_SLOTS:
    void receive(const Line &line) { m_buffer.append(line.text); }

protected:
    void tearDown(const Actorio::StopReason &reason) override
    {
        if (!reason.isFailure())
            m_lines->append(m_buffer); // the last thing that runs in it
    }

private:
    QStringList m_buffer;
    QStringList *const m_lines;
};
//! [writer]

//! [session]
class Session : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const Request &request) { return request.number * 2; }
    void receive(const Actorio::ReceiveTimeout &) { stop(); }

protected:
    void setUp() override { setReceiveTimeout(10min); }
};
//! [session]

class Store : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Store(QStringList *log) : m_log(log) { }

public Q_SLOTS:
    void receive(const Save &) { m_log->append(u"saved"_s); }
    void receive(const Flush &) { m_log->append(u"flushed"_s); }

private:
    QStringList *const m_log;
};

struct Server
{
    void close() { log->append(u"closed"_s); }
    QStringList *log;
};

namespace Service {

//! [main]
int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    auto &shutdown = Actorio::CoordinatedShutdown::instance();
    shutdown.handleSignals(); // SIGTERM, and Ctrl-C
    shutdown.addActor(shutdown.ServiceRequestsDone, Actorio::spawn<Session>());
    return app.exec();
}
//! [main]

} // namespace Service

class tst_Stopping : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        m_lines.clear();
    }

    void drains();
    void scoped();
    void session();
    void phases();

private:
    QStringList m_lines;
};

//! [drain]
void tst_Stopping::drains()
{
    auto writer = Actorio::spawn<Writer>(&m_lines);
    for (int i = 0; i < 100; ++i)
        writer.tell(Line{QString::number(i)});
    writer.drain();
    QVERIFY(!writer.tell(Line{u"too late"_s}));

    QFuture<Actorio::StopReason> gone = writer.terminated();
    gone.waitForFinished(); // or addInput(gone, …), or co_await gone, or watch(writer)
    QCOMPARE(gone.result().kind(), Actorio::StopReason::Stopped);
    QCOMPARE(m_lines.size(), 100);
}
//! [drain]

void tst_Stopping::scoped()
{
    //! [scoped]
    {
        Actorio::Scoped<Writer> writer(&m_lines);
        writer.tell(Line{u"one"_s});
        writer.drain();
        writer.terminated().waitForFinished(); // else what is queued becomes dead letters
    } // has ended here
    //! [scoped]
    QCOMPARE(m_lines, QStringList{u"one"_s});
}

void tst_Stopping::session()
{
    const auto clock = std::make_shared<Actorio::ManualClock>();
    Actorio::ActorSystem system({.clock = clock});
    const auto session = system.spawn<Session>();
    QCOMPARE(session.ask(Request{2}).result(), 4);
    QTest::qWait(0);
    const auto hasEnded = [&] {
        clock->advance(10min);
        return !session.isRunning();
    };
    QTRY_VERIFY(hasEnded());
}

void tst_Stopping::phases()
{
    {
        Server server{&m_lines};
        Actorio::ActorSystem system;
        const auto worker = system.spawn<Writer>(&m_lines);
        const auto store = system.spawn<Store>(&m_lines);
        const auto cache = store;
        worker.tell(Line{u"work"_s});
        //! [phases]
        auto &shutdown = Actorio::CoordinatedShutdown::instance();
        shutdown.addTask(shutdown.ServiceUnbind, u"server"_s, [&] { server.close(); });
        shutdown.addActor(shutdown.ServiceRequestsDone, worker); // drains it
        shutdown.addTask(shutdown.BeforeActorSystemTerminate, u"save"_s,
                         [store] { return store.ask(Save{}, 3s); });
        //! [phases]
        //! [own phase]
        shutdown.addPhase(
                {.name = u"flush"_s, .after = {shutdown.ServiceRequestsDone}, .deadline = 1min});
        shutdown.addTask(u"flush"_s, u"cache"_s, [cache] { return cache.ask(Flush{}); });
        //! [own phase]
        shutdown.run();
        QVERIFY(shutdown.wait());
        QVERIFY(!store.isRunning());
    }
    QCOMPARE(m_lines, QStringList({u"closed"_s, u"work"_s, u"flushed"_s, u"saved"_s}));
}

// The page's main() is a program of its own: it runs last, and is sent a signal when it listens.
int main(int argc, char **argv)
{
    {
        QCoreApplication app(argc, argv);
        tst_Stopping test;
        if (const int failures = QTest::qExec(&test, argc, argv))
            return failures;
    }
#ifdef Q_OS_UNIX
    struct sigaction action = {};
    action.sa_handler = SIG_DFL; // Qt Test may have had it
    ::sigaction(SIGTERM, &action, nullptr);
    std::thread sender([] {
        struct sigaction current = {};
        while (::sigaction(SIGTERM, nullptr, &current) == 0 && current.sa_handler == SIG_DFL)
            QThread::msleep(1);
        ::kill(::getpid(), SIGTERM);
    });
    const int status = Service::main(argc, argv);
    sender.join();
    return status;
#else
    return 0;
#endif
}
#include "tst_stopping.moc"
