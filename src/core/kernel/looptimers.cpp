// SPDX-License-Identifier: MIT
#include "kernel/looptimers_p.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>

#include <algorithm>
#include <limits>

namespace Actorio::Detail {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

namespace {

// Timers that come at the same multiples wake a thread together. Rounding moves a timer by half a step at most: the 5 %
// that Qt allows a coarse one, the full seconds of a very coarse one. Below 20 ms that would be less than a millisecond.
milliseconds stepOf(Qt::TimerType type, milliseconds interval)
{
    if (type == Qt::PreciseTimer || interval <= 20ms)
        return 0ms;
    if (type == Qt::VeryCoarseTimer)
        return 1s;
    for (const milliseconds step : {1000ms, 500ms, 250ms, 100ms, 50ms, 20ms, 10ms, 4ms}) {
        if (step <= interval / 10)
            return step;
    }
    return 2ms;
}

} // namespace

void LoopTimers::Timer::goOn(TimePoint now)
{
    goOnFrom(ideal + interval < now ? now : ideal, now);
}

void LoopTimers::Timer::goOnFrom(TimePoint from, TimePoint now)
{
    ideal = from + interval;
    // Later than now in any case: a pass fires what was due when it began, each once.
    deadline = std::max(ideal, now + 1ns);
    if (step > 0ms) {
        deadline -= (ideal.time_since_epoch() + step / 2) % step - step / 2;
        if (deadline <= now)
            deadline += step;
    }
}

void LoopTimers::add(int id, milliseconds interval, Qt::TimerType type, QObject *object)
{
    remove(id);
    Timer &timer = m_timers[id];
    timer.id = id;
    timer.serial = ++m_lastSerial;
    timer.object = object;
    timer.type = type;
    timer.interval = interval;
    timer.step = stepOf(type, interval);
    const TimePoint now = Steady::now();
    timer.goOnFrom(now, now);
    m_waiting.add(timer);
}

bool LoopTimers::remove(int id)
{
    const auto timer = m_timers.find(id);
    if (timer == m_timers.end())
        return false;
    if (timer->second.place != TimerEntry::NoPlace)
        m_waiting.remove(timer->second);
    m_timers.erase(timer);
    return true;
}

bool LoopTimers::removeAll(const QObject *object)
{
    if (m_timers.empty())
        return false;
    for (const QAbstractEventDispatcher::TimerInfo &timer : of(object))
        remove(timer.timerId);
    return true;
}

QList<QAbstractEventDispatcher::TimerInfo> LoopTimers::of(const QObject *object) const
{
    QList<QAbstractEventDispatcher::TimerInfo> timers;
    for (const auto &[id, timer] : m_timers) {
        if (timer.object == object)
            timers.append({id, static_cast<int>(timer.interval.count()), timer.type});
    }
    return timers;
}

int LoopTimers::remaining(int id) const
{
    const auto timer = m_timers.find(id);
    if (timer == m_timers.end())
        return -1;
    const auto left = std::chrono::ceil<milliseconds>(timer->second.deadline - Steady::now());
    return static_cast<int>(std::clamp<qint64>(left.count(), 0, std::numeric_limits<int>::max()));
}

bool LoopTimers::fire()
{
    if (m_waiting.isEmpty())
        return false;
    const TimePoint now = Steady::now();
    bool hasFired = false;
    while (auto *const timer = static_cast<Timer *>(m_waiting.takeExpired(now))) {
        timer->goOn(now);
        hasFired = hasFired || timer->interval > 0ms;
        const int id = timer->id;
        const quint64 serial = timer->serial;
        QTimerEvent event(id);
        QCoreApplication::sendEvent(timer->object, &event);
        // The handler may have stopped it, and another may have its number.
        const auto found = m_timers.find(id);
        if (found != m_timers.end() && found->second.serial == serial)
            m_waiting.add(found->second);
    }
    return hasFired;
}

} // namespace Actorio::Detail
