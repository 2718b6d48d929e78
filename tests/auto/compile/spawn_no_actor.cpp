// SPDX-License-Identifier: MIT
// expect: Error: only a class that derives from Actorio::Actor can be spawned.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    auto child = Actorio::spawn<Greeter>();
#else
    auto child = Actorio::spawn<NoActor>();
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
