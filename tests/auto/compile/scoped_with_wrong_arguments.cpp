// SPDX-License-Identifier: MIT
// expect: Error: this actor class has no constructor for these arguments.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    Actorio::Scoped<Greeter> scoped(QString(), 42);
#else
    Actorio::Scoped<Greeter> scoped(42);
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
