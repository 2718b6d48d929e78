// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/spawning.h>
#include <Actorio/detail/timerentry.h>
#include <Actorio/stopreason.h>
#include <Actorio/supervision.h>

#include <deque>
#include <memory>

namespace Actorio::Detail {

class ActorCell;

// The factory of an actor that does not simply stop with its first failure: with its strategy, and what has become of it so far. The
// actor's thread.
class Supervised final : public Factory, public TimerEntry
{
public:
    enum class Decision { Stop, Escalate, Restart };

    // Takes what it needs from it. Without a factory: only for strategies that do not restart.
    explicit Supervised(SpawnRequest &request);
    ~Supervised() override;

    // The factory of an actor that is spawned so.
    static std::unique_ptr<Factory> factoryFor(SpawnRequest &request);
    // Whether a strategy may make an actor anew.
    static bool mayRestart(const Supervision &supervision);

    Actor *make() override;
    Supervised *supervised() noexcept override { return this; }

    // The actor has failed.
    Decision decide(const ActorCell &cell, const std::exception_ptr &error);
    // How often it has been made anew.
    quint32 restarts() const noexcept { return m_restarts; }
    // After decide() has said so; when the time has come, the actor is woken.
    void backOff(ActorCell &cell);
    void stopWaiting();
    bool isWaiting() const noexcept { return m_waiting; }

    // Its setUp() has returned; it has ended.
    void started();
    void ended(const StopReason &reason);
    static void tellStart(QPromise<bool> &promise, const StopReason &reason);
    // Its stop has begun: it has so much time.
    bool hasStopLimit() const noexcept { return m_stopWithin.has_value(); }
    void limitStop(ActorCell &cell);

private:
    class StopTimer final : public TimerEntry
    {
    public:
        void expired() noexcept override;
        ActorCell *cell = nullptr;
    };

    void expired() noexcept override;
    Decision decideRestart(const ActorCell &cell, const RestartOptions &options,
                           const std::exception_ptr &error);

    const std::unique_ptr<Factory> m_factory;
    const Supervision m_supervision;
    const std::optional<std::chrono::milliseconds> m_stopWithin;
    std::unique_ptr<QPromise<bool>> m_started;
    StopTimer m_stopTimer;
    std::deque<TimePoint> m_times; // of the restarts that the limit counts
    TimePoint m_began; // the object that runs, or the last one
    std::chrono::nanoseconds m_delay{0}; // of the restart that has been decided
    quint64 m_inARow = 0;
    quint32 m_restarts = 0;
    ActorCell *m_waiting = nullptr;
};

} // namespace Actorio::Detail
