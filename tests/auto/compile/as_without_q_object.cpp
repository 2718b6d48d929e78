// SPDX-License-Identifier: MIT
// expect: Error: that actor class lacks Q_OBJECT, so that nobody can tell whether an actor is one.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    auto other = greeter.as<LoudGreeter>();
#else
    auto other = greeter.as<Nameless>();
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
