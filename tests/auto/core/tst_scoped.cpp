// SPDX-License-Identifier: MIT
#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::Scoped;
using Actorio::StopReason;

namespace {

struct Where
{
};
struct Fail
{
};
struct Lodge // in a placement that this makes, in the host's thread
{
    Actorio::Placement (*where)();
};

} // namespace

class Counted : public Actorio::Actor
{
    Q_OBJECT
public:
    Counted() { s_count.fetch_add(1); }
    Counted(QString text, std::unique_ptr<int> number)
        : m_text(std::move(text)), m_number(std::move(number))
    {
        s_count.fetch_add(1);
    }
    ~Counted() override { s_count.fetch_sub(1); }

    static inline std::atomic<int> s_count{0};
    static inline std::atomic<int> s_tornDown{0};

public Q_SLOTS:
    QThread *receive(const Where &) { return QThread::currentThread(); }
    QString receive(const QString &text)
    {
        return m_text + text + QString::number(m_number ? *m_number : 0);
    }
    void receive(const Fail &) { throw std::runtime_error("fails"); }
    void receive(const Pass &pass) { pass.door->pass(); }

protected:
    void tearDown(const StopReason &) override { s_tornDown.fetch_add(1); }

private:
    const QString m_text;
    const std::unique_ptr<int> m_number;
};

class Fragile : public Actorio::Actor
{
    Q_OBJECT
public:
    Fragile() { throw std::runtime_error("is not made"); }
};

// Has a Scoped of its own, for the length of a handler.
class Landlord : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    bool receive(const Lodge &lodge)
    {
        ActorRef<> kept;
        {
            const Scoped<Counted> guest({.on = lodge.where()});
            kept = guest;
            if (!guest.isRunning())
                return false;
        }
        return !kept.isRunning();
    }
};

class tst_Scoped : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        Counted::s_tornDown = 0;
    }
    void cleanup() { QCOMPARE(Counted::s_count.load(), 0); }

    void livesAsLongAsItsScope();
    void isReferenceToItsActor();
    void takesOptionsAndArguments();
    void stopReturnsReason();
    void stopOfFailedActorSaysWhatFailed();
    void stopOfActorThatCouldNotBeMade();
    void endOfScopeWaitsForHandlerInProgress();
    void endOfScopeMakesDeadLettersOfWhatIsQueued();
    void joinsActorOfMainThread();
    void joinsInHandlerOnAnotherThread();
    void joinsInHandlerOnSameThread();
    void adoptsRunningActor();
    void severalMayAdoptOneActor();
    void adoptsNullAndEndedActors();
};

void tst_Scoped::livesAsLongAsItsScope()
{
    ActorRef<Counted> kept;
    {
        const Scoped<Counted> scoped;
        kept = scoped;
        QVERIFY(scoped.ask(Where()).result() != QThread::currentThread());
        QCOMPARE(Counted::s_count.load(), 1);
        QVERIFY(kept.isRunning());
    }
    // Over means over: no handler, no object, no thread of it runs on.
    QVERIFY(!kept.isRunning());
    QCOMPARE(Counted::s_count.load(), 0);
    QCOMPARE(Counted::s_tornDown.load(), 1);
    QVERIFY(kept.terminated().isFinished());
    QVERIFY(!kept.tell(Where()));
}

void tst_Scoped::isReferenceToItsActor()
{
    const Scoped<Counted> scoped({.name = u"scoped"_s});
    const ActorRef<> any = scoped;
    QVERIFY(any == scoped);
    QCOMPARE(any.name(), u"scoped"_s);
    QCOMPARE(scoped.path(), u"/scoped"_s);
    QVERIFY(any.as<Counted>() == scoped);
    QVERIFY(scoped);
}

void tst_Scoped::takesOptionsAndArguments()
{
    const Scoped<Counted> withArguments(u"a"_s, std::make_unique<int>(1));
    QCOMPARE(withArguments.ask(u"-"_s).result(), u"a-1"_s);
    const Scoped<Counted> withBoth({.on = Actorio::dedicatedThread(), .name = u"both"_s}, u"b"_s,
                                   std::make_unique<int>(2));
    QCOMPARE(withBoth.ask(u"-"_s).result(), u"b-2"_s);
    QCOMPARE(withBoth.name(), u"both"_s);
    QObject owner;
    const Scoped<Counted> owned({.owner = &owner});
    QVERIFY(owned.isRunning());
}

void tst_Scoped::stopReturnsReason()
{
    Scoped<Counted> stopped;
    QCOMPARE(stopped.stop().kind(), StopReason::Stopped);
    QVERIFY(!stopped.isRunning());
    QCOMPARE(stopped.stop().kind(), StopReason::Stopped); // a second time as well

    Scoped<Counted> killed;
    killed.kill();
    QCOMPARE(killed.stop().kind(), StopReason::Killed);
}

void tst_Scoped::stopOfFailedActorSaysWhatFailed()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"/failing failed.*: fails$"_s));
    Scoped<Counted> failed({.name = u"failing"_s});
    failed.tell(Fail());
    (void)failed.terminated().result();
    const StopReason reason = failed.stop();
    QVERIFY(reason.isFailure());
    QCOMPARE(reason.message(), u"fails"_s);
    QVERIFY(fails<std::runtime_error>([&] { std::rethrow_exception(reason.exception()); }));
}

void tst_Scoped::stopOfActorThatCouldNotBeMade()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"/fragile failed.*is not made"_s));
    Scoped<Fragile> fragile({.name = u"fragile"_s});
    (void)fragile.terminated().result();
    const StopReason reason = fragile.stop();
    QVERIFY(fails<Actorio::SpawnFailed>([&] { std::rethrow_exception(reason.exception()); }));
}

void tst_Scoped::endOfScopeWaitsForHandlerInProgress()
{
    std::atomic<bool> isOpen{false};
    Gate gate;
    std::thread opener;
    {
        const Scoped<Counted> scoped;
        scoped.tell(gate.pass());
        QVERIFY(gate.isReached());
        opener = std::thread([&, actor = ActorRef<Counted>(scoped)] {
            // Until the end of the scope has asked it to stop.
            while (actor.tell(u"more"_s))
                QThread::yieldCurrentThread();
            isOpen = true;
            gate.open();
        });
    }
    QVERIFY(isOpen);
    QCOMPARE(Counted::s_count.load(), 0);
    opener.join();
}

void tst_Scoped::endOfScopeMakesDeadLettersOfWhatIsQueued()
{
    const quint64 before = Actorio::ActorSystem::instance().deadLetterCount();
    QFuture<QString> asked;
    {
        Scoped<Counted> scoped;
        Gate gate;
        scoped.tell(gate.pass());
        QVERIFY(gate.isReached());
        scoped.tell(u"told"_s);
        asked = scoped.ask(u"asked"_s);
        static_cast<ActorRef<Counted> &>(scoped).stop();
        QVERIFY(fails<Actorio::ActorStopped>([&] { asked.waitForFinished(); }));
        gate.open();
    }
    QCOMPARE(Actorio::ActorSystem::instance().deadLetterCount() - before, quint64(1));
}

void tst_Scoped::joinsActorOfMainThread()
{
    ActorRef<Counted> kept;
    {
        Scoped<Counted> inMain({.on = Actorio::mainThread()});
        kept = inMain;
        QFuture<QThread *> where = inMain.ask(Where());
        QTRY_VERIFY(where.isFinished());
        QVERIFY(where.result() == QThread::currentThread());
        QCOMPARE(inMain.stop().kind(), StopReason::Stopped);
    }
    {
        const Scoped<Counted> neverRun({.on = Actorio::mainThread()});
        neverRun.tell(Where());
    }
    QVERIFY(!kept.isRunning());
}

void tst_Scoped::joinsInHandlerOnAnotherThread()
{
    const Scoped<Landlord> host({.on = Actorio::dedicatedThread()});
    QVERIFY(host.ask(Lodge{[] { return Actorio::pool(); }}).result());
    QVERIFY(host.ask(Lodge{[] { return Actorio::dedicatedThread(); }}).result());
    const Scoped<Landlord> inMain({.on = Actorio::mainThread()});
    const QFuture<bool> joined = inMain.ask(Lodge{[] { return Actorio::pool(); }});
    QTRY_VERIFY(joined.isFinished());
    QVERIFY(joined.result());
}

// The join runs the event loop of the thread that both live in.
void tst_Scoped::joinsInHandlerOnSameThread()
{
    const Scoped<Landlord> inPool;
    QVERIFY(inPool.ask(Lodge{[] { return Actorio::sameThread(); }}).result());
    const Scoped<Landlord> dedicated({.on = Actorio::dedicatedThread()});
    QVERIFY(dedicated.ask(Lodge{[] { return Actorio::sameThread(); }}).result());
    const Scoped<Landlord> inMain({.on = Actorio::mainThread()});
    const QFuture<bool> joined = inMain.ask(Lodge{[] { return Actorio::mainThread(); }});
    QTRY_VERIFY(joined.isFinished());
    QVERIFY(joined.result());
}

void tst_Scoped::adoptsRunningActor()
{
    Actorio::ActorSystem system({.threads = 1});
    const ActorRef<Counted> running = system.spawn<Counted>();
    {
        const Scoped<Counted> scoped(running);
        QVERIFY(scoped == running);
        QCOMPARE(scoped.ask(u"-"_s).result(), u"-0"_s);
    }
    QVERIFY(!running.isRunning());
    QCOMPARE(system.actorCount(), 0);
    QCOMPARE(Counted::s_count.load(), 0);
}

void tst_Scoped::severalMayAdoptOneActor()
{
    const ActorRef<Counted> running = Actorio::spawn<Counted>();
    (void)running.ask(Where()).result(); // it has begun
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            Scoped<Counted> scoped(running);
            if (scoped.stop().kind() != StopReason::Stopped || running.isRunning())
                wrong.fetch_add(1);
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(wrong.load(), 0);
    QCOMPARE(Counted::s_tornDown.load(), 1);
}

void tst_Scoped::adoptsNullAndEndedActors()
{
    Scoped<Counted> nobody{ActorRef<Counted>()};
    QVERIFY(!nobody);
    QCOMPARE(nobody.stop().kind(), StopReason::NoActor);

    const ActorRef<Counted> ended = Actorio::spawn<Counted>();
    ended.kill();
    (void)ended.terminated().result();
    QCOMPARE(Scoped<Counted>(ended).stop().kind(), StopReason::Killed);
}

QTEST_GUILESS_MAIN(tst_Scoped)
#include "tst_scoped.moc"
