// SPDX-License-Identifier: MIT
// The strategies beside restart(): stopOnFailure(), escalate(), and functions that choose.
#include "phoenix.h"

#include <QtTest/QTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_Supervision : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        m_parents = std::make_unique<Lives>();
        m_lives = std::make_unique<Lives>();
    }

    void theDefault();
    void escalates_data() { addPlaces(); }
    void escalates();
    void escalatesAFailedStart();
    void escalatesAFailedTearDown();
    void aStopDoesNotEscalate();
    void aParentThatIsRestarted();
    void throughGenerations();
    void aRootEscalates();
    void registeredChildrenEscalate();
    void aFunctionChooses_data();
    void aFunctionChooses();
    void aFunctionThatThrows();
    void aFunctionThatChoosesAFunction();
    void aFunctionSeesTheException();

private:
    ActorRef<Phoenix> spawnChild(const ActorRef<Phoenix> &parent, const Supervision &supervision,
                                 Placement place = pool(), Do setUp = {}, Do tearDown = {})
    {
        ActorRef<Phoenix> child;
        run(parent, [&](Host &host) {
            child = host.spawn<Phoenix>(
                    {.on = place, .name = u"child"_s, .supervision = supervision}, m_lives.get(),
                    setUp, tearDown);
        });
        return child;
    }
    static void expectUnheard(const QString &text)
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(text));
    }

    std::unique_ptr<Lives> m_parents;
    std::unique_ptr<Lives> m_lives;
};

void tst_Supervision::theDefault()
{
    Scoped<Phoenix> parent({.name = u"parent"_s}, m_parents.get());
    spawnChild(parent, stopOnFailure()).tell(boom);
    QTRY_COMPARE(m_parents->journal.entries(), QStringList{u"1 childStopped child"_s});
    spawnChild(parent, {}).tell(boom);
    QTRY_COMPARE(m_parents->journal.entries().size(), 2);
    QVERIFY(parent.isRunning());
}

void tst_Supervision::escalates()
{
    QFETCH(const std::function<Placement()>, place);
    expectUnheard(u"/parent failed.*: boom"_s);
    const auto parent = spawn<Phoenix>({.on = place(), .name = u"parent"_s}, m_parents.get());
    const auto gone = parent.terminated();
    const auto child = spawnChild(parent, escalate(), place());
    const auto childGone = child.terminated();
    child.tell(boom);
    QCOMPARE(waitForEnd(childGone).message(), u"boom"_s);
    const StopReason reason = waitForEnd(gone);
    QVERIFY(reason.isFailure());
    QVERIFY(reason == childGone.result()); // the very exception
    // It was not asked.
    QCOMPARE(m_parents->journal.entries(), QStringList({u"1 tearDown boom"_s, u"1 deleted"_s}));
}

void tst_Supervision::escalatesAFailedStart()
{
    expectUnheard(u"/parent failed.*: boom"_s);
    const auto parent = spawn<Phoenix>({.name = u"parent"_s}, m_parents.get());
    const auto gone = parent.terminated();
    spawnChild(parent, escalate(), pool(), boom);
    QVERIFY(waitForEnd(gone).isFailure());
}

void tst_Supervision::escalatesAFailedTearDown()
{
    expectUnheard(u"/parent failed.*: boom"_s);
    const auto parent = spawn<Phoenix>({.name = u"parent"_s}, m_parents.get());
    const auto gone = parent.terminated();
    const auto child = spawnChild(parent, escalate(), pool(), Do(), boom);
    settle(child);
    child.stop();
    QVERIFY(waitForEnd(gone).isFailure());
}

void tst_Supervision::aStopDoesNotEscalate()
{
    Scoped<Phoenix> parent({.name = u"parent"_s}, m_parents.get());
    spawnChild(parent, escalate()).stop();
    QTRY_COMPARE(m_parents->journal.entries(), QStringList{u"1 childStopped child"_s});
    spawnChild(parent, escalate()).kill();
    QTRY_COMPARE(m_parents->journal.entries().size(), 2);
}

void tst_Supervision::aParentThatIsRestarted()
{
    expectUnheard(u"/parent has failed, and is restarted.*boom"_s);
    Scoped<Phoenix> parent({.name = u"parent"_s, .supervision = restart()}, m_parents.get());
    spawnChild(parent, escalate()).tell(boom);
    QTRY_COMPARE(m_parents->built, 2);
    QCOMPARE(parent.ask(u"hello"_s).result(), u"2"_s);
    QVERIFY(parent.ask(u"hello"_s).result() == u"2"_s);
    spawnChild(parent, escalate()); // its name is free
}

void tst_Supervision::throughGenerations()
{
    expectUnheard(u"/grandparent failed.*: boom"_s);
    Lives grandparents;
    const auto grandparent = spawn<Phoenix>({.name = u"grandparent"_s}, &grandparents);
    const auto gone = grandparent.terminated();
    ActorRef<Phoenix> parent;
    run(grandparent, [&](Host &host) {
        parent = host.spawn<Phoenix>({.name = u"parent"_s, .supervision = escalate()},
                                     m_parents.get());
    });
    spawnChild(parent, escalate()).tell(boom);
    QCOMPARE(waitForEnd(gone).message(), u"boom"_s);
    QCOMPARE(grandparents.journal.entries().filter(u"childStopped"_s), QStringList());
}

void tst_Supervision::aRootEscalates()
{
    expectUnheard(u"/root failed.*: boom"_s);
    const auto root = spawn<Phoenix>({.name = u"root"_s, .supervision = escalate()}, m_lives.get());
    const auto gone = root.terminated();
    root.tell(boom);
    QVERIFY(waitForEnd(gone).isFailure());
}

void tst_Supervision::registeredChildrenEscalate()
{
    expectUnheard(u"/parent failed.*: boom"_s);
    const auto parent = spawn<Phoenix>({.name = u"parent"_s}, m_parents.get());
    const auto gone = parent.terminated();
    run(parent, [](Host &host) {
        host.registerChild(std::make_unique<Host>(), {.supervision = escalate()}).tell(boom);
    });
    QVERIFY(waitForEnd(gone).isFailure());
}

struct Minor : std::runtime_error
{
    using std::runtime_error::runtime_error;
};
struct Major : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

// Restarts after a minor failure, escalates a major one, and stops after all others.
static Supervision choose(std::exception_ptr error)
{
    try {
        std::rethrow_exception(std::move(error));
    } catch (const Minor &) {
        return restart({.limit = 1});
    } catch (const Major &) {
        return escalate();
    } catch (...) {
        return stopOnFailure();
    }
}

void tst_Supervision::aFunctionChooses_data()
{
    QTest::addColumn<Do>("failure");
    QTest::addColumn<QString>("warning");
    QTest::addColumn<int>("built");
    QTest::addColumn<bool>("parentRuns");
    QTest::newRow("restart") << Do([](Host &) { throw Minor("minor"); })
                             << u"child has failed, and is restarted.*minor"_s << 2 << true;
    QTest::newRow("escalate") << Do([](Host &) { throw Major("major"); })
                              << u"/parent failed.*: major"_s << 1 << false;
    QTest::newRow("stop") << boom << QString() << 1 << true;
}

void tst_Supervision::aFunctionChooses()
{
    QFETCH(const Do, failure);
    QFETCH(const QString, warning);
    QFETCH(const int, built);
    QFETCH(const bool, parentRuns);
    if (!warning.isEmpty())
        expectUnheard(warning);
    const auto parent = spawn<Phoenix>({.name = u"parent"_s}, m_parents.get());
    const auto gone = parent.terminated();
    const auto child = spawnChild(parent, choose);
    const auto childGone = child.terminated();
    child.tell(failure);
    if (built == 2) {
        QCOMPARE(child.ask(u"hello"_s).result(), u"2"_s);
        // The limit is that of the choice.
        expectUnheard(u"child has failed again after 1 restarts.*minor"_s);
        child.tell(failure);
    }
    QVERIFY(waitForEnd(childGone).isFailure());
    QCOMPARE(m_lives->built, built);
    if (parentRuns) {
        QTRY_COMPARE(m_parents->journal.entries(), QStringList{u"1 childStopped child"_s});
        parent.stop();
    }
    QCOMPARE(waitForEnd(gone).isFailure(), !parentRuns);
}

void tst_Supervision::aFunctionThatThrows()
{
    expectUnheard(u"The supervision of /parent/child has thrown, so that it stops: unwell"_s);
    Scoped<Phoenix> parent({.name = u"parent"_s}, m_parents.get());
    const auto child = spawnChild(
            parent, [](std::exception_ptr) -> Supervision { throw std::runtime_error("unwell"); });
    const auto gone = child.terminated();
    child.tell(boom);
    QCOMPARE(waitForEnd(gone).message(), u"boom"_s);
    QTRY_COMPARE(m_parents->journal.entries(), QStringList{u"1 childStopped child"_s});
}

void tst_Supervision::aFunctionThatChoosesAFunction()
{
    Scoped<Phoenix> parent({.name = u"parent"_s}, m_parents.get());
    const auto child = spawnChild(parent, [](std::exception_ptr) { return Supervision(choose); });
    const auto gone = child.terminated();
    child.tell(Do([](Host &) { throw Minor("minor"); }));
    QCOMPARE(waitForEnd(gone).message(), u"minor"_s);
    QTRY_COMPARE(m_parents->journal.entries(), QStringList{u"1 childStopped child"_s});
}

void tst_Supervision::aFunctionSeesTheException()
{
    QThread *thread = nullptr;
    QString text;
    Scoped<Phoenix> parent({.name = u"parent"_s}, m_parents.get());
    const auto child = spawnChild(parent, [&](std::exception_ptr error) {
        thread = QThread::currentThread();
        text = StopReason::failure(std::move(error)).message();
        return stopOnFailure();
    });
    QThread *const its = child.ask(Where{}).result();
    const auto gone = child.terminated();
    child.tell(boom);
    QVERIFY(waitForEnd(gone).isFailure());
    QTRY_COMPARE(m_parents->journal.entries(), QStringList{u"1 childStopped child"_s});
    QCOMPARE(text, u"boom"_s);
    QCOMPARE(thread, its);
}

QTEST_GUILESS_MAIN(tst_Supervision)
#include "tst_supervision.moc"
