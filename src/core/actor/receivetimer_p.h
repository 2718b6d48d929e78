// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/timerheap_p.h"

#include <Actorio/detail/counted.h>
#include <Actorio/detail/pooled.h>
#include <Actorio/receivetimeout.h>

#include <chrono>
#include <optional>

namespace Actorio::Detail {

class ActorCell;

// Tells an actor that it has had no message for a while. No message touches the timer: it looks when the last one was over as
// it fires, and then goes on for the rest. Its actor's thread. Counted: by the actor, and by its message on its way.
class ReceiveTimer final : public Counted, public Pooled, private TimerEntry
{
public:
    ReceiveTimer(ActorCell &cell, std::chrono::nanoseconds span);
    ~ReceiveTimer() override;

    // A message has been handled, to the end.
    void messageHandled();
    // For good, also if its message is queued already.
    void close() noexcept;
    // For LazyEnvelope. Nothing: it has been closed, or a message came first.
    std::optional<ReceiveTimeout> take();

private:
    void expired() noexcept override;
    void tell();
    void goOn(TimePoint until);

    ActorCell *m_cell; // null: closed
    const std::chrono::nanoseconds m_span;
    TimePoint m_since;
};

} // namespace Actorio::Detail
