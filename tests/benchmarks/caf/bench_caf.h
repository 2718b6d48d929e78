// SPDX-License-Identifier: MIT
#pragma once

#include <caf/all.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>

// What the workloads on CAF share. They do what their namesakes in ../bench_*.cpp do, as a user of CAF would write it:
// actors that are functions, an int for a message, atoms where a message needs a name.
namespace BenchCaf {

using Count = std::int64_t;

double tell(Count count);
double tellFour(Count count);
double counting(Count count);
double pingPong(Count count);
double pingPongThreads(Count count);
double ring(Count count);
double askOne(Count count);
double askHundred(Count count);
double askThreads(Count count);
double forkJoin(Count count);

void check(const char *what, Count seen, Count expected);
void breakCounts();

// A system whose scheduler has so many threads.
class System
{
public:
    explicit System(std::size_t threads);
    caf::actor_system &operator*() { return m_system; }
    caf::actor_system *operator->() { return &m_system; }

private:
    struct Config : caf::actor_system_config
    {
        explicit Config(std::size_t threads) { set("scheduler.max-threads", threads); }
    };
    Config m_config;
    caf::actor_system m_system;
};

// Counts what one actor receives and sums it up; another thread waits for all of it.
class Tally
{
public:
    explicit Tally(Count expected) : m_expected(expected) { }
    void count(int number)
    {
        m_sum += number;
        if (++m_count == m_expected)
            m_finished.set_value();
    }
    bool isComplete() const { return m_count >= m_expected; }
    void wait() { m_finished.get_future().wait(); }
    void checkAll() const
    {
        check("messages", m_count, m_expected);
        check("the sum of the numbers", m_sum, m_expected * (m_expected - 1) / 2);
    }

private:
    const Count m_expected;
    Count m_count = 0;
    Count m_sum = 0;
    std::promise<void> m_finished;
};

class Stopwatch
{
public:
    double perSecond(Count count) const
    {
        const std::chrono::duration<double> time = Clock::now() - m_start;
        return static_cast<double>(count) / time.count();
    }

private:
    using Clock = std::chrono::steady_clock;
    const Clock::time_point m_start = Clock::now();
};

} // namespace BenchCaf
