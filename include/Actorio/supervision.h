// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <chrono>
#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace Actorio::Detail {
class Supervised;
}

namespace Actorio {

/// How long a restart() waits: `min`, and twice as long each further time, `max` at most. Negative time spans are zero. The formula is
/// Akka's. A value.
/// \since 0.1
struct Backoff
{
    /// Before the first restart. Zero: none of them waits.
    std::chrono::milliseconds min{0};
    /// The longest wait; less than `min` is `min`.
    std::chrono::milliseconds max{0};
    /// A random share of this much of each wait is added to it, so that those that have failed together do not all come back together.
    double jitter = 0.2;
    /// An actor that has run that long without a failure has recovered: its next wait is the first again. Zero: the mean of `min` and `max`, or
    /// RestartOptions::within if they are zero.
    std::chrono::milliseconds resetAfter{0};
};

/// How often and when a restart() makes an actor anew. A value.
/// \since 0.1
struct RestartOptions
{
    /// As a `limit`: none.
    static constexpr int Unlimited = -1;

    /// So many restarts within `within`; with the next failure the actor stops, as by stopOnFailure(). Erlang's "intensity".
    int limit = 5;
    /// See `limit`. Zero and less: ever.
    std::chrono::milliseconds within{10'000};
    /// How long it waits before each.
    Backoff backoff = {};
};

/// What becomes of an actor that fails: the strategy in `SpawnOptions::supervision`. Made by stopOnFailure(), restart() and
/// escalate(), or a function that chooses one of them. A value, cheap to copy.
/// \since 0.1
class ACTORIO_EXPORT Supervision
{
public:
    /// stopOnFailure().
    Supervision() noexcept = default;
    /// `choose(std::exception_ptr)` says with each failure which of them it is. It is called in the actor's thread and must not touch
    /// the actor. If it throws, the actor stops. What it chooses is not a function itself.
    template<class F>
        requires(!std::same_as<F, Supervision>
                 && std::is_invocable_r_v<Supervision, F &, std::exception_ptr>
                 && std::copy_constructible<F>)
    Supervision(F choose) : Supervision(Chooser(std::move(choose)))
    {
    }

private:
    /// \cond
    friend class Detail::Supervised;
    friend ACTORIO_EXPORT Supervision escalate();
    friend ACTORIO_EXPORT Supervision restart(const RestartOptions &options);
    /// \endcond
    using Chooser = std::function<Supervision(std::exception_ptr)>;
    struct Strategy;
    explicit Supervision(Chooser choose);
    explicit Supervision(Strategy strategy);

    std::shared_ptr<const Strategy> m_strategy; // null: stopOnFailure()
};

/// The actor stops, and its parent's `childStopped()` decides. The default.
/// \since 0.1
inline Supervision stopOnFailure() noexcept
{
    return Supervision();
}
/// The actor stops, and its parent fails with the same exception, unasked; that of a root is told like any failure that no parent hears.
/// \since 0.1
ACTORIO_EXPORT Supervision escalate();
/// The actor is made anew behind the same reference, from its constructor's arguments, which are copied. It keeps its inbox, its name, its
/// place, its Actorio::connect()ions and those who watch it, and nobody is told but the log. Its children stop first, the newest first; then
/// the old object is torn down with the failure if its setUp() had returned, and deleted, and its inputs, timers, watches and coroutines with
/// it. The message that it failed with is not handled again: if it was an ask, that gets the exception. What is in the inbox waits meanwhile.
/// A constructor or setUp() that throws counts as any other failure. An actor that is told to stop is not made anew. One whose arguments
/// cannot be copied, or that was made already (`registerChild()`), cannot be spawned with it.
/// \since 0.1
ACTORIO_EXPORT Supervision restart(const RestartOptions &options = {});

} // namespace Actorio
