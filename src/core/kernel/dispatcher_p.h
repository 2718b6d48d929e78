// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/slice_p.h"
#include "kernel/spin_p.h"
#include "kernel/timerheap_p.h"

#include <Actorio/clock.h>
#include <Actorio/detail/ref.h>

#include <QtCore/qnamespace.h>
#include <QtCore/qmutex.h>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

QT_BEGIN_NAMESPACE
class QThread;
QT_END_NAMESPACE

namespace Actorio::Detail {

class AskBase;
class Cell;
class Waiter;
class Waker;

// Runs the cells of one system in one thread: keeps those that have something to do in a list, and is woken
// by one posted event, whatever the number of messages. Counted; it outlives its thread.
class ACTORIO_AUTOTEST_EXPORT Dispatcher
{
public:
    enum class Kind { Shared, Dedicated };

    // `emptied` is called in the thread when the last cell has left a dedicated one, or one that is to end.
    Dispatcher(QThread *thread, Kind kind, std::shared_ptr<Clock> clock,
               std::function<void()> emptied = {});
    // One that takes no cells and runs none.
    static Ref<Dispatcher> closed();

    void ref() noexcept { m_references.fetch_add(1, std::memory_order_relaxed); }
    void deref() noexcept
    {
        if (m_references.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete this;
    }

    // Any thread.
    QThread *thread() const noexcept { return m_thread; }
    bool isCurrent() const noexcept;
    // Whether a blocked handler would keep other actors waiting.
    bool isShared() const noexcept { return m_kind == Kind::Shared; }
    // Puts a cell that is not idle any more into the list of those that run next.
    void schedule(Cell *cell);
    // Counts a cell that will live here; false: this thread takes no more. Every cell counted leaves.
    bool admit();
    void leave(const Cell *cell);
    int cellCount() const noexcept { return m_cellCount.load(std::memory_order_acquire); }
    // Takes no more cells.
    void refuseCells();
    // Calls emptied() when the last cell has left, or now if there is none.
    void endWhenEmpty();
    // No more wake-ups; when all cells have left.
    void close();
    bool isClosed() const;
    // Stops its actors when its thread, which is the program's, ends.
    void endWithThread();
    // "actor, handling message since …" when it is inside a handler, else empty.
    QString describeHandler() const;
    // The ask that this thread blocks for; see waitgraph_p.h.
    std::atomic<AskBase *> blockedOn{nullptr};

    // Its own thread.
    void requeue(Cell *cell) { appendReady(cell); }
    enum class DrainFor { Event, Timer };
    void drain(DrainFor cause = DrainFor::Event);
    void wakeIfReady();
    // Every cell that has begun to run here and has not ended.
    std::vector<Ref<Cell>> hostedCells() const;
    void host(Cell *cell);
    void unhost(Cell *cell);
    void addTimer(TimerEntry &entry);
    void removeTimer(TimerEntry &entry);

    // The open dispatchers, of any system, in a thread.
    static std::vector<Ref<Dispatcher>> inThread(const QThread *thread);
    static bool anyInThread(const QThread *thread);
    // Between them, `waiter` is notified when a dispatcher is made in the thread.
    static void addSleeper(const QThread *thread, Waiter &waiter);
    static void removeSleeper(const QThread *thread, Waiter &waiter);
    // Shows what a thread blocks for (null: nothing any more) in its dispatchers, those to come included.
    static void setBlocked(const QThread *thread, AskBase *ask);

private:
    friend class Waker;
    Dispatcher();
    ~Dispatcher();

    void threadFinishes();
    void wake();
    // Null when it is closed; if another thread does that, this one deletes the waker, later.
    Waker *waker() const;
    void appendReady(Cell *cell) noexcept;
    Cell *takeReady() noexcept;
    void takeRemote() noexcept;
    void armTimer();
    void fireTimers();
    bool spin();

    std::atomic<quint32> m_references{0};
    QThread *const m_thread;
    const Kind m_kind;
    const std::shared_ptr<Clock> m_clock;
    const std::function<void()> m_emptied;
    std::shared_ptr<void> m_jumpToken;
    const bool m_isOwnThread; // of the library: it has nothing else to do, and spins

    // Scheduled by other threads, newest first. Push releases, taking acquires: hands the cell over.
    std::atomic<Cell *> m_remote{nullptr};
    // What a wake-up has to do: nothing from when one is posted until the drain that it brings begins; only to say so
    // to a thread that spins.
    enum class Wake : quint8 { None, Posted, Spinning };
    std::atomic<Wake> m_wake{Wake::None};
    // The thread that the waker has run in: written there, compared elsewhere. Relaxed: a thread
    // recognises only its own id, which it wrote itself.
    std::atomic<Qt::HANDLE> m_threadId{nullptr};
    // Cells admitted, not left; changed under the mutex. Release pairs with the acquire in cellCount().
    std::atomic<int> m_cellCount{0};
    // For describeHandler(): relaxed, a glance.
    std::atomic<Cell *> m_running{nullptr};
    std::atomic<qint64> m_runningSince{0};
    // Guards the waker against deletion while another thread posts to it, and the running cell
    // against its end while another thread describes it.
    mutable QMutex m_mutex;
    Waker *m_waker = nullptr;
    bool m_takesCells = true;
    bool m_endsWhenEmpty = false;

    // Its own thread only.
    Cell *m_firstReady = nullptr;
    Cell *m_lastReady = nullptr;
    Cell *m_hosted = nullptr;
    int m_depth = 0;
    SpinCredit m_spinCredit;
    Slice::Steady::time_point m_drainEnd;
    TimerHeap m_timers;
    int m_timerId = 0;
    TimePoint m_timerDeadline = TimePoint::max();
};

} // namespace Actorio::Detail
