// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"
#include "life.h"

#include <Actorio/Actorio>

#include <functional>
#include <memory>

class Host;

// What a Host does in its turn.
struct Do
{
    std::function<void(Host &)> code;
};
// The same by a coroutine, or whatever returns a future.
struct Await
{
    std::function<QFuture<int>(Host &)> code;
};

// An actor that does what its test says.
class Host : public Actorio::Actor
{
public:
    explicit Host(std::function<void(Host &)> setUp = {}) : m_setUp(std::move(setUp)) { }

    using Actor::addInput;
    using Actor::addTimer;
    using Actor::busyUntil;
    using Actor::cancelTimer;
    using Actor::currentSender;
    using Actor::self;
    using Actor::stop;

    void receive(const Do &work) { work.code(*this); }
    QFuture<int> receive(const Await &work) { return work.code(*this); }
    void receive(const Pass &pass) { pass.door->pass(); }
    int receive(int number) { return number; }

protected:
    void setUp() override
    {
        if (m_setUp)
            m_setUp(*this);
    }

private:
    const std::function<void(Host &)> m_setUp;
};

// Runs `code` in the actor's turn, and waits for that.
template<std::derived_from<Host> A>
void run(const Actorio::ActorRef<A> &host, std::function<void(Host &)> code)
{
    host.ask(Do{std::move(code)}).waitForFinished();
}
// Until the actor's thread has fired the timers that are due, and the actor has looked at all that was there: its inputs and
// its inbox take turns.
template<std::derived_from<Host> A>
void settle(const Actorio::ActorRef<A> &host)
{
    host.ask(Await{[](Host &) -> QFuture<int> {
            co_await std::chrono::milliseconds(0);
            co_return 0;
        }}).waitForFinished();
    for (int i = 0; i < 3; ++i)
        run(host, [](Host &) {});
}

// A system whose time is the test's, with one thread.
struct Stage
{
    const std::shared_ptr<Actorio::ManualClock> clock = std::make_shared<Actorio::ManualClock>();
    Actorio::ActorSystem system{{.threads = 1, .clock = clock}};
};

// The handler of a timer, that counts.
struct Ticks
{
    auto counter()
    {
        return [this] { ++count; };
    }
    std::atomic<int> count{0};
};
