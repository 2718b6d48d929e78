// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/timerheap_p.h"

#include <QtCore/qabstracteventdispatcher.h>
#include <QtCore/qlist.h>

#include <chrono>
#include <unordered_map>

namespace Actorio::Detail {

// The timers of an event loop, as QObject::startTimer() makes them. Adding, removing and firing one cost O(log n).
// Not thread-safe.
class LoopTimers
{
public:
    void add(int id, std::chrono::milliseconds interval, Qt::TimerType type, QObject *object);
    bool remove(int id);
    bool removeAll(const QObject *object);
    QList<QAbstractEventDispatcher::TimerInfo> of(const QObject *object) const;
    // In milliseconds, rounded up; 0: it is due, -1: there is none.
    int remaining(int id) const;

    // TimePoint::max(): none. One whose handler runs is not looked at: it cannot fire within its own handler.
    TimePoint earliest() const { return m_waiting.earliest(); }
    // Fires what is due, each once. As with Qt's dispatchers, timers of 0 ms do not count as events.
    bool fire();

private:
    struct Timer final : TimerEntry
    {
        void expired() noexcept override { } // fire() does what is to be done
        void goOn(TimePoint now);
        void goOnFrom(TimePoint ideal, TimePoint now);

        int id = 0;
        quint64 serial = 0; // tells it from a later one with the same number
        QObject *object = nullptr;
        Qt::TimerType type = Qt::PreciseTimer;
        std::chrono::milliseconds interval{0};
        std::chrono::milliseconds step{0}; // its deadlines are multiples; 0: it is precise
        TimePoint ideal; // its deadline before it was rounded
    };

    std::unordered_map<int, Timer> m_timers;
    TimerHeap m_waiting; // those whose handlers do not run
    quint64 m_lastSerial = 0;
};

} // namespace Actorio::Detail
