// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/ActorSystem>
#include <Actorio/ManualClock>

#include <atomic>
#include <memory>

// A system whose time is the test's, with one thread.
struct Stage
{
    const std::shared_ptr<Actorio::ManualClock> clock = std::make_shared<Actorio::ManualClock>();
    Actorio::ActorSystem system{{.threads = 1, .clock = clock}};
};

// The handler of a timer, that counts.
struct Ticks
{
    auto counter()
    {
        return [this] { ++count; };
    }
    std::atomic<int> count{0};
};
