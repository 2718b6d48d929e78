// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <vector>

// Questions and their answers. An actor asks within a coroutine and needs no QFuture: the asks of one batch are all
// under way before the first is awaited. Measured in answers.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

struct Question
{
    int value;
};
struct Begin
{
    qint64 questions;
    int batch;
};
struct WhichThread
{
};

class Answerer : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    Bench::Number receive(const Question &question) { return Number{question.value}; }
    quintptr receive(const WhichThread &) { return quintptr(QThread::currentThread()); }
};

class Asker : public Actorio::Actor
{
    Q_OBJECT
public:
    Asker(Tally *tally, Actorio::ActorRef<Answerer> answerer)
        : m_tally(tally), m_answerer(std::move(answerer))
    {
    }

public Q_SLOTS:
    QFuture<void> receive(const Begin &begin)
    {
        const Begin task = begin;
        if (task.batch == 1) {
            for (int i = 0; i < task.questions; ++i) {
                auto ask = m_answerer.ask(Question{i});
                const Number number = co_await std::move(ask);
                m_tally->count(number.value);
            }
            co_return;
        }
        std::vector<Actorio::Ask<Number>> asks;
        asks.reserve(size_t(task.batch));
        for (int next = 0; next < task.questions;) {
            while (next < task.questions && asks.size() < size_t(task.batch))
                asks.push_back(m_answerer.ask(Question{next++}));
            for (auto &ask : asks) {
                const Number number = co_await std::move(ask);
                m_tally->count(number.value);
            }
            asks.clear();
        }
    }
    quintptr receive(const WhichThread &) { return quintptr(QThread::currentThread()); }

private:
    Tally *const m_tally;
    const Actorio::ActorRef<Answerer> m_answerer;
};

double awaitInOneThread(qint64 count, int batch)
{
    Tally tally(count);
    const Actorio::SpawnOptions here{.on = Actorio::mainThread()};
    Actorio::Scoped<Answerer> answerer(here);
    Actorio::Scoped<Asker> asker(here, &tally, answerer);
    const Stopwatch stopwatch;
    asker.tell(Begin{count, batch});
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(count);
    asker.stop();
    tally.checkAll();
    return rate;
}

// The same by addInput(): the handler of one answer asks the next question.
class ListeningAsker : public Actorio::Actor
{
    Q_OBJECT
public:
    ListeningAsker(Tally *tally, Actorio::ActorRef<Answerer> answerer)
        : m_tally(tally), m_answerer(std::move(answerer))
    {
    }

public Q_SLOTS:
    void receive(const Begin &begin)
    {
        m_questions = begin.questions;
        askNext();
    }

private:
    void askNext() { addInput(m_answerer.ask(Question{m_next++}), &ListeningAsker::answered); }
    void answered(const Number &number)
    {
        m_tally->count(number.value);
        if (m_next < m_questions)
            askNext();
    }

    Tally *const m_tally;
    const Actorio::ActorRef<Answerer> m_answerer;
    qint64 m_questions = 0;
    int m_next = 0;
};

double listenInOneThread(qint64 count)
{
    Tally tally(count);
    const Actorio::SpawnOptions here{.on = Actorio::mainThread()};
    Actorio::Scoped<Answerer> answerer(here);
    Actorio::Scoped<ListeningAsker> asker(here, &tally, answerer);
    const Stopwatch stopwatch;
    asker.tell(Begin{count, 1});
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(count);
    asker.stop();
    tally.checkAll();
    return rate;
}

double awaitInTwoThreads(qint64 count)
{
    Tally tally(count);
    Actorio::ActorSystem system({.threads = 2});
    const auto answerer = system.spawn<Answerer>();
    const auto asker = system.spawn<Asker>(&tally, answerer);
    require("two threads",
            answerer.ask(WhichThread{}).result() != asker.ask(WhichThread{}).result());
    const Stopwatch stopwatch;
    asker.tell(Begin{count, 1});
    tally.waitInOtherThread();
    const double rate = stopwatch.perSecond(count);
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return rate;
}

// From code that is no actor, which blocks as a BlockingQueuedConnection does.
double blockForAnswers(qint64 count)
{
    Tally tally(count);
    Actorio::ActorSystem system({.threads = 1});
    const auto answerer = system.spawn<Answerer>();
    const Stopwatch stopwatch;
    for (int i = 0; i < count; ++i)
        tally.count(answerer.ask(Question{i}).result().value);
    const double rate = stopwatch.perSecond(count);
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return rate;
}

// What two that tell each other reach with as many messages under way: the measure for asks within one thread, where a
// BlockingQueuedConnection would never return.
class TellingAsker;
class Echo : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Echo(Actorio::ActorRef<TellingAsker> asker) : m_asker(std::move(asker)) { }

public Q_SLOTS:
    void receive(const Question &question);

private:
    const Actorio::ActorRef<TellingAsker> m_asker;
};

struct BeginTelling
{
    Actorio::ActorRef<Echo> echo;
    Begin task;
};

class TellingAsker : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit TellingAsker(Tally *tally) : m_tally(tally) { }

public Q_SLOTS:
    void receive(const BeginTelling &begin)
    {
        m_begin = begin;
        for (int i = 0; i < begin.task.batch; ++i)
            sendNext();
    }
    void receive(const Bench::Number &number)
    {
        m_tally->count(number.value);
        sendNext();
    }

private:
    void sendNext()
    {
        if (m_next < m_begin.task.questions)
            m_begin.echo.tell(Question{m_next++});
    }

    Tally *const m_tally;
    BeginTelling m_begin = {};
    int m_next = 0;
};

void Echo::receive(const Question &question)
{
    m_asker.tell(Number{question.value});
}

double tellInOneThread(qint64 count, int batch)
{
    Tally tally(count);
    const Actorio::SpawnOptions here{.on = Actorio::mainThread()};
    Actorio::Scoped<TellingAsker> asker(here, &tally);
    Actorio::Scoped<Echo> echo(here, asker);
    const Stopwatch stopwatch;
    asker.tell(BeginTelling{echo, {count, batch}});
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(count);
    asker.stop();
    tally.checkAll();
    return rate;
}

class AnsweringObject : public QObject
{
public:
    Number answer(const Question &question) const { return Number{question.value}; }
};

double blockingQueuedConnection(qint64 count)
{
    Tally tally(count);
    AnsweringObject object;
    WorkerThread thread;
    thread.host(object);
    const Stopwatch stopwatch;
    for (int i = 0; i < count; ++i) {
        Number answer{-1};
        QMetaObject::invokeMethod(
                &object, [&object, question = Question{i}] { return object.answer(question); },
                Qt::BlockingQueuedConnection, &answer);
        tally.count(answer.value);
    }
    const double rate = stopwatch.perSecond(count);
    thread.join();
    tally.checkAll();
    return rate;
}

} // namespace

void addAsk(Workloads &workloads)
{
    const auto with = [](int batch, auto function) {
        return [batch, function](qint64 count) { return function(count, batch); };
    };
    workloads.push_back({u"ask-1"_s,
                         u"answers/s"_s,
                         u"asks within one thread, one under way"_s,
                         {{{}, 1'000'000, with(1, awaitInOneThread)},
                          {u"tells"_s, 1'000'000, with(1, tellInOneThread)},
                          {u"caf"_s, 300'000, {}, {u"bench_caf"_s, u"ask-1"_s}}}});
    workloads.push_back({u"ask-input"_s,
                         u"answers/s"_s,
                         u"asks within one thread, one under way, whose answers are inputs"_s,
                         {{{}, 1'000'000, listenInOneThread},
                          {u"tells"_s, 1'000'000, with(1, tellInOneThread)}}});
    workloads.push_back({u"ask-100"_s,
                         u"answers/s"_s,
                         u"asks within one thread, a hundred under way"_s,
                         {{{}, 1'000'000, with(100, awaitInOneThread)},
                          {u"tells"_s, 1'000'000, with(100, tellInOneThread)},
                          {u"caf"_s, 300'000, {}, {u"bench_caf"_s, u"ask-100"_s}}}});
    workloads.push_back({u"ask-threads"_s,
                         u"answers/s"_s,
                         u"asks to another thread, one under way, awaited"_s,
                         {{{}, 50'000, awaitInTwoThreads},
                          {u"blocking"_s, 10'000, blockingQueuedConnection},
                          {u"result"_s, 10'000, blockForAnswers},
                          {u"caf"_s, 10'000, {}, {u"bench_caf"_s, u"ask-threads"_s}}}});
}

} // namespace Bench

#include "bench_ask.moc"
