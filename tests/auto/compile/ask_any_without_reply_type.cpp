// SPDX-License-Identifier: MIT
// expect: Error: a reference to any actor is asked with the type of the reply: ask<Reply>(message).
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    auto ask = any.ask<QString>(QString());
#else
    auto ask = any.ask(QString());
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
