// SPDX-License-Identifier: MIT
// The code of docs/guide/waiting-inside-a-handler.md.
#include <Actorio/Actorio>

#include <QtConcurrent/QtConcurrentRun>
#include <QtCore/QScopeGuard>
#include <QtCore/QTimer>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct PriceOf
{
    QString article;
};

class Prices : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const PriceOf &price) { return 100 * static_cast<int>(price.article.size()); }
};

struct Order
{
    QString article;
    int pieces;
};

class Clerk : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Clerk(Actorio::ActorRef<Prices> prices) : m_prices(std::move(prices)) { }

public Q_SLOTS:
    //! [await]
    QFuture<int> receive(const Order &order)
    {
        auto price = m_prices.ask(PriceOf{order.article}, 5s);
        const int cents =
                co_await price; // the reply; an error, Timeout for instance, is thrown here
        co_return order.pieces *cents; // `order` is still there: a message outlives its handler
    }
    //! [await]

private:
    const Actorio::ActorRef<Prices> m_prices;
};

struct Fetch
{
};

class Busy : public std::exception
{
};

class Server : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    Actorio::Delegated<QString> receive(const Fetch &)
    {
        auto promise = replyPromise<QString>();
        if (++m_calls == 3)
            promise.reply(u"at last"_s);
        else
            promise.fail(std::make_exception_ptr(Busy()));
        return {};
    }

private:
    int m_calls = 0;
};

class Patient : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Patient(Actorio::ActorRef<Server> server) : m_server(std::move(server)) { }

public Q_SLOTS:
    //! [delay]
    QFuture<QString> receive(const Fetch &fetch)
    {
        for (auto pause = 10ms; pause < 1s; pause *= 2) {
            auto answer = m_server.ask(fetch);
            try {
                co_return co_await answer;
            } catch (const Busy &) { // in here nothing can be awaited
            }
            co_await pause;
        }
        throw std::runtime_error("the server is busy");
    }
    //! [delay]

private:
    const Actorio::ActorRef<Server> m_server;
};

class Modem : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;
    void dial(const QString &number)
    {
        QTimer::singleShot(0, this, [this, number] { Q_EMIT answered(u"CONNECT "_s + number); });
    }
Q_SIGNALS:
    void answered(const QString &line);
};

struct Call
{
    QString number;
};

class Phone : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    //! [signal]
    QFuture<QString> receive(const Call &call)
    {
        m_modem->dial(call.number);
        co_return co_await Actorio::nextEmission(m_modem, &Modem::answered);
    }
    //! [signal]

protected:
    void setUp() override { m_modem = new Modem(this); }

private:
    Modem *m_modem = nullptr;
};

//! [hook]
class Shop : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Shop(Actorio::ActorRef<Prices> prices) : m_prices(std::move(prices)) { }

public Q_SLOTS:
    int receive(const QString &) { return m_bread; } // not before it is known

protected:
    void setUp() override { busyUntil(load()); }

private:
    QFuture<void> load()
    {
        auto price = m_prices.ask(PriceOf{u"bread"_s});
        m_bread = co_await price;
    }

    const Actorio::ActorRef<Prices> m_prices;
    int m_bread = 0;
};
//! [hook]

struct Listen
{
};

class Monitor : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Monitor(Actorio::ActorRef<> log) : m_log(std::move(log)) { }

protected:
    //! [input]
    void setUp() override
    {
        addTimer(10ms, [this]() -> QFuture<void> {
            m_log.tell(u"begin"_s);
            co_await 10ms; // the next tick comes after the end of this one
            m_log.tell(u"end"_s);
        });
    }
    //! [input]

private:
    const Actorio::ActorRef<> m_log;
};

class Sleeper : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Sleeper(Actorio::ActorRef<> log) : m_log(std::move(log)) { }

public Q_SLOTS:
    //! [cancelled]
    QFuture<void> receive(const Listen &)
    {
        m_log.tell(u"listening"_s);
        const auto atTheEnd = qScopeGuard([this] { m_log.tell(u"not listening any more"_s); });
        for (;;)
            co_await 1h; // where a cancelled one ends
    }
    //! [cancelled]

private:
    const Actorio::ActorRef<> m_log;
};

struct Render
{
    int rows;
};

class Renderer : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    //! [promise]
    QFuture<int> receive(const Render &render)
    {
        return QtConcurrent::run(
                [](QPromise<int> &promise, int rows) {
                    promise.setProgressRange(0, rows);
                    for (int row = 0; row < rows && !promise.isCanceled(); ++row)
                        promise.setProgressValue(row + 1);
                    promise.addResult(rows);
                },
                render.rows);
    }
    //! [promise]
};

class tst_WaitingInsideAHandler : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void await()
    {
        Actorio::Scoped<Prices> prices;
        Actorio::Scoped<Clerk> clerk(prices);
        QCOMPARE(clerk.ask(Order{u"bread"_s, 3}).result(), 1500);
    }

    void delay()
    {
        Actorio::Scoped<Server> server;
        Actorio::Scoped<Patient> patient(server);
        QCOMPARE(patient.ask(Fetch{}).result(), u"at last"_s);
    }

    void signal()
    {
        Actorio::Scoped<Phone> phone;
        QCOMPARE(phone.ask(Call{u"123"_s}).result(), u"CONNECT 123"_s);
    }

    void hook()
    {
        Actorio::Scoped<Prices> prices;
        Actorio::Scoped<Shop> shop(prices);
        QCOMPARE(shop.ask(u"bread"_s).result(), 500);
    }

    void input()
    {
        Actorio::Inbox log;
        Actorio::Scoped<Monitor> monitor(log.ref());
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(log.waitFor<QString>(5s), u"begin"_s);
            QCOMPARE(log.waitFor<QString>(5s), u"end"_s);
        }
    }

    void cancel()
    {
        Actorio::Inbox log;
        Actorio::Scoped<Sleeper> sleeper(log.ref());
        QFuture<void> listening = sleeper.ask(Listen{});
        QCOMPARE(log.waitFor<QString>(5s), u"listening"_s);
        listening.cancel();
        QCOMPARE(log.waitFor<QString>(5s), u"not listening any more"_s);
        QVERIFY(sleeper.isRunning());
    }

    void progress()
    {
#ifdef __SANITIZE_THREAD__
        QSKIP("ThreadSanitizer does not see how a stock Qt hands work over to its thread pool");
#endif
        Actorio::Scoped<Renderer> renderer;
        QFuture<int> rows = renderer.ask(Render{1000});
        QTRY_VERIFY(rows.isFinished());
        QCOMPARE(rows.result(), 1000);
        QCOMPARE(rows.progressValue(), 1000);
    }
};

QTEST_GUILESS_MAIN(tst_WaitingInsideAHandler)
#include "tst_waiting_inside_a_handler.moc"
