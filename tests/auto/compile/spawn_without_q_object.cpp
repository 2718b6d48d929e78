// SPDX-License-Identifier: MIT
// expect: Error: this actor class lacks Q_OBJECT.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    auto child = Actorio::spawn<LoudGreeter>();
#else
    auto child = Actorio::spawn<Nameless>();
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
