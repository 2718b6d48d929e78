// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/timerheap_p.h"

#include <Actorio/clock.h>
#include <Actorio/detail/anyfuture.h>

#include <QtCore/qmutex.h>
#include <QtCore/qstring.h>

#include <memory>
#include <vector>

namespace Actorio::Detail {

class AskBase;
class ServiceTimer;
class SystemCore;
class WorkerThread;

// A thread of the system, started with its first use, that keeps the timeouts of asks that no actor awaits, and the like,
// so that they never depend on a thread that may be busy, and hears when somebody cancels a future made from an ask.
class ServiceThread
{
public:
    ServiceThread(SystemCore &core, QString name, std::shared_ptr<Clock> clock);
    ~ServiceThread();

    // Any thread.
    // Nothing if it is there already.
    void add(ServiceTimer &timer);
    void remove(ServiceTimer &timer);
    void watch(AnyFuture future, AskBase &ask);
    // Fails what is left and joins the thread, which in itself ends when its caller has returned.
    void end();

private:
    class Servant;
    struct Watched
    {
        AnyFuture future; // with its type: the last typed copy that goes takes the results with it
        AskBase *ask; // held
    };

    void start(); // with the mutex locked
    void wake(); // likewise
    void serve(Servant &servant);

    SystemCore &m_core; // whose member this is
    const QString m_name;
    const std::shared_ptr<Clock> m_clock;
    std::shared_ptr<void> m_jumpToken;
    QMutex m_mutex;
    TimerHeap m_timers;
    std::vector<Watched> m_toWatch; // on their way to the thread
    WorkerThread *m_thread = nullptr;
    Servant *m_servant = nullptr;
    bool m_isEnded = false;
};

} // namespace Actorio::Detail
