// SPDX-License-Identifier: MIT
// expect: Error: an actor of this class can never be one of that class.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    auto other = greeter.as<LoudGreeter>();
#else
    auto other = greeter.as<Stranger>();
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
