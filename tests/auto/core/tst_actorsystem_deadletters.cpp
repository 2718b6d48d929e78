// SPDX-License-Identifier: MIT
// Promise 3: what is sent is handled, refused, or a dead letter that is counted and can be heard of.
#include "gate.h"
#include "system.h"
#include "kernel/delaypoint_p.h"

#include <Actorio/Actorio>

#include <QtCore/QRegularExpression>
#include <QtCore/QScopeGuard>
#include <QtCore/QSet>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::DeadLetter;

namespace {

// What is logged in one category while it lives.
class Log
{
public:
    explicit Log(const char *category) : m_category(category)
    {
        s_log = this;
        m_before = qInstallMessageHandler(&take);
    }
    ~Log()
    {
        qInstallMessageHandler(m_before);
        s_log = nullptr;
    }
    Log(const Log &) = delete;
    Log &operator=(const Log &) = delete;
    QStringList lines() const
    {
        const std::lock_guard lock(m_mutex);
        return QStringList(m_lines.begin(), m_lines.end()); // not shared with who adds
    }
    bool isAllInfo() const
    {
        const std::lock_guard lock(m_mutex);
        return m_isAllInfo;
    }

private:
    static void take(QtMsgType type, const QMessageLogContext &context, const QString &text)
    {
        if (qstrcmp(context.category, s_log->m_category) != 0)
            return s_log->m_before(type, context, text);
        const std::lock_guard lock(s_log->m_mutex);
        s_log->m_lines << text;
        s_log->m_isAllInfo = s_log->m_isAllInfo && type == QtInfoMsg;
    }

    static inline Log *s_log = nullptr;
    const char *const m_category;
    QtMessageHandler m_before = nullptr;
    mutable std::mutex m_mutex;
    QStringList m_lines;
    bool m_isAllInfo = true;
};

} // namespace

class tst_ActorSystemDeadLetters : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void cleanup()
    {
        QCOMPARE(Worker::s_count.load(), 0);
        QCOMPARE(Worker::s_frames.load(), 0);
    }

    void deadLetterOfStoppedActor();
    void deadLetterOfActorThatNeverBegan();
    void lateReplyIsDeadLetter();
    void deadLettersAreHeardInWhicheverThread();
    void everythingIsCountedWhenAnEndIsHeard();
    void firstTenDeadLettersAreLoggedThenTheirCount();
    void promise3_whatIsSentIsHandledOrDeadOrRefused();
};

void tst_ActorSystemDeadLetters::deadLetterOfStoppedActor()
{
    ActorSystem system({.threads = 1});
    Letters letters(system);
    const ActorRef<Worker> worker = system.spawn<Worker>();
    const ActorRef<Worker> sender = system.spawn<Worker>();
    Gate gate;
    worker.tell(gate.pass());
    QVERIFY(gate.isReached());
    QVERIFY(worker.tell(Ping{1}, sender));
    worker.stop();
    QVERIFY(!worker.tell(Ping{2})); // refused, so no dead letter
    gate.open();
    (void)worker.terminated().result();
    const std::vector<DeadLetter> all = letters.all();
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(system.deadLetterCount(), quint64(1));
    QCOMPARE(all[0].cause, DeadLetter::ActorStopped);
    QCOMPARE(all[0].message.get<Ping>()->number, 1);
    QVERIFY(all[0].type == QMetaType::fromType<Ping>());
    QVERIFY(all[0].recipient == worker);
    QVERIFY(all[0].sender == sender);
}

void tst_ActorSystemDeadLetters::deadLetterOfActorThatNeverBegan()
{
    ActorSystem system;
    Letters letters(system);
    const ActorRef<Worker> worker = system.spawn<Worker>({.on = Actorio::mainThread()});
    QVERIFY(worker.tell(Ping()));
    worker.kill();
    QTRY_VERIFY(worker.terminated().isFinished());
    QCOMPARE(letters.count(DeadLetter::ActorStopped), 1);
}

void tst_ActorSystemDeadLetters::lateReplyIsDeadLetter()
{
    ActorSystem system({.threads = 1});
    Letters letters(system);
    const ActorRef<Worker> worker = system.spawn<Worker>({.name = u"replier"_s});
    QCOMPARE(ActorRef<>(worker).ask<int>(AnswerTwice()).result(), 1);
    (void)worker.ask(WhichThread()).result(); // by then it has answered twice
    QCOMPARE(letters.all().size(), std::size_t(1));

    Gate gate;
    Actorio::Ask<int> ask = worker.ask(AnswerLater{gate.pass()});
    QVERIFY(gate.isReached());
    ask.cancel();
    gate.open();
    (void)worker.ask(WhichThread()).result();
    const std::vector<DeadLetter> all = letters.all();
    QCOMPARE(all.size(), std::size_t(2));
    for (const DeadLetter &letter : all) {
        QCOMPARE(letter.cause, DeadLetter::LateReply);
        QVERIFY(letter.type == QMetaType::fromType<int>());
        QVERIFY(letter.recipient.name().contains(u"replier"));
    }
    QCOMPARE(system.deadLetterCount(), quint64(2));
}

void tst_ActorSystemDeadLetters::deadLettersAreHeardInWhicheverThread()
{
    ActorSystem system({.threads = 2});
    std::mutex mutex;
    QSet<Qt::HANDLE> threads;
    QObject context;
    connect(
            &system, &ActorSystem::deadLetter, &context,
            [&](const DeadLetter &) {
                const std::lock_guard lock(mutex);
                threads.insert(QThread::currentThreadId());
            },
            Qt::DirectConnection);
    int queued = 0;
    connect(&system, &ActorSystem::deadLetter, this, [&] { ++queued; });
    const auto worker = system.spawn<Worker>();
    Gate gate;
    QVERIFY(worker.tell(AnswerLater{gate.pass()}));
    QVERIFY(gate.isReached());
    for (int i = 0; i < 3; ++i)
        QVERIFY(worker.tell(Ping()));
    worker.stop();
    gate.open();
    QTRY_COMPARE(queued, 3);
    const std::lock_guard lock(mutex);
    QCOMPARE(threads.size(), 1);
    QVERIFY(!threads.contains(QThread::currentThreadId())); // the actor's
}

// Promise 3, exactly: also for one who hears of the end while another thread is still within its stop().
void tst_ActorSystemDeadLetters::everythingIsCountedWhenAnEndIsHeard()
{
    namespace Detail = Actorio::Detail;
    const auto linger = [](const char *place) {
        if (qstrcmp(place, "cell.raise") == 0)
            QThread::msleep(2);
    };
    Detail::delayHook.store(linger);
    const auto reset = qScopeGuard([] { Detail::delayHook.store(nullptr); });
    ActorSystem system({.threads = 2});
    quint64 accepted = 0;
    std::atomic<int> handled{0};
    for (int round = 0; round < 50; ++round) {
        const auto worker = system.spawn<Worker>({}, &handled);
        Gate gate;
        QVERIFY(worker.tell(gate.pass()));
        QVERIFY(gate.isReached());
        for (int i = 0; i < 10; ++i)
            accepted += worker.tell(Ping());
        std::thread stopper([&] { worker.stop(); });
        while (worker.tell(Ping()))
            ++accepted;
        gate.open();
        worker.terminated().waitForFinished();
        const quint64 counted = system.deadLetterCount() + quint64(handled.load());
        stopper.join();
        QCOMPARE(counted, accepted);
    }
}

void tst_ActorSystemDeadLetters::firstTenDeadLettersAreLoggedThenTheirCount()
{
    const Log log("actorio.deadletters");
    ActorSystem system({.threads = 1});
    const ActorRef<Worker> worker = system.spawn<Worker>({.name = u"mortal"_s});
    Gate gate;
    worker.tell(gate.pass());
    QVERIFY(gate.isReached());
    for (int i = 0; i < 2'500; ++i)
        QVERIFY(worker.tell(Ping{i}));
    worker.kill();
    gate.open();
    (void)worker.terminated().result();
    QVERIFY(system.shutdown());
    const QStringList lines = log.lines();
    QVERIFY(log.isAllInfo());
    QVERIFY(lines.size() > 10);
    for (int i = 0; i < 10; ++i) {
        QVERIFY2(lines[i].contains(u"Ping") && lines[i].contains(u"/mortal")
                         && lines[i].contains(u"ActorStopped"),
                 qPrintable(lines[i]));
    }
    QVERIFY(lines.size() < 20);
    QVERIFY2(lines.last().contains(u"2500"), qPrintable(lines.last()));
    QVERIFY(!lines[10].contains(u"/mortal"));
}

void tst_ActorSystemDeadLetters::promise3_whatIsSentIsHandledOrDeadOrRefused()
{
    constexpr int Senders = 3;
    ActorSystem system({.threads = 2});
    Letters letters(system);
    std::atomic<int> handled{0};
    std::atomic<int> accepted{0};
    std::atomic<int> refused{0};
    std::vector<ActorRef<Worker>> workers;
    for (int i = 0; i < 12; ++i) {
        const auto where = i % 4 == 0 ? Actorio::mainThread() : Actorio::pool();
        workers.push_back(system.spawn<Worker>({.on = where}, &handled));
    }
    std::vector<std::thread> senders;
    for (int sender = 0; sender < Senders; ++sender) {
        senders.emplace_back([&] {
            for (const ActorRef<Worker> &worker : workers) {
                for (int i = 0; i < 200; ++i)
                    (worker.tell(Ping{i}) ? accepted : refused).fetch_add(1);
            }
        });
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
        if (i % 3 == 0)
            workers[i].stop();
        else if (i % 3 == 1)
            workers[i].kill();
        else
            workers[i].drain();
        QThread::yieldCurrentThread();
    }
    for (std::thread &sender : senders)
        sender.join();
    QVERIFY(system.shutdown(1min));
    QCOMPARE(accepted + refused, Senders * 12 * 200);
    QCOMPARE(handled + static_cast<int>(system.deadLetterCount()), accepted.load());
    QCOMPARE(letters.count(DeadLetter::ActorStopped), static_cast<int>(system.deadLetterCount()));
}

QTEST_GUILESS_MAIN(tst_ActorSystemDeadLetters)
#include "tst_actorsystem_deadletters.moc"
