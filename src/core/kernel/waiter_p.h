// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <QtCore/qdeadlinetimer.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>

QT_BEGIN_NAMESPACE
class QAbstractEventDispatcher;
QT_END_NAMESPACE

namespace Actorio::Detail {

// A thread that waits for something that other threads bring about: every join is a waitUntil(). A thread
// that hosts actors goes on running its event loop, without user input, so that they can end; any other
// just sleeps.
class Waiter
{
public:
    Waiter();
    ~Waiter();
    Waiter(const Waiter &) = delete;
    Waiter &operator=(const Waiter &) = delete;

    // The thread that made it. False: the deadline came first.
    bool waitUntil(const std::function<bool()> &isDone, QDeadlineTimer deadline);
    // Sleeps even if the thread hosts actors.
    bool sleepUntil(const std::function<bool()> &isDone, QDeadlineTimer deadline);
    // Any thread, as long as the waiter exists: look again.
    void notify();

private:
    std::mutex m_mutex;
    std::condition_variable m_condition;
    bool m_isNotified = false;
    QAbstractEventDispatcher *m_loop = nullptr;
};

// Something that happens once. Shared by the thread that waits for it and the one that brings it about, since either
// may be gone first.
class Completion
{
public:
    Waiter waiter; // of the thread that made this

    void complete()
    {
        m_isOver.store(true, std::memory_order_release);
        waiter.notify();
    }
    // Waits for it, without running an event loop, or for `isDone`.
    void sleepUntil(const std::function<bool()> &isDone);
    // Acquire: pairs with the release in complete(); what was done before it is seen.
    bool isOver() const noexcept { return m_isOver.load(std::memory_order_acquire); }

private:
    std::atomic<bool> m_isOver{false};
};

} // namespace Actorio::Detail
