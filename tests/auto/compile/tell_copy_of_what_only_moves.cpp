// SPDX-License-Identifier: MIT
// expect: Error: this message type does not copy: std::move() it.
#include "actors.h"

void program(const Actorio::ActorRef<Greeter> &greeter, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    greeter.tell(Owned());
#else
    const Owned owned;
    greeter.tell(owned);
#endif
    Q_UNUSED(greeter);
    Q_UNUSED(any);
}
