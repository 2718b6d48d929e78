// SPDX-License-Identifier: MIT
#pragma once

namespace Actorio {

/// What an actor is told, as a message without a sender, when it has handled no other for as long as `Actor::setReceiveTimeout()` says. The
/// idea is Erlang's `after` and Akka's.
/// \since 0.1
struct ReceiveTimeout
{
};

} // namespace Actorio
