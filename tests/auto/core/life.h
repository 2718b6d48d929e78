// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/ActorRef>
#include <Actorio/Placement>
#include <Actorio/StopReason>

#include <QtCore/QFuture>
#include <QtCore/QStringList>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

// What became of the actors of a test. Outlives them: a test waits for their end before its own.
struct Life
{
    std::atomic<int> built{0};
    std::atomic<int> setUps{0};
    std::atomic<int> tearDowns{0};
    std::atomic<int> deleted{0};
    // Something ran while a handler or hook of the same actor did, in another thread than the actor's, or after
    // its tearDown().
    std::atomic<int> overlaps{0};
    std::atomic<int> wrongThreads{0};
    std::atomic<int> afterTearDown{0};

    bool isClean() const { return overlaps == 0 && wrongThreads == 0 && afterTearDown == 0; }
    // Every actor was set up, torn down and deleted, once.
    bool isOver(int actors) const
    {
        return isClean() && built == actors && setUps == actors && tearDowns == actors
                && deleted == actors;
    }
    // The same for as many as were made at all.
    bool isBalanced() const { return isClean() && built == deleted && setUps == tearDowns; }
    QByteArray toString() const
    {
        return QStringLiteral("built %1, set up %2, torn down %3, deleted %4, overlaps %5, wrong "
                              "threads %6, "
                              "after tearDown %7")
                .arg(built)
                .arg(setUps)
                .arg(tearDowns)
                .arg(deleted)
                .arg(overlaps)
                .arg(wrongThreads)
                .arg(afterTearDown)
                .toUtf8();
    }
};
#define VERIFY_OVER(life, actors) QVERIFY2((life).isOver(actors), (life).toString().constData())
#define VERIFY_BALANCED(life) QVERIFY2((life).isBalanced(), (life).toString().constData())
#define VERIFY_CLEAN(life) QVERIFY2((life).isClean(), (life).toString().constData())

// What happened, in its order. Any thread.
class Journal
{
public:
    void note(const QString &what)
    {
        const std::lock_guard lock(m_mutex);
        m_entries.append(what);
    }
    void clear()
    {
        const std::lock_guard lock(m_mutex);
        m_entries.clear();
    }
    bool contains(const QString &what) const { return entries().contains(what); }
    QStringList entries() const
    {
        const std::lock_guard lock(m_mutex);
        return QStringList(m_entries.begin(), m_entries.end()); // not shared with who adds
    }

private:
    mutable std::mutex m_mutex;
    QStringList m_entries;
};

// Runs the event loop until `isDone`.
template<class Condition>
bool waitUntil(Condition isDone)
{
    return QTest::qWaitFor(isDone, 20'000);
}
template<class T>
bool waitForFinished(const QFuture<T> &future)
{
    return waitUntil([&] { return future.isFinished(); });
}
// Runs the event loop until the actor has ended; its reason.
inline Actorio::StopReason waitForEnd(const QFuture<Actorio::StopReason> &gone)
{
    return waitForFinished(gone)
            ? gone.result()
            : Actorio::StopReason::failure(std::make_exception_ptr(std::runtime_error("runs on")));
}

using Ends = std::vector<QFuture<Actorio::StopReason>>;
template<class A>
Ends ends(const std::vector<Actorio::ActorRef<A>> &actors)
{
    Ends futures;
    for (const Actorio::ActorRef<A> &actor : actors)
        futures.push_back(actor.terminated());
    return futures;
}
// Runs the event loop until they have ended; whether they all were stopped, in order.
inline bool areStopped(const Ends &gone)
{
    return std::all_of(gone.begin(), gone.end(), [](const QFuture<Actorio::StopReason> &end) {
        return waitForEnd(end).kind() == Actorio::StopReason::Stopped;
    });
}

// Where a test's actors live: in the test's own thread, or in another.
inline Actorio::Placement place(bool isMain)
{
    return isMain ? Actorio::mainThread() : Actorio::pool();
}

// A thread of the user's, with an event loop.
class UserThread : public QThread
{
public:
    UserThread()
    {
        start();
        while (!eventDispatcher())
            yieldCurrentThread();
    }
    ~UserThread() override { end(); }
    bool end()
    {
        quit();
        return wait(20'000);
    }
};
