// SPDX-License-Identifier: MIT
// expect: Error: an actor of this class can never be one of that class.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    auto other = any.as<Greeter>();
#else
    auto other = any.as<NoActor>();
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
