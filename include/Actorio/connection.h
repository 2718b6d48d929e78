// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/bridge.h>
#include <Actorio/detail/ref.h>

#include <utility>

namespace Actorio {

/// What Actorio::connect() returns: a hold on the connection. Copies share it; dropping them changes nothing. Any thread.
/// \since 0.1
class ACTORIO_EXPORT Connection
{
public:
    /// One of nothing.
    Connection() noexcept = default;

    /// Ends it. What was emitted before still arrives, but for what atMostEvery() keeps back. Does nothing the second time.
    void disconnect();
    /// Whether both ends are there, as far as one can see from here.
    bool isActive() const;

    /// \cond
    // For the library.
    explicit Connection(Detail::Ref<Detail::Bridge> bridge) noexcept : m_bridge(std::move(bridge))
    {
    }
    /// \endcond

private:
    Detail::Ref<Detail::Bridge> m_bridge;
};

} // namespace Actorio
