// SPDX-License-Identifier: MIT
// expect: Error: this actor class has no constructor for these arguments.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    auto child = Actorio::spawn<Greeter>(QString(), 42);
#else
    auto child = Actorio::spawn<Greeter>(42);
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
