// SPDX-License-Identifier: MIT
#include "kernel/dispatcher_p.h"

#include "kernel/cell_p.h"
#include "kernel/tsan_p.h"
#include "kernel/waiter_p.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qhash.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qobject.h>
#include <QtCore/qthread.h>

#include <algorithm>

namespace Actorio::Detail {

namespace {

// All open dispatchers. Leaked: looked at until the last thread has ended.
struct Registry
{
    QMutex mutex;
    std::vector<Dispatcher *> dispatchers;
    QHash<const QThread *, AskBase *> blocked;
};
Registry &registry()
{
    static auto *const registry = new Registry;
    return *registry;
}

QEvent::Type wakeEventType()
{
    static const int type = QEvent::registerEventType();
    return static_cast<QEvent::Type>(type);
}

} // namespace

// The dispatcher's face to Qt's event loop: an object in its thread.
class Waker final : public QObject
{
public:
    explicit Waker(Dispatcher &dispatcher) : m_dispatcher(&dispatcher) { }

    bool event(QEvent *event) override
    {
        ACTORIO_TSAN_ACQUIRE(this);
        if (event->type() == wakeEventType()) {
            if (!m_isBound)
                bind();
            const Ref<Dispatcher> dispatcher = m_dispatcher;
            dispatcher->drain();
            return true;
        }
        return QObject::event(event);
    }

protected:
    void timerEvent(QTimerEvent *) override
    {
        const Ref<Dispatcher> dispatcher = m_dispatcher;
        dispatcher->drain();
    }

private:
    void bind()
    {
        m_isBound = true;
        m_dispatcher->m_threadId.store(QThread::currentThreadId(), std::memory_order_relaxed);
        // A handler's nested event loop: other cells may be waiting in the list, and the wake-up that was
        // posted for them is what that handler runs in.
        const auto wakeIfReady = [this] { m_dispatcher->wakeIfReady(); };
        QAbstractEventDispatcher *const loop = QAbstractEventDispatcher::instance();
        connect(loop, &QAbstractEventDispatcher::aboutToBlock, this, wakeIfReady,
                Qt::DirectConnection);
        connect(loop, &QAbstractEventDispatcher::awake, this, wakeIfReady, Qt::DirectConnection);
    }

    const Ref<Dispatcher> m_dispatcher;
    bool m_isBound = false;
};

Dispatcher::Dispatcher(QThread *thread, Kind kind, std::shared_ptr<Clock> clock,
                       std::function<void()> emptied)
    : m_thread(thread), m_kind(kind), m_clock(std::move(clock)), m_emptied(std::move(emptied)),
      m_waker(new Waker(*this))
{
    if (thread == QThread::currentThread())
        m_threadId.store(QThread::currentThreadId(), std::memory_order_relaxed);
    else
        m_waker->moveToThread(thread);
    m_jumpToken = m_clock->onJump([this] { wake(); });
    Registry &all = registry();
    const QMutexLocker locker(&all.mutex);
    all.dispatchers.push_back(this);
    blockedOn.store(all.blocked.value(thread), std::memory_order_seq_cst);
}

Dispatcher::Dispatcher() : m_thread(nullptr), m_kind(Kind::Shared), m_takesCells(false) { }

Dispatcher::~Dispatcher() = default;

Ref<Dispatcher> Dispatcher::closed()
{
    return Ref<Dispatcher>(new Dispatcher);
}

bool Dispatcher::isCurrent() const noexcept
{
    return m_threadId.load(std::memory_order_relaxed) == QThread::currentThreadId();
}

std::vector<Ref<Dispatcher>> Dispatcher::inThread(const QThread *thread)
{
    Registry &all = registry();
    const QMutexLocker locker(&all.mutex);
    std::vector<Ref<Dispatcher>> found;
    for (Dispatcher *const dispatcher : all.dispatchers) {
        if (dispatcher->m_thread == thread)
            found.emplace_back(dispatcher);
    }
    return found;
}

bool Dispatcher::anyInThread(const QThread *thread)
{
    return !inThread(thread).empty();
}

void Dispatcher::setBlocked(const QThread *thread, AskBase *ask)
{
    Registry &all = registry();
    const QMutexLocker locker(&all.mutex);
    if (ask)
        all.blocked.insert(thread, ask);
    else
        all.blocked.remove(thread);
    for (Dispatcher *const dispatcher : all.dispatchers) {
        if (dispatcher->m_thread == thread)
            dispatcher->blockedOn.store(ask, std::memory_order_seq_cst);
    }
}

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
    // Release: pairs with the acquire in drain().
    if (m_wakePosted.exchange(true, std::memory_order_acq_rel))
        return;
    ACTORIO_DELAY_POINT("dispatcher.wake");
    const QMutexLocker locker(&m_mutex);
    if (!m_waker)
        return;
    auto *const event = new QEvent(wakeEventType());
    ACTORIO_TSAN_RELEASE(m_waker);
    QCoreApplication::postEvent(m_waker, event);
}

void Dispatcher::wakeIfReady()
{
    if (m_firstReady || m_remote.load(std::memory_order_relaxed))
        wake();
}

void Dispatcher::drain()
{
    // Reads what a wake() wrote, and with it sees the cell that was scheduled before (acquire); or comes first, and
    // that wake() posts another event.
    m_wakePosted.exchange(false, std::memory_order_acq_rel);
    ++m_depth;
    fireTimers();
    Slice slice;
    Cell *const outer = m_running.load(std::memory_order_relaxed);
    while (Cell *const cell = takeReady()) {
        m_running.store(cell, std::memory_order_relaxed);
        m_runningSince.store(slice.lastRead().time_since_epoch().count(),
                             std::memory_order_relaxed);
        cell->run(slice);
        if (slice.isOver())
            break;
    }
    m_running.store(outer, std::memory_order_relaxed);
    --m_depth;
    wakeIfReady();
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

void Dispatcher::leave()
{
    bool ends = false;
    {
        const QMutexLocker locker(&m_mutex);
        if (isCurrent())
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

void Dispatcher::close()
{
    {
        Registry &all = registry();
        const QMutexLocker locker(&all.mutex);
        all.dispatchers.erase(std::remove(all.dispatchers.begin(), all.dispatchers.end(), this),
                              all.dispatchers.end());
    }
    m_jumpToken.reset();
    m_threadId.store(nullptr, std::memory_order_relaxed);
    Waker *waker = nullptr;
    {
        const QMutexLocker locker(&m_mutex);
        m_takesCells = false;
        waker = std::exchange(m_waker, nullptr);
    }
    if (!waker)
        return;
    if (waker->thread() == QThread::currentThread() || m_thread->isFinished())
        delete waker;
    else
        waker->deleteLater();
}

bool Dispatcher::isClosed() const
{
    const QMutexLocker locker(&m_mutex);
    return !m_waker;
}

void Dispatcher::endWithThread()
{
    const auto end = [dispatcher = Ref<Dispatcher>(this)] { dispatcher->threadFinishes(); };
    // In the thread itself, which is about to end.
    QObject::connect(m_thread, &QThread::finished, m_waker, end, Qt::DirectConnection);
    ACTORIO_TSAN_RELEASE(this);
}

QString Dispatcher::describeHandler() const
{
    const QMutexLocker locker(&m_mutex); // the cell cannot leave meanwhile
    const Cell *const cell = m_running.load(std::memory_order_relaxed);
    if (!cell)
        return QStringLiteral("no handler of an actor");
    const Slice::Steady::time_point since{
            Slice::Steady::duration(m_runningSince.load(std::memory_order_relaxed))};
    const auto time =
            std::chrono::duration_cast<std::chrono::milliseconds>(Slice::Steady::now() - since);
    const TypeInterface *const type = cell->handledType();
    return QStringLiteral("%1, handling %2 for some %3 ms")
            .arg(cell->path(), type ? typeName(type) : QStringLiteral("a hook"))
            .arg(time.count());
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

// The thread's event loop has returned for good; its actors stop here and now, since nothing else will
// ever run them: first in order, then what waits for something that cannot come any more.
void Dispatcher::threadFinishes()
{
    ACTORIO_TSAN_ACQUIRE(this);
    refuseCells();
    const auto isEmpty = [this] { return cellCount() == 0; };
    const auto drainFor = [&](std::chrono::milliseconds time) {
        Waiter waiter;
        const QDeadlineTimer deadline(time);
        while (!isEmpty() && !deadline.hasExpired()) {
            for (const Ref<Cell> &cell : hostedCells())
                cell->requestStop(); // those too that begin only now
            drain();
            if (!isEmpty())
                waiter.waitUntil(isEmpty, QDeadlineTimer(1));
        }
    };
    drainFor(std::chrono::milliseconds(100));
    for (const Ref<Cell> &cell : hostedCells())
        cell->requestKill();
    drainFor(std::chrono::seconds(5));
    if (isEmpty())
        close();
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
    if (earliest >= m_timerDeadline || !m_waker)
        return;
    if (m_timerId)
        m_waker->killTimer(m_timerId);
    m_timerId = 0;
    m_timerDeadline = TimePoint::max();
    const std::chrono::milliseconds sleep = m_clock->sleepUntil(earliest);
    if (sleep == std::chrono::milliseconds::max())
        return;
    m_timerId = m_waker->startTimer(sleep, Qt::PreciseTimer);
    m_timerDeadline = earliest;
}

void Dispatcher::fireTimers()
{
    if ((m_timers.isEmpty() && !m_timerId) || isClosed())
        return;
    const TimePoint now = m_clock->now();
    if (m_timerId && now >= m_timerDeadline) {
        m_waker->killTimer(m_timerId);
        m_timerId = 0;
        m_timerDeadline = TimePoint::max();
    }
    while (TimerEntry *const entry = m_timers.takeExpired(now))
        entry->expired();
    armTimer();
}

} // namespace Actorio::Detail
