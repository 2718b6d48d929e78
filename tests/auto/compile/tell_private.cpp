// SPDX-License-Identifier: MIT
// expect: Error: this actor class has no receive() for exactly this message type.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    any.tell('x');
#else
    greeter.tell('x');
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
