// SPDX-License-Identifier: MIT
// ActorSystem::registry(): actors are found by names.
#include "phoenix.h"
#include "stage.h"

#include <QtTest/QTest>

#include <array>
#include <memory>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

// Another class than Host.
class Other : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(int number) { return number; }
};

class tst_Registry : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        m_system = std::make_unique<ActorSystem>();
    }
    void cleanup() { m_system.reset(); }

    void isFound();
    void oneAName();
    void severalNames();
    void isTakenBack();
    void whoCannotHaveOne();
    void isFreeWhenItsEndIsHeard_data() { addPlaces(); }
    void isFreeWhenItsEndIsHeard();
    void staysOverARestart();
    void keepsNobodyRunning();
    void waits_data();
    void waits();
    void waitsForItsClass();
    void waitsNoMore();
    void waitsUntilTheSystemEnds();
    void oneWinner();
    void comingAndGoing();

private:
    Registry &names() { return m_system->registry(); }

    std::unique_ptr<ActorSystem> m_system;
};

void tst_Registry::isFound()
{
    const auto actor = m_system->spawn<Host>();
    QVERIFY(!names().find(u"it"_s));
    QVERIFY(names().add(u"it"_s, actor));
    QCOMPARE(names().find(u"it"_s), actor);
    QVERIFY(!names().find<Other>(u"it"_s));
    const auto other = m_system->spawn<Other>();
    QVERIFY(names().add(u"it too"_s, other));
    QCOMPARE(names().find<Other>(u"it too"_s).ask(7).result(), 7);
    QVERIFY(!names().find(u"other"_s));
    QVERIFY(!ActorSystem::instance().registry().find(u"it"_s)); // a system has its own
    QCOMPARE(names().names(), QStringList({u"it"_s, u"it too"_s}));
}

void tst_Registry::oneAName()
{
    const auto one = m_system->spawn<Other>();
    const auto two = m_system->spawn<Other>();
    QVERIFY(names().add(u"it"_s, one));
    QVERIFY(!names().add(u"it"_s, two));
    QVERIFY(!names().add(u"it"_s, one));
    QCOMPARE(names().find(u"it"_s), one);
}

void tst_Registry::severalNames()
{
    const auto actor = m_system->spawn<Other>();
    QVERIFY(names().add(u"b"_s, actor));
    QVERIFY(names().add(u"a"_s, actor));
    QCOMPARE(names().names(), QStringList({u"a"_s, u"b"_s}));
    actor.stop();
    QVERIFY(waitForFinished(actor.terminated()));
    QCOMPARE(names().names(), QStringList());
}

void tst_Registry::isTakenBack()
{
    const auto one = m_system->spawn<Other>();
    const auto two = m_system->spawn<Other>();
    QVERIFY(names().add(u"it"_s, one));
    QVERIFY(!names().remove(u"it"_s, two));
    QVERIFY(names().remove(u"it"_s, one));
    QVERIFY(!names().remove(u"it"_s, one));
    QVERIFY(!names().find(u"it"_s));
    QVERIFY(names().add(u"it"_s, two));
    QVERIFY(names().remove(u"it"_s));
    QVERIFY(!names().remove(u"it"_s));
    QVERIFY(names().add(u"it"_s, one)); // again
    one.stop();
    QVERIFY(waitForFinished(one.terminated()));
    QVERIFY(!names().find(u"it"_s));
}

void tst_Registry::whoCannotHaveOne()
{
    const auto actor = m_system->spawn<Other>();
    QCOMPARE(errorOf<Error>([&] { names().add({}, actor); }),
             actor.path() + u" cannot be registered by an empty name"_s);
    QVERIFY(fails<Error>([&] { names().add({}, {}); }));
    QVERIFY(!names().add(u"it"_s, {}));
    actor.stop();
    QVERIFY(waitForFinished(actor.terminated()));
    QVERIFY(!names().add(u"it"_s, actor));
    Inbox inbox;
    QVERIFY(!names().add(u"it"_s, inbox.ref())); // no actor: its end would not be heard of
    QCOMPARE(names().names(), QStringList());
}

// To its parent, to who watches it, and to who has its future.
void tst_Registry::isFreeWhenItsEndIsHeard()
{
    QFETCH(const std::function<Placement()>, place);
    struct Parent : Host
    {
        explicit Parent(Registry *registry, std::atomic<int> *heard)
            : m_registry(*registry), m_heard(*heard)
        {
        }
        void childStopped(const ChildStopped &) override
        {
            m_heard += m_registry.find(u"it"_s) ? 100 : 1;
        }
        Registry &m_registry;
        std::atomic<int> &m_heard;
    };
    std::atomic<int> heard{0};
    const auto parent = m_system->spawn<Parent>({.on = place()}, &names(), &heard);
    for (int i = 1; i <= 20; ++i) {
        ActorRef<Host> child;
        run(parent, [&](Host &host) { child = host.spawn<Host>({.on = place()}); });
        QVERIFY(names().add(u"it"_s, child));
        auto gone = child.terminated();
        QFuture<void> after = gone.then([&](const StopReason &) { // in the thread that it ends in
            heard += names().find(u"it"_s) ? 100 : 1;
        });
        child.stop();
        QTRY_COMPARE(heard, 2 * i);
    }
    const auto gone = parent.terminated();
    parent.stop();
    QVERIFY(waitForFinished(gone));
}

void tst_Registry::staysOverARestart()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"is restarted"_s));
    Lives lives;
    const auto phoenix = m_system->spawn<Phoenix>({.supervision = restart()}, &lives);
    QVERIFY(names().add(u"it"_s, phoenix));
    phoenix.tell(boom);
    QCOMPARE(names().find<Phoenix>(u"it"_s).ask(u"hello"_s).result(), u"2"_s);
    m_system.reset();
}

void tst_Registry::keepsNobodyRunning()
{
    const auto owner = std::make_unique<QObject>();
    {
        const Scoped<Other> scoped;
        QVERIFY(ActorSystem::instance().registry().add(u"scoped"_s, scoped));
    }
    QVERIFY(!ActorSystem::instance().registry().find(u"scoped"_s));
}

void tst_Registry::waits_data()
{
    QTest::addColumn<bool>("isThere");
    QTest::newRow("it is there") << true;
    QTest::newRow("it comes") << false;
}

void tst_Registry::waits()
{
    QFETCH(const bool, isThere);
    const auto actor = m_system->spawn<Other>();
    if (isThere)
        QVERIFY(names().add(u"it"_s, actor));
    const auto found = names().waitFor<Other>(u"it"_s);
    const auto again = names().waitFor(u"it"_s);
    const auto else_ = names().waitFor(u"else"_s);
    QCOMPARE(found.isFinished(), isThere);
    if (!isThere)
        QVERIFY(names().add(u"it"_s, actor));
    QVERIFY(found.isFinished() && again.isFinished() && !else_.isFinished());
    QCOMPARE(found.result(), actor);
    QCOMPARE(again.result(), actor);
}

void tst_Registry::waitsForItsClass()
{
    const auto host = m_system->spawn<Host>();
    const auto other = m_system->spawn<Other>();
    QVERIFY(names().add(u"it"_s, host));
    const auto found = names().waitFor<Other>(u"it"_s);
    QVERIFY(!found.isFinished());
    QVERIFY(names().remove(u"it"_s));
    QVERIFY(names().add(u"it"_s, other));
    QVERIFY(found.isFinished());
    QCOMPARE(found.result(), other);
}

void tst_Registry::waitsNoMore()
{
    auto found = names().waitFor(u"it"_s);
    found.cancel();
    const auto actor = m_system->spawn<Other>();
    QVERIFY(names().add(u"it"_s, actor));
    QCOMPARE(found.resultCount(), 0);
}

void tst_Registry::waitsUntilTheSystemEnds()
{
    const auto found = names().waitFor(u"it"_s);
    QVERIFY(m_system->shutdown());
    QVERIFY(found.isCanceled() && found.isFinished());
    ActorSystem *const other = new ActorSystem;
    const auto never = other->registry().waitFor(u"it"_s);
    delete other;
    QVERIFY(never.isCanceled() && never.isFinished());
}

void tst_Registry::oneWinner()
{
    for (int round = 0; round < 200; ++round) {
        const QString name = QString::number(round);
        std::array<ActorRef<>, 4> actors;
        for (ActorRef<> &actor : actors)
            actor = m_system->spawn<Other>();
        std::atomic<int> winners{0};
        std::vector<std::thread> threads;
        for (const ActorRef<> &actor : actors)
            threads.emplace_back([&] { winners += names().add(name, actor) ? 1 : 0; });
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(winners, 1);
        QCOMPARE(std::count(actors.begin(), actors.end(), names().find(name)), 1);
        for (const ActorRef<> &actor : actors)
            actor.stop();
    }
    QTRY_COMPARE(m_system->actorCount(), 0);
    QTRY_COMPARE(names().names(), QStringList());
}

// While one thread takes the name for ever new actors, and ends them, others look for it and wait for it.
void tst_Registry::comingAndGoing()
{
    constexpr int Rounds = 500;
    std::atomic<bool> isOver{false};
    std::atomic<int> wrong{0};
    std::thread looks([&] {
        while (!isOver) {
            const auto found = names().find<Other>(u"it"_s);
            if (found && found.path().isEmpty())
                ++wrong;
        }
    });
    std::thread waits([&] {
        while (!isOver) {
            auto found = names().waitFor<Other>(u"it"_s);
            while (!found.isFinished() && !isOver)
                std::this_thread::yield();
            found.cancel();
        }
    });
    for (int round = 0; round < Rounds; ++round) {
        const auto actor = m_system->spawn<Other>();
        const auto gone = actor.terminated();
        QVERIFY(names().add(u"it"_s, actor));
        if (round % 2)
            actor.stop();
        else
            actor.kill();
        while (!gone.isFinished())
            std::this_thread::yield();
    }
    isOver = true;
    looks.join();
    waits.join();
    QCOMPARE(wrong, 0);
    QCOMPARE(names().names(), QStringList());
}

QTEST_GUILESS_MAIN(tst_Registry)
#include "tst_registry.moc"
