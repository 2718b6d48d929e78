// SPDX-License-Identifier: MIT
#pragma once

#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QThread>

#include <functional>
#include <utility>
#include <vector>

class Client;
using Work = std::function<void(Client &)>;

// Work for a Client, as a message.
struct Do
{
    Work work;
};
// The same, and a future for which it stays busy.
struct DoSlowly
{
    std::function<QFuture<void>(Client &)> work;
};

// Listens to what a test tells it to, and writes down what it hears.
class Client : public Actorio::Actor
{
public:
    explicit Client(Journal *journal, Work atSetUp = {}, Work atTearDown = {})
        : m_journal(*journal), m_thread(QThread::currentThread()), m_atSetUp(std::move(atSetUp)),
          m_atTearDown(std::move(atTearDown))
    {
    }
    using Actor::addInput;
    using Actor::addTimer;
    using Actor::busyUntil;
    using Actor::self;
    using Actor::spawn;
    using Actor::stop;

    // From its handlers.
    void note(const QString &what)
    {
        if (m_isTornDown)
            m_journal.note(QStringLiteral("after tearDown()"));
        if (QThread::currentThread() != m_thread)
            m_journal.note(QStringLiteral("in a wrong thread"));
        m_journal.note(what);
    }

    // Handlers for inputs.
    void onNumber(int number) { note(QString::number(number)); }
    void onReference(const int &number) { note(QString::number(number)); }
    void onNothing() { note(QStringLiteral("nothing")); }
    void onFuture(QFuture<int> future) { note(outcomeOf(future)); }
    void onVoid(QFuture<void> future) { note(outcomeOf(future)); }
    void onEnd(const QString &error) { note(QStringLiteral("end") + error); }
    QFuture<void> waitAwhile()
    {
        note(QStringLiteral("begins"));
        co_await awaited;
        note(QStringLiteral("ends"));
    }

    template<class T>
    static QString outcomeOf(QFuture<T> future)
    {
        try {
            future.waitForFinished();
        } catch (const std::exception &error) {
            return QString::fromUtf8(error.what());
        }
        if constexpr (!std::is_void_v<T>) {
            if (future.resultCount() > 0)
                return QString::number(future.result());
        }
        return future.isCanceled() ? QStringLiteral("cancelled") : QStringLiteral("finished");
    }

    void receive(const Do &message) { message.work(*this); }
    QFuture<void> receive(const DoSlowly &message) { return message.work(*this); }

    // For the work.
    std::vector<Actorio::Input> inputs;
    QFuture<void> awaited;

protected:
    void setUp() override
    {
        if (m_atSetUp)
            m_atSetUp(*this);
    }
    void tearDown(const Actorio::StopReason &) override
    {
        if (m_atTearDown)
            m_atTearDown(*this);
        m_isTornDown = true;
    }

private:
    Journal &m_journal;
    QThread *const m_thread;
    const Work m_atSetUp;
    const Work m_atTearDown;
    bool m_isTornDown = false;
};

// Runs the event loop until the actor has done the work; false: it has not.
inline bool run(const Actorio::ActorRef<Client> &client, Work work)
{
    const QFuture<void> done = client.ask(Do{std::move(work)}).future();
    return waitForFinished(done) && !done.isCanceled();
}
// Gives an actor and its thread the chance to do whatever they wrongly may.
inline bool settle(const Actorio::ActorRef<Client> &client)
{
    for (int i = 0; i < 5; ++i) {
        if (!run(client, [](Client &) {}))
            return false;
    }
    return true;
}

inline QStringList sorted(QStringList list)
{
    list.sort();
    return list;
}

// A promise that has begun, with its future.
template<class T>
struct Awaited
{
    Awaited() { promise.start(); }
    void finish()
        requires std::is_void_v<T>
    {
        promise.finish();
    }
    template<class V>
    void finish(V value)
    {
        promise.addResult(std::move(value));
        promise.finish();
    }
    template<class E>
    void fail(E error)
    {
        promise.setException(std::make_exception_ptr(std::move(error)));
        promise.finish();
    }
    void drop() { QPromise<T>(std::move(promise)); }

    QPromise<T> promise;
    const QFuture<T> future = promise.future();
};

// A factory of futures that have finished already.
inline const auto ready = [] { return QtFuture::makeReadyFuture(7); };
