// SPDX-License-Identifier: MIT
#pragma once

namespace Actorio {

class Actor;
class ActorSystem;
class Message;
class StopReason;
struct SpawnOptions;

template<class A = Actor>
class ActorRef;
template<class A>
class Scoped;
template<class R>
class Ask;
template<class R>
class Delegated;
template<class R>
class ReplyPromise;

namespace Detail {
class Family;
}

} // namespace Actorio
