// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QThread>

#include <chrono>
#include <concepts>
#include <functional>
#include <utility>

class Host;

// What a Host is told to do, as a message. The code takes the actor as the class that it is: [](Host &host) { … }, or a
// reference to the test's own class.
template<class R>
class Work
{
public:
    Work() = default;
    template<class Code>
        requires requires(Code code) { std::function(std::move(code)); }
    Work(Code code) : Work(std::function(std::move(code)))
    {
    }
    template<class T, class A>
    Work(std::function<T(A &)> code)
    {
        if (code)
            m_code = [code = std::move(code)](Host &host) { return code(static_cast<A &>(host)); };
    }
    R operator()(Host &host) const { return m_code(host); }
    explicit operator bool() const { return bool(m_code); }

private:
    std::function<R(Host &)> m_code;
};

using Do = Work<void>; // in its turn
using Await = Work<QFuture<int>>; // by a coroutine, or whatever returns a future

// The thread that it was made in.
struct Where
{
};

// An actor that does what its test says, and lets it call what actors keep to themselves.
class Host : public Actorio::Actor
{
public:
    explicit Host(Do setUp = {}, Do tearDown = {})
        : m_setUp(std::move(setUp)), m_tearDown(std::move(tearDown))
    {
    }

    using Actor::addInput;
    using Actor::addTimer;
    using Actor::busyUntil;
    using Actor::cancelTimer;
    using Actor::childActors;
    using Actor::currentMessage;
    using Actor::currentSender;
    using Actor::parentRef;
    using Actor::registerChild;
    using Actor::reply;
    using Actor::self;
    using Actor::spawn;
    using Actor::stop;

    virtual void receive(const Do &work) { work(*this); }
    virtual QFuture<int> receive(const Await &work) { return work(*this); }
    virtual QThread *receive(const Where &) { return m_thread; }
    void receive(const Pass &pass) { pass.door->pass(); }
    int receive(int number) { return number; }

    bool isInItsThread() const
    {
        return QThread::currentThread() == m_thread && thread() == m_thread;
    }

protected:
    void setUp() override
    {
        if (m_setUp)
            m_setUp(*this);
    }
    void tearDown(const Actorio::StopReason &) override
    {
        if (m_tearDown)
            m_tearDown(*this);
    }

private:
    QThread *const m_thread = QThread::currentThread();
    const Do m_setUp;
    const Do m_tearDown;
};

// Waits for the answer, and throws what it is instead: in the event loop, if the actor lives in this thread.
template<class R>
void waitFor(Actorio::Ask<R> ask)
{
    try {
        ask.waitForFinished();
    } catch (const Actorio::WouldDeadlock &) {
        waitForFinished(ask.future());
        ask.waitForFinished();
    }
}

// Runs `code` in the actor's turn, and waits for that.
template<std::derived_from<Host> A>
void run(const Actorio::ActorRef<A> &host, Do code)
{
    waitFor(host.ask(std::move(code)));
}

// Gives an actor and its thread the chance to do whatever they may: until the thread has fired the timers that are due, and
// the actor has looked at all that was there, as its inputs and its inbox take turns.
template<std::derived_from<Host> A>
void settle(const Actorio::ActorRef<A> &host)
{
    waitFor(host.ask(Await([](Host &) -> QFuture<int> {
        co_await std::chrono::milliseconds(0);
        co_return 0;
    })));
    for (int i = 0; i < 5; ++i)
        run(host, [](Host &) {});
}
