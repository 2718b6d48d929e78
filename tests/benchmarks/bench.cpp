// SPDX-License-Identifier: MIT
#include "bench.h"

#include <QtCore/QtGlobal>

#include <cstdio>
#include <cstdlib>

namespace Bench {

namespace {

bool countsAreBroken = false;

// At once: whatever still runs, what it does means nothing any more.
[[noreturn]] void fail()
{
    std::fflush(nullptr);
    std::_Exit(1);
}

} // namespace

void check(const char *what, qint64 seen, qint64 expected)
{
    if (seen == expected && !countsAreBroken)
        return;
    std::fprintf(stderr, "wrong count: %s: %lld, expected %lld\n", what, seen, expected);
    fail();
}

void require(const char *what, bool holds)
{
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    fail();
}

void breakCounts()
{
    countsAreBroken = true;
}

void Tally::waitInLoop(qint64 goal)
{
    QEventLoop loop;
    m_loop = &loop;
    m_goal = goal;
    if (m_count < goal)
        loop.exec();
    m_loop = nullptr;
}

void Tally::finish()
{
    m_finished.release();
    if (m_loop)
        m_loop->quit();
}

void Tally::checkAll() const
{
    checkCount();
    check("the sum of the numbers", m_sum, m_expected * (m_expected - 1) / 2);
}

void Tally::checkCount() const
{
    check("messages", m_count, m_expected);
}

} // namespace Bench
