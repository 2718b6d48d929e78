// SPDX-License-Identifier: MIT
// expect: Error: this actor class has no receive() for exactly this message type.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    auto ask = greeter.ask<QString>(QString());
#else
    auto ask = greeter.ask<QString>(42);
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
