// SPDX-License-Identifier: MIT
// The code of docs/guide/pitfalls.md.
#include <Actorio/Actorio>

#include <QtCore/QPointer>
#include <QtTest/QTest>

#include <functional>
#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct Length
{
    QString text;
};

class Counter : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const Length &length) { return static_cast<int>(length.text.size()); }
};

struct Report
{
};

//! [blocking]
class Blocking : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Blocking(Actorio::ActorRef<Counter> counter) : m_counter(std::move(counter)) { }

public Q_SLOTS:
    int receive(const Report &)
    {
        return m_counter.ask(Length{u"four"_s}).result(); // throws WouldDeadlock on a shared thread
    }

private:
    const Actorio::ActorRef<Counter> m_counter;
};
//! [blocking]

class Awaiting : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Awaiting(Actorio::ActorRef<Counter> counter) : m_counter(std::move(counter)) { }

public Q_SLOTS:
    //! [awaiting]
    QFuture<int> receive(const Report &)
    {
        auto length = m_counter.ask(Length{u"four"_s});
        co_return co_await length; // the thread goes on with other actors
    }
    //! [awaiting]

private:
    const Actorio::ActorRef<Counter> m_counter;
};

//! [circle]
struct Step
{
    int number;
};

class Circle : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<int> receive(const Step &step)
    {
        if (step.number == 2)
            co_return 2;
        // It is busy until this handler has ended, and so can never take the second step.
        auto second = Actorio::refTo(this).ask(Step{2});
        co_return co_await second;
    }
};
//! [circle]

struct Totals
{
};

class Adder : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Adder(Actorio::ActorRef<Counter> counter) : m_counter(std::move(counter)) { }

public Q_SLOTS:
    QFuture<int> receive(const Totals &)
    {
        QFuture<int> first = total(u"one"_s + u"two"_s);
        QFuture<int> second = total(u"three"_s);
        co_return co_await first + co_await second;
    }

private:
    //! [by value]
    QFuture<int> total(QString text) // by value: a temporary does not outlive the first co_await
    {
        auto length = m_counter.ask(Length{text});
        co_return co_await length + static_cast<int>(text.size());
    }
    //! [by value]

    const Actorio::ActorRef<Counter> m_counter;
};

class Halver : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Halver(Actorio::ActorRef<Counter> counter) : m_counter(std::move(counter)) { }

public Q_SLOTS:
    //! [lambda]
    QFuture<int> receive(const Totals &)
    {
        // It captures nothing: parameters by value stay, captures go when the lambda itself does.
        const auto half = [](Actorio::ActorRef<Counter> counter, QString text) -> QFuture<int> {
            auto length = counter.ask(Length{text});
            co_return co_await length / 2;
        };
        return half(m_counter, u"four"_s); // what it captured would not outlive this line
    }
    //! [lambda]

private:
    const Actorio::ActorRef<Counter> m_counter;
};

struct Show
{
};

class Presenter : public Actorio::Actor
{
    Q_OBJECT
public:
    Presenter(Actorio::ActorRef<Counter> counter, QObject *label)
        : m_counter(std::move(counter)), m_label(label)
    {
    }

public Q_SLOTS:
    //! [guarded]
    QFuture<bool> receive(const Show &)
    {
        QPointer<QObject> label = m_label; // in this actor's thread
        auto answer = m_counter.ask(Length{u"four"_s});
        const int length = co_await answer;
        if (label) // else it has gone meanwhile
            label->setProperty("length", length);
        co_return !label.isNull();
    }
    //! [guarded]

private:
    const Actorio::ActorRef<Counter> m_counter;
    QObject *const m_label;
};

struct Quit
{
};

class Quitter : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    //! [deleteLater]
    void receive(const Quit &)
    {
        deleteLater(); // the same as stop(): tearDown() and all, and then it is deleted
    }
    //! [deleteLater]
};

//! [take turns]
class Patient : public Actorio::Actor
{
    Q_OBJECT
public:
    Patient(Actorio::ActorRef<Counter> counter, Actorio::ActorRef<> log)
        : m_counter(std::move(counter)), m_log(std::move(log))
    {
    }

protected:
    void setUp() override
    {
        addTimer(Actorio::once(1ms), [this] { m_log.tell(u"timed out"_s); });
        addInput(m_counter.ask(Length{u"four"_s}), [this](int length) { m_log.tell(length); });
    }

private:
    const Actorio::ActorRef<Counter> m_counter;
    const Actorio::ActorRef<> m_log;
};
//! [take turns]

class Driver // of a scale, in a thread of its own, written by somebody else
{
public:
    void onWeight(std::function<void(int)> callback) { callback(75); }
};

//! [tell yourself]
struct Weight
{
    int kilograms;
};

class Scale : public Actorio::Actor
{
    Q_OBJECT
public:
    Scale(Driver *driver, Actorio::ActorRef<> log) : m_driver(driver), m_log(std::move(log)) { }

public Q_SLOTS:
    void receive(const Weight &weight) { m_log.tell(weight.kilograms); }

protected:
    void setUp() override
    {
        m_driver->onWeight([self = Actorio::refTo(this)](int kilograms) {
            self.tell(Weight{kilograms}); // in whichever thread, and at whatever time
        });
    }

private:
    Driver *const m_driver;
    const Actorio::ActorRef<> m_log;
};
//! [tell yourself]

//! [move-only]
struct Parcel // movable, not copyable
{
    std::unique_ptr<QString> content;
};

class Post : public Actorio::Actor
{
    Q_OBJECT
public:
    int receive(Parcel parcel) { return static_cast<int>(parcel.content->size()); } // no slot

public Q_SLOTS:
    int receive(const std::unique_ptr<QString> &content)
    {
        return static_cast<int>(content->size());
    }
};
//! [move-only]

//! [reply type]
struct Position // without a default constructor
{
    explicit Position(int at) : line(at) { }
    int line;
};

class Editor : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    Position receive(const QString &text) { return Position(static_cast<int>(text.count(u'\n'))); }
};
//! [reply type]

struct Fail
{
};

class Fragile : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Fail &) { throw std::runtime_error("broken"); }
};

class Parent : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Parent(Actorio::ActorRef<> log) : m_log(std::move(log)) { }

public Q_SLOTS:
    void receive(const Fail &) { spawn<Fragile>().tell(Fail{}); }

protected:
    //! [tolerant parent]
    void childStopped(const Actorio::ChildStopped &event) override
    {
        if (event.reason.isFailure())
            m_log.tell(event.reason.message()); // the child is gone; its parent goes on
    }
    //! [tolerant parent]

private:
    const Actorio::ActorRef<> m_log;
};

class tst_Pitfalls : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void blockingInAHandlerIsRefused()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
        Actorio::Scoped<Counter> counter;
        Actorio::Scoped<Blocking> blocking(counter);
        QVERIFY_THROWS_EXCEPTION(Actorio::WouldDeadlock, blocking.ask(Report{}).result());
    }

    void blockingIsAllowedInAThreadOfItsOwn()
    {
        Actorio::Scoped<Counter> counter;
        //! [dedicated]
        Actorio::Scoped<Blocking> blocking({.on = Actorio::dedicatedThread()}, counter);
        //! [dedicated]
        QCOMPARE(blocking.ask(Report{}).result(), 4);
    }

    void awaitingIsAllowedEverywhere()
    {
        Actorio::Scoped<Counter> counter;
        Actorio::Scoped<Awaiting> awaiting(counter);
        QCOMPARE(awaiting.ask(Report{}).result(), 4);
    }

    void aPlainFutureIsNotGuarded()
    {
        Actorio::Scoped<Counter> counter;
        //! [plain future]
        QFuture<int> length = counter.ask(Length{u"four"_s}); // a plain QFuture from here on
        length.waitForFinished(); // nothing can refuse this, even where it would never end
        //! [plain future]
        QCOMPARE(length.result(), 4);
    }

    void aCircleFails()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
        Actorio::Scoped<Circle> circle;
        QVERIFY_THROWS_EXCEPTION(Actorio::WouldDeadlock, circle.ask(Step{1}).result());
    }

    void parametersByValueOutliveAnAwait()
    {
        Actorio::Scoped<Counter> counter;
        Actorio::Scoped<Adder> adder(counter);
        QCOMPARE(adder.ask(Totals{}).result(), 22);
    }

    void whatMayDieIsGuarded()
    {
        Actorio::Scoped<Counter> counter;
        QObject label;
        Actorio::Scoped<Presenter> presenter({.on = Actorio::sameThread()}, counter, &label);
        QFuture<bool> shown = presenter.ask(Show{});
        QTRY_VERIFY(shown.isFinished());
        QVERIFY(shown.result());
        QCOMPARE(label.property("length").toInt(), 4);
    }

    void deleteLaterMeansStop()
    {
        Actorio::Scoped<Quitter> quitter;
        quitter.tell(Quit{});
        QCOMPARE(quitter.terminated().result(), Actorio::StopReason(Actorio::StopReason::Stopped));
    }

    void inputsTakeTurns()
    {
        Actorio::Inbox log;
        Actorio::Scoped<Counter> counter;
        Actorio::Scoped<Patient> patient(counter, log.ref());
        QCOMPARE(log.waitFor<int>(), 4);
        QCOMPARE(log.waitFor<QString>(), u"timed out"_s);
    }

    void aMakerNamesItsType()
    {
        Actorio::Inbox log;
        QObject file;
        //! [makers]
        Actorio::connect(&file, &QObject::objectNameChanged, log.ref(),
                         [](const QString &name) -> QString { return "now: "_L1 + name; });
        //! [makers]
        file.setObjectName(u"notes"_s);
        QCOMPARE(log.waitFor<QString>(), u"now: notes"_s);
    }

    void callbacksTellTheActor()
    {
        Driver driver;
        Actorio::Inbox log;
        Actorio::Scoped<Scale> scale(&driver, log.ref());
        QCOMPARE(log.waitFor<int>(), 75);
    }

    void aLambdaWithoutCapturesMayBeACoroutine()
    {
        Actorio::Scoped<Counter> counter;
        Actorio::Scoped<Halver> halver(counter);
        QCOMPARE(halver.ask(Totals{}).result(), 2);
    }

    void aDeadContextIsNotCalled()
    {
        Actorio::Scoped<Counter> counter;
        auto window = std::make_unique<QObject>();
        bool isCalled = false;
        QFuture<void> shown =
                counter.ask(Length{u"four"_s}).then(window.get(), [&](int) { isCalled = true; });
        window.reset();
        QTRY_VERIFY(shown.isFinished());
        QVERIFY(shown.isCanceled());
        QVERIFY(!isCalled);
    }

    void moveOnlyMessages()
    {
        Actorio::Scoped<Post> post;
        QCOMPARE(post.ask(Parcel{std::make_unique<QString>(u"four"_s)}).result(), 4);

        Actorio::ActorRef<> untyped = post;
        QCOMPARE(untyped.ask<int>(std::make_unique<QString>(u"four"_s)).result(), 4);
    }

    void moveOnlyMessagesByValueAreForTheTypedPath()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
        Actorio::Scoped<Post> post;
        Actorio::ActorRef<> untyped = post;
        QVERIFY_THROWS_EXCEPTION(Actorio::UnhandledMessage,
                                 untyped.ask<int>(Parcel{std::make_unique<QString>()}).result());
    }

    void repliesWithoutDefaultConstructorAreForTheTypedPath()
    {
        Actorio::Scoped<Editor> editor;
        //! [typed and untyped]
        QCOMPARE(editor.ask(u"one\ntwo"_s).result().line, 1);

        Actorio::ActorRef<> untyped = editor;
        QVERIFY_THROWS_EXCEPTION(Actorio::BrokenPromise,
                                 untyped.ask<Position>(u"one\ntwo"_s).result());
        //! [typed and untyped]
    }

    void typesAreMatchedExactly()
    {
        Actorio::Scoped<Counter> counter;
        Actorio::ActorRef<> untyped = counter;
        //! [exactly]
        // counter.ask(u"four"_s);        does not compile: Counter takes a Length
        // untyped.ask<qint64>(…)         compiles, but Counter answers with an int:
        QVERIFY_THROWS_EXCEPTION(Actorio::BrokenPromise,
                                 untyped.ask<qint64>(Length{u"four"_s}).result());
        QCOMPARE(untyped.ask<int>(Length{u"four"_s}).result(), 4);
        //! [exactly]
    }

    void aParentMayLiveOn()
    {
        Actorio::Inbox log;
        Actorio::Scoped<Parent> parent(log.ref());
        parent.tell(Fail{});
        QCOMPARE(log.waitFor<QString>(), u"broken"_s);
        QVERIFY(parent.isRunning());
    }

    void deadLettersCanBeSeen()
    {
        QTest::ignoreMessage(QtInfoMsg, QRegularExpression(u"^lost: DeadLetter\\(Length"_s));
        Actorio::ActorSystem system;
        //! [dead letters]
        connect(&system, &Actorio::ActorSystem::deadLetter, this,
                [](const Actorio::DeadLetter &letter) { qInfo() << "lost:" << letter; });
        //! [dead letters]
        auto counter = system.spawn<Counter>({.on = Actorio::sameThread()});
        counter.tell(Length{u"four"_s});
        counter.stop(); // before it could take it
        QTRY_VERIFY(!counter.isRunning());
        QCOMPARE(system.deadLetterCount(), 1u);
    }
};

QTEST_GUILESS_MAIN(tst_Pitfalls)
#include "tst_pitfalls.moc"
