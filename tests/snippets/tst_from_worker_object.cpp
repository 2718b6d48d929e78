// SPDX-License-Identifier: MIT
// The code of docs/guide/from-worker-object.md: the same job done both ways.
#include <Actorio/Actorio>

#include <QtCore/QFile>
#include <QtCore/QThread>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace Before {

//! [worker before]
class Importer : public QObject
{
    Q_OBJECT
public Q_SLOTS:
    void import(const QString &text)
    {
        m_rows += static_cast<int>(text.count(u'\n'));
        Q_EMIT imported(m_rows);
    }
Q_SIGNALS:
    void imported(int rows);

private:
    int m_rows = 0;
};
//! [worker before]

//! [controller before]
class Controller : public QObject
{
    Q_OBJECT
public:
    Controller()
    {
        auto *const importer = new Importer; // without a parent, or it could not be moved
        importer->moveToThread(&m_thread);
        connect(&m_thread, &QThread::finished, importer, &QObject::deleteLater);
        connect(this, &Controller::importRequested, importer, &Importer::import);
        connect(importer, &Importer::imported, this, &Controller::showRows);
        m_thread.start();
    }
    ~Controller() override
    {
        m_thread.quit(); // what is still queued is dropped
        m_thread.wait();
    }

    void import(const QString &text) { Q_EMIT importRequested(text); }
    void showRows(int rows) { m_shown = rows; }
    int shown() const { return m_shown; }

Q_SIGNALS:
    void importRequested(const QString &text);

private:
    QThread m_thread;
    int m_shown = 0;
};
//! [controller before]

} // namespace Before

namespace After {

//! [worker after]
struct Import
{
    QString text;
};

class Importer : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const Import &import)
    {
        m_rows += static_cast<int>(import.text.count(u'\n'));
        return m_rows;
    }

private:
    int m_rows = 0;
};
//! [worker after]

//! [controller after]
class Controller : public QObject
{
    Q_OBJECT
public:
    void import(const QString &text)
    {
        m_importer.ask(Import{text}).then(this, [this](int rows) { showRows(rows); });
    }
    void showRows(int rows) { m_shown = rows; }
    int shown() const { return m_shown; }

private:
    int m_shown = 0;
    Actorio::Scoped<Importer> m_importer; // the last member: it is stopped and joined first
};
//! [controller after]

//! [error]
struct Load
{
    QString path;
};

class Loader : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    Actorio::Delegated<QByteArray> receive(const Load &load)
    {
        auto promise = replyPromise<QByteArray>();
        QFile file(load.path);
        if (file.open(QIODevice::ReadOnly))
            promise.reply(file.readAll());
        else
            promise.fail(
                    std::make_exception_ptr(std::runtime_error(file.errorString().toStdString())));
        return {};
    }
};
//! [error]

//! [timer]
class Clock : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Clock(Actorio::ActorRef<> display) : m_display(std::move(display)) { }

protected:
    void setUp() override // in the actor's own thread
    {
        addTimer(1ms, [this] { m_display.tell(++m_ticks); });
    }

private:
    const Actorio::ActorRef<> m_display;
    int m_ticks = 0;
};
//! [timer]

} // namespace After

class tst_FromWorkerObject : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void before()
    {
#ifdef __SANITIZE_THREAD__
        QSKIP("ThreadSanitizer does not see how a stock Qt hands queued signals over");
#endif
        Before::Controller controller;
        controller.import(u"a\nb\n"_s);
        controller.import(u"c\n"_s);
        QTRY_COMPARE(controller.shown(), 3);
    }

    void after()
    {
        After::Controller controller;
        controller.import(u"a\nb\n"_s);
        controller.import(u"c\n"_s);
        QTRY_COMPARE(controller.shown(), 3);
    }

    void owner()
    {
        using After::Importer;
        auto *const window = new QObject;
        //! [owner]
        auto importer = Actorio::spawn<Importer>({.owner = window, .name = u"importer"_s});
        //! [owner]
        QCOMPARE(importer.name(), u"importer"_s);
        QVERIFY(importer.isRunning());
        delete window;
        QCOMPARE(importer.terminated().result().kind(), Actorio::StopReason::Stopped);
    }

    void blockingCall()
    {
        using namespace After;
        Actorio::Scoped<Importer> importer;
        const QString text = u"a\nb\n"_s;
        //! [blocking]
        const int rows = importer.ask(Import{text}, 5s).result(); // at most five seconds
        //! [blocking]
        QCOMPARE(rows, 2);
    }

    void error()
    {
        using namespace After;
        Actorio::Scoped<Loader> loader;
        const QString path = u"/there/is/no/such/file"_s;
        //! [onFailed]
        QFuture<QByteArray> data =
                loader.ask(Load{path}).onFailed(this, [](const std::exception &error) {
                    return QByteArray(error.what()); // in this thread
                });
        //! [onFailed]
        QTRY_VERIFY(data.isFinished());
        QVERIFY(data.result().startsWith("No such file"));
        QVERIFY(loader.isRunning());
    }

    void timer()
    {
        Actorio::Inbox display;
        Actorio::Scoped<After::Clock> clock(display.ref());
        QCOMPARE(display.waitFor<int>(), 1);
        QCOMPARE(display.waitFor<int>(), 2);
    }
};

QTEST_GUILESS_MAIN(tst_FromWorkerObject)
#include "tst_from_worker_object.moc"
