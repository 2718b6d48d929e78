// SPDX-License-Identifier: MIT
#pragma once

#include "raw.h"

#include <Actorio/Actorio>

#include <functional>

// Threads that run an event loop, to compare what they sleep in: each calls functions, and the caller waits for it.
namespace Bench {

// One of Qt's, whichever the process has.
class QtHost
{
public:
    QtHost() { m_thread.host(m_object); }
    ~QtHost() { m_thread.join(); }

    void call(const std::function<void()> &function)
    {
        QMetaObject::invokeMethod(&m_object, function, Qt::BlockingQueuedConnection);
    }

private:
    QObject m_object;
    WorkerThread m_thread;
};

class HostActor : public Actorio::Actor
{
    Q_OBJECT
public:
    struct Call
    {
        std::function<void()> function;
    };

public Q_SLOTS:
    bool receive(const Bench::HostActor::Call &call)
    {
        call.function();
        return true;
    }
};

// A thread of a system, with the library's event dispatcher where there is one.
class ActorHost
{
public:
    void call(const std::function<void()> &function)
    {
        m_actor.ask(HostActor::Call{function}).waitForFinished();
    }

private:
    Actorio::ActorSystem m_system{{.threads = 1, .eventLoop = Actorio::EventLoop::Epoll}};
    const Actorio::ActorRef<HostActor> m_actor = m_system.spawn<HostActor>();
};

} // namespace Bench
