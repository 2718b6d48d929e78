// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/dispatcher_p.h"
#include "kernel/workerthread_p.h"

#include <Actorio/clock.h>
#include <Actorio/detail/ref.h>
#include <Actorio/spawnoptions.h>

#include <QtCore/qmutex.h>
#include <QtCore/qstring.h>
#include <QtCore/qstringlist.h>

#include <memory>
#include <vector>

namespace Actorio {
enum class EventLoop;
}

namespace Actorio::Detail {

// The threads that a system's actors live in: its own, which start with their first actor, and those of the
// program. Any thread may call it.
class Threads
{
public:
    Threads(int poolSize, QString name, EventLoop eventLoop, std::shared_ptr<Clock> clock);
    ~Threads();

    // A dispatcher that has admitted one more cell; null: there is a `problem`.
    Ref<Dispatcher> place(const Placement &placement, QString &problem);
    // Ends and joins the system's threads, which have no cells any more. Those that have are given up: what they
    // are doing is returned.
    QStringList join();
    // A thread in which its own system was shut down, so that it cannot be joined yet.
    static void joinLater(WorkerThread *thread);
    // Joins those: they end when what had shut the system down has returned.
    static void joinThose();

private:
    struct Own
    {
        WorkerThread *thread = nullptr; // leaked if it must be given up
        Ref<Dispatcher> dispatcher;
    };

    Ref<Dispatcher> placeInPool();
    Ref<Dispatcher> placeInDedicatedThread();
    Ref<Dispatcher> placeInThread(QThread *thread, QString &problem);
    Own start(Dispatcher::Kind kind, const QString &name);
    void reap();

    const int m_poolSize;
    const QString m_name;
    const EventLoop m_eventLoop;
    const std::shared_ptr<Clock> m_clock;
    QMutex m_mutex;
    std::vector<Own> m_pool;
    std::vector<Own> m_dedicated;
    std::vector<Ref<Dispatcher>> m_guests; // in threads of the program
    int m_dedicatedStarted = 0;
    bool m_isEnded = false;
};

} // namespace Actorio::Detail
