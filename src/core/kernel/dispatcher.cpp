// SPDX-License-Identifier: MIT
#include "kernel/dispatcher_p.h"

#include "kernel/cell_p.h"
#include "kernel/tsan_p.h"
#include "kernel/waker_p.h"

#include <QtCore/qcoreapplication.h>

namespace Actorio::Detail {

void Dispatcher::schedule(Cell *cell)
{
    if (isCurrent()) {
        appendReady(cell);
        // Within a drain the list is looked at again anyway.
        if (m_depth == 0)
            wake();
        return;
    }
    Cell *first = m_remote.load(std::memory_order_relaxed);
    do {
        cell->m_nextReady = first;
        ACTORIO_DELAY_POINT("dispatcher.schedule");
    } while (!m_remote.compare_exchange_weak(first, cell, std::memory_order_release,
                                             std::memory_order_relaxed));
    // Whoever finds the list empty wakes; the others know that somebody does.
    if (!first)
        wake();
}

void Dispatcher::wake()
{
    // Release: pairs with the acquire in drain() and spin().
    if (m_wake.exchange(Wake::Posted, std::memory_order_acq_rel) != Wake::None)
        return;
    ACTORIO_DELAY_POINT("dispatcher.wake");
    const QMutexLocker locker(&m_mutex);
    if (!m_waker)
        return;
    auto *const event = new QEvent(Waker::wakeEventType());
    ACTORIO_TSAN_RELEASE(m_waker);
    QCoreApplication::postEvent(m_waker, event);
}

void Dispatcher::wakeIfReady()
{
    if (m_firstReady || m_remote.load(std::memory_order_relaxed))
        wake();
}

void Dispatcher::drain(DrainFor cause)
{
    // Reads what a wake() wrote, and with it sees the cell that was scheduled before (acquire); or comes first, and
    // that wake() posts another event. For a timer an event that is posted stays so, lest there be one more for each.
    if (cause == DrainFor::Event)
        m_wake.exchange(Wake::None, std::memory_order_acq_rel);
    ++m_depth;
    fireTimers();
    Slice slice;
    if (m_isOwnThread)
        m_spinCredit.slept(slice.lastRead() - m_drainEnd);
    Cell *const outer = m_running.load(std::memory_order_relaxed);
    for (;;) {
        Cell *const cell = takeReady();
        if (!cell) {
            if (m_spinCredit.isThere() && m_depth == 1 && spin())
                continue;
            break;
        }
        m_running.store(cell, std::memory_order_relaxed);
        m_runningSince.store(slice.lastRead().time_since_epoch().count(),
                             std::memory_order_relaxed);
        cell->run(slice);
        if (slice.isOver())
            break;
    }
    m_running.store(outer, std::memory_order_relaxed);
    --m_depth;
    if (m_isOwnThread)
        m_drainEnd = Slice::Steady::now();
    wakeIfReady();
}

// Waits a little for the next wake-up. True: it came, and drain() goes on as if it had been posted.
bool Dispatcher::spin()
{
    m_running.store(nullptr, std::memory_order_relaxed);
    // Whoever wakes from here on finds that it need not post anything. Acquire and release: as in drain() and wake().
    Wake wake = Wake::None;
    const auto isWoken = [this] { return m_wake.load(std::memory_order_relaxed) == Wake::Posted; };
    if (!m_wake.compare_exchange_strong(wake, Wake::Spinning, std::memory_order_acq_rel))
        return false; // one is posted
    Spin::until(isWoken);
    ACTORIO_DELAY_POINT("dispatcher.spin");
    wake = Wake::Spinning;
    if (m_wake.compare_exchange_strong(wake, Wake::None, std::memory_order_acq_rel)) {
        m_spinCredit.spun(false);
        return false;
    }
    m_wake.exchange(Wake::None, std::memory_order_acq_rel);
    m_spinCredit.spun(true);
    fireTimers();
    return true;
}

void Dispatcher::appendReady(Cell *cell) noexcept
{
    cell->m_nextReady = nullptr;
    (m_lastReady ? m_lastReady->m_nextReady : m_firstReady) = cell;
    m_lastReady = cell;
}

Cell *Dispatcher::takeReady() noexcept
{
    if (m_remote.load(std::memory_order_relaxed))
        takeRemote();
    Cell *const cell = m_firstReady;
    if (cell) {
        m_firstReady = cell->m_nextReady;
        if (!m_firstReady)
            m_lastReady = nullptr;
    }
    return cell;
}

void Dispatcher::takeRemote() noexcept
{
    Cell *cell = m_remote.exchange(nullptr, std::memory_order_acquire);
    Cell *oldest = nullptr;
    while (cell) {
        Cell *const next = std::exchange(cell->m_nextReady, oldest);
        oldest = std::exchange(cell, next);
    }
    while (oldest) {
        Cell *const next = oldest->m_nextReady;
        appendReady(oldest);
        oldest = next;
    }
}

bool Dispatcher::admit()
{
    const QMutexLocker locker(&m_mutex);
    if (!m_takesCells)
        return false;
    m_cellCount.fetch_add(1, std::memory_order_relaxed);
    return true;
}

void Dispatcher::leave(const Cell *cell)
{
    bool ends = false;
    {
        const QMutexLocker locker(&m_mutex);
        if (m_running.load(std::memory_order_relaxed) == cell)
            m_running.store(nullptr, std::memory_order_relaxed);
        const bool isEmpty = m_cellCount.fetch_sub(1, std::memory_order_release) == 1;
        if (m_kind == Kind::Dedicated && isEmpty)
            m_takesCells = false;
        ends = isEmpty && m_emptied && (m_kind == Kind::Dedicated || m_endsWhenEmpty);
    }
    if (ends)
        m_emptied();
}

void Dispatcher::endWhenEmpty()
{
    {
        const QMutexLocker locker(&m_mutex);
        m_takesCells = false;
        m_endsWhenEmpty = true;
        if (m_cellCount.load(std::memory_order_relaxed) > 0)
            return;
    }
    m_emptied();
}

void Dispatcher::refuseCells()
{
    const QMutexLocker locker(&m_mutex);
    m_takesCells = false;
}

void Dispatcher::host(Cell *cell)
{
    cell->m_nextHosted = m_hosted;
    cell->m_previousHosted = nullptr;
    if (m_hosted)
        m_hosted->m_previousHosted = cell;
    m_hosted = cell;
}

void Dispatcher::unhost(Cell *cell)
{
    (cell->m_previousHosted ? cell->m_previousHosted->m_nextHosted : m_hosted) = cell->m_nextHosted;
    if (cell->m_nextHosted)
        cell->m_nextHosted->m_previousHosted = cell->m_previousHosted;
}

std::vector<Ref<Cell>> Dispatcher::hostedCells() const
{
    std::vector<Ref<Cell>> cells;
    for (Cell *cell = m_hosted; cell; cell = cell->m_nextHosted)
        cells.emplace_back(cell);
    return cells;
}

void Dispatcher::addTimer(TimerEntry &entry)
{
    m_timers.add(entry);
    armTimer();
}

void Dispatcher::removeTimer(TimerEntry &entry)
{
    if (entry.place != TimerEntry::NoPlace)
        m_timers.remove(entry);
}

void Dispatcher::armTimer()
{
    // One timer for all, for the earliest. One that fires early finds nothing and is armed again: cheaper
    // than restarting it whenever the earliest is taken out.
    const TimePoint earliest = m_timers.earliest();
    Waker *const waker = this->waker();
    if (earliest >= m_timerDeadline || !waker)
        return;
    if (m_timerId)
        waker->killTimer(m_timerId);
    m_timerId = 0;
    m_timerDeadline = TimePoint::max();
    const std::chrono::milliseconds sleep = m_clock->sleepUntil(earliest);
    if (sleep == std::chrono::milliseconds::max())
        return;
    m_timerId = waker->startTimer(sleep, Qt::PreciseTimer);
    m_timerDeadline = earliest;
}

void Dispatcher::fireTimers()
{
    if (m_timers.isEmpty() && !m_timerId)
        return;
    Waker *const waker = this->waker();
    if (!waker)
        return;
    const TimePoint now = m_clock->now();
    if (m_timerId && now >= m_timerDeadline) {
        waker->killTimer(m_timerId);
        m_timerId = 0;
        m_timerDeadline = TimePoint::max();
    }
    while (TimerEntry *const entry = m_timers.takeExpired(now))
        entry->expired();
    armTimer();
}

} // namespace Actorio::Detail
