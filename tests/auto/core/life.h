// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/ActorRef>
#include <Actorio/StopReason>

#include <QtCore/QFuture>
#include <QtCore/QStringList>
#include <QtTest/QTest>

#include <atomic>
#include <functional>
#include <mutex>

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

// What happened, in its order. Any thread.
class Journal
{
public:
    void note(const QString &what)
    {
        const std::lock_guard lock(m_mutex);
        m_entries.append(what);
    }
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
