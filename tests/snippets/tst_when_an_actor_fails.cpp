// SPDX-License-Identifier: MIT
// The code of docs/guide/when-an-actor-fails.md.
#include <Actorio/Actorio>

#include <QtTest/QTest>

#include <stdexcept>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct Parse
{
    QString text;
};

class Parser : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const Parse &parse)
    {
        bool isNumber = false;
        const int number = parse.text.toInt(&isNumber);
        if (!isNumber)
            throw std::runtime_error("no number");
        return number;
    }
};

class Importer : public Actorio::Actor
{
    Q_OBJECT
public:
    QString report;

public Q_SLOTS:
    void receive(const Parse &parse) { spawn<Parser>().tell(parse); }
    QString receive(int) { return report; }

protected:
    //! [childStopped]
    void childStopped(const Actorio::ChildStopped &event) override
    {
        if (event.reason.isFailure())
            report = event.reason.message(); // dealt with: this actor goes on
    }
    //! [childStopped]
};

struct ConnectionLost : std::runtime_error
{
    using std::runtime_error::runtime_error;
};
struct WrongPassword : std::runtime_error
{
    using std::runtime_error::runtime_error;
};
struct Break
{
    bool isLost;
};

class Client : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Break &order)
    {
        if (order.isLost)
            throw ConnectionLost("gone");
        throw WrongPassword("no");
    }
    int receive(int number) { return number; }
};

class Cache : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(int number) { return number; }
};

//! [choose]
Actorio::Supervision byItsError(std::exception_ptr error)
{
    try {
        std::rethrow_exception(error);
    } catch (const ConnectionLost &) {
        return Actorio::restart({.backoff = {100ms, 10s}});
    } catch (...) {
        return Actorio::escalate();
    }
}
//! [choose]

class tst_WhenAnActorFails : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theParentDecides();
    void restart();
    void choose();
    void supervisor();
    void dynamic();
};

void tst_WhenAnActorFails::theParentDecides()
{
    Actorio::Scoped<Importer> importer;
    importer.tell(Parse{u"x"_s});
    QTRY_COMPARE(importer.ask(1).result(), u"no number"_s);
}

void tst_WhenAnActorFails::restart()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"is restarted"_s));
    //! [restart]
    auto parser = Actorio::spawn<Parser>(
            {.name = u"parser"_s,
             .supervision = Actorio::restart(
                     {.limit = 5, .within = 10s, .backoff = {.min = 100ms, .max = 10s}})});
    auto nonsense = parser.ask(Parse{u"x"_s}); // fails with what receive() throws
    auto number = parser.ask(Parse{u"42"_s}); // 42: by the next object, behind the same reference
    //! [restart]
    QVERIFY_EXCEPTION_THROWN(nonsense.result(), std::runtime_error);
    QCOMPARE(number.result(), 42);
    parser.stop();
    QCOMPARE(parser.terminated().result().kind(), Actorio::StopReason::Stopped);
}

void tst_WhenAnActorFails::choose()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"is restarted.*gone"_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it: no"_s));
    //! [chosen]
    auto client = Actorio::spawn<Client>({.supervision = byItsError});
    //! [chosen]
    client.tell(Break{true});
    QCOMPARE(client.ask(7).result(), 7);
    client.tell(Break{false});
    QVERIFY(client.terminated().result().isFailure());
}

void tst_WhenAnActorFails::supervisor()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"starts \"client\" again"_s));
    //! [supervisor]
    using Actorio::child, Actorio::RestartType, Actorio::Supervisor;
    auto services = Actorio::spawn<Supervisor>(
            {.name = u"services"_s},
            QList{child<Cache>({.id = u"cache"_s}),
                  child<Client>({.id = u"client"_s, .restart = RestartType::Transient}),
                  child<Parser>({.id = u"parser"_s, .shutdown = 2s})},
            Actorio::SupervisorOptions{.strategy = Actorio::SupervisorOptions::RestForOne,
                                       .intensity = 3,
                                       .period = 10s});
    //! [supervisor]
    //! [find]
    Actorio::ChildInfo info = services.ask(Supervisor::Find{u"client"_s}).result();
    auto client = info.actor.as<Client>(); // null while it does not run
    //! [find]
    QVERIFY(client);
    client.tell(Break{true});
    QTRY_VERIFY(services.ask(Supervisor::Find{u"client"_s}).result().actor != client);
    services.stop();
    QCOMPARE(services.terminated().result().kind(), Actorio::StopReason::Stopped);
}

void tst_WhenAnActorFails::dynamic()
{
    //! [dynamic]
    using Actorio::DynamicSupervisor;
    auto caches = Actorio::spawn<DynamicSupervisor>(Actorio::childTemplate<Cache>());
    auto one = caches.ask(DynamicSupervisor::Start());
    //! [dynamic]
    QVERIFY(one.result().isRunning());
    caches.stop();
    QCOMPARE(caches.terminated().result().kind(), Actorio::StopReason::Stopped);
}

QTEST_GUILESS_MAIN(tst_WhenAnActorFails)
#include "tst_when_an_actor_fails.moc"
