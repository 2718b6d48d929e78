// SPDX-License-Identifier: MIT
#include "kernel/dispatcher_p.h"

#include "kernel/cell_p.h"
#include "kernel/tsan_p.h"
#include "kernel/waiter_p.h"
#include "kernel/waker_p.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qcoreevent.h>
#include <QtCore/qhash.h>
#include <QtCore/qthread.h>

#include <algorithm>

// How a dispatcher begins in its thread, is found and woken there, and ends with it.

namespace Actorio::Detail {

namespace {

// All open dispatchers. Leaked: looked at until the last thread has ended.
struct Registry
{
    QMutex mutex;
    std::vector<Dispatcher *> dispatchers;
    QHash<const QThread *, AskBase *> blocked;
    // Notified with the mutex locked: a waiter asks for dispatchers without its own.
    QMultiHash<const QThread *, Waiter *> sleepers;
};
Registry &registry()
{
    static auto *const registry = new Registry;
    return *registry;
}

} // namespace

QEvent::Type Waker::wakeEventType()
{
    static const int type = QEvent::registerEventType();
    return static_cast<QEvent::Type>(type);
}

bool Waker::event(QEvent *event)
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

void Waker::timerEvent(QTimerEvent *)
{
    const Ref<Dispatcher> dispatcher = m_dispatcher;
    dispatcher->drain(Dispatcher::DrainFor::Timer);
}

void Waker::bind()
{
    m_isBound = true;
    m_dispatcher->m_threadId.store(QThread::currentThreadId(), std::memory_order_relaxed);
    // A handler's nested event loop: other cells may be waiting in the list, and the wake-up that was
    // posted for them is what that handler runs in.
    const auto wakeIfReady = [this] { m_dispatcher->wakeIfReady(); };
    QAbstractEventDispatcher *const loop = QAbstractEventDispatcher::instance();
    connect(loop, &QAbstractEventDispatcher::aboutToBlock, this, wakeIfReady, Qt::DirectConnection);
    connect(loop, &QAbstractEventDispatcher::awake, this, wakeIfReady, Qt::DirectConnection);
}

Dispatcher::Dispatcher(QThread *thread, Kind kind, std::shared_ptr<Clock> clock,
                       std::function<void()> emptied)
    : m_thread(thread), m_kind(kind), m_clock(std::move(clock)), m_emptied(std::move(emptied)),
      m_isOwnThread(m_emptied != nullptr), m_waker(new Waker(*this))
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
    for (Waiter *const waiter : all.sleepers.values(thread))
        waiter->notify(); // from now on it runs the event loop
}

Dispatcher::Dispatcher()
    : m_thread(nullptr), m_kind(Kind::Shared), m_isOwnThread(false), m_takesCells(false)
{
}

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
    Registry &all = registry();
    const QMutexLocker locker(&all.mutex);
    return std::any_of(
            all.dispatchers.begin(), all.dispatchers.end(),
            [=](const Dispatcher *dispatcher) { return dispatcher->m_thread == thread; });
}

void Dispatcher::addSleeper(const QThread *thread, Waiter &waiter)
{
    Registry &all = registry();
    const QMutexLocker locker(&all.mutex);
    all.sleepers.insert(thread, &waiter);
}

void Dispatcher::removeSleeper(const QThread *thread, Waiter &waiter)
{
    Registry &all = registry();
    const QMutexLocker locker(&all.mutex);
    all.sleepers.remove(thread, &waiter);
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

void Dispatcher::close()
{
    {
        Registry &all = registry();
        const QMutexLocker locker(&all.mutex);
        all.dispatchers.erase(std::remove(all.dispatchers.begin(), all.dispatchers.end(), this),
                              all.dispatchers.end());
    }
    m_threadId.store(nullptr, std::memory_order_relaxed);
    Waker *waker = nullptr;
    std::shared_ptr<void>
            jumpToken; // dropped outside: a jump holds the clock's mutex and takes ours
    {
        const QMutexLocker locker(&m_mutex);
        m_takesCells = false;
        jumpToken.swap(m_jumpToken);
        waker = std::exchange(m_waker, nullptr);
    }
    jumpToken.reset();
    if (!waker)
        return;
    if (waker->thread() == QThread::currentThread() || m_thread->isFinished()) {
        delete waker;
        return;
    }
    ACTORIO_TSAN_RELEASE(waker);
    waker->deleteLater();
}

Waker *Dispatcher::waker() const
{
    const QMutexLocker locker(&m_mutex);
    return m_waker;
}

bool Dispatcher::isClosed() const
{
    return !waker();
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

// The thread's event loop has returned for good; its actors stop here and now, since nothing else will
// ever run them: first in order, then without waiting for futures, at last without waiting for children in other
// threads, one of which may be waiting for this one.
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
    drainFor(std::chrono::milliseconds(500));
    for (const Ref<Cell> &cell : hostedCells())
        cell->requestKill();
    drainFor(std::chrono::milliseconds(500));
    for (const Ref<Cell> &cell : hostedCells())
        cell->abandon();
    drainFor(std::chrono::seconds(5));
    if (isEmpty())
        close();
}

} // namespace Actorio::Detail
