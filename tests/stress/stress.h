// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/delaypoint_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QDeadlineTimer>
#include <QtCore/QDebug>
#include <QtCore/QLoggingCategory>
#include <QtCore/QThread>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

// What the stress tests share.
namespace Stress {

// `whole` times ACTORIO_STRESS, by default a small part.
inline int count(int whole)
{
    bool isNumber = false;
    const double scale = qEnvironmentVariable("ACTORIO_STRESS").toDouble(&isNumber);
    return std::max(1, static_cast<int>(whole * (isNumber ? scale : 0.02)));
}

// ACTORIO_STRESS_SEED repeats what chance decided; the threads' interleaving it cannot repeat.
inline unsigned seed()
{
    static const unsigned seed = [] {
        bool isNumber = false;
        const unsigned given = qEnvironmentVariable("ACTORIO_STRESS_SEED").toUInt(&isNumber);
        const unsigned chosen = isNumber ? given : std::random_device()();
        qInfo() << "ACTORIO_STRESS_SEED" << chosen;
        return chosen;
    }();
    return seed;
}

// One for each thread.
class Random
{
public:
    Random() : m_generator(seed() + 7'919 * s_made.fetch_add(1)) { }
    // From 0 to `below` - 1.
    int operator()(int below)
    {
        return static_cast<int>(m_generator() % static_cast<unsigned>(below));
    }

private:
    static inline std::atomic<unsigned> s_made{0};
    std::mt19937 m_generator;
};

// Lingers at the delay points, now and then, so that others get into the gap.
inline void linger(const char *)
{
    thread_local Random random;
    const int chance = random(256);
    if (chance >= 12)
        return;
    if (chance < 4) {
        QThread::yieldCurrentThread();
    } else if (chance < 10) {
        std::atomic<int> spins{0};
        for (int end = random(2'000); spins.load(std::memory_order_relaxed) < end;)
            spins.fetch_add(1, std::memory_order_relaxed);
    } else {
        QThread::usleep(static_cast<unsigned long>(random(50)));
    }
}

// Lingers as long as it lives. Without delay points in the library, it does nothing.
class DelayPoints
{
public:
    DelayPoints()
    {
        seed();
        Actorio::Detail::delayHook.store(&linger);
    }
    ~DelayPoints() { Actorio::Detail::delayHook.store(nullptr); }
    DelayPoints(const DelayPoints &) = delete;
    DelayPoints &operator=(const DelayPoints &) = delete;
};

// Runs the event loop until `isDone`. False: that takes longer than a minute.
template<class Predicate>
bool processUntil(Predicate isDone)
{
    const QDeadlineTimer deadline(std::chrono::minutes(1));
    while (!isDone()) {
        if (deadline.hasExpired())
            return false;
        QCoreApplication::processEvents();
        QThread::yieldCurrentThread();
    }
    return true;
}

// Threads that are joined at the end of the scope.
class Threads
{
public:
    template<class Code>
    void start(Code code)
    {
        m_threads.emplace_back(std::move(code));
    }
    void join()
    {
        for (std::thread &thread : m_threads)
            thread.join();
        m_threads.clear();
    }
    ~Threads() { join(); }

private:
    std::vector<std::thread> m_threads;
};

} // namespace Stress
