// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/tsan_p.h"

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qstring.h>
#include <QtCore/qthread.h>

#include <functional>

namespace Actorio::Detail {

// A thread of the library's own. What it did is visible to who has joined it.
class WorkerThread final : public QThread
{
public:
    explicit WorkerThread(const QString &name) { setObjectName(name); }

    // Before it starts: what its last act is.
    void atEnd(std::function<void()> act) { m_atEnd = std::move(act); }

    // False: the deadline came first.
    bool join(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever))
    {
        if (!wait(deadline))
            return false;
        ACTORIO_TSAN_ACQUIRE(this);
        return true;
    }

protected:
    void run() override
    {
        exec();
        if (m_atEnd)
            m_atEnd();
        ACTORIO_TSAN_RELEASE(this);
    }

private:
    std::function<void()> m_atEnd;
};

} // namespace Actorio::Detail
