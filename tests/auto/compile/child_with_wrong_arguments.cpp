// SPDX-License-Identifier: MIT
// expect: Error: this actor class has no constructor for these arguments.
#include "actors.h"

void program()
{
#ifdef CONTROL
    auto spec = Actorio::child<Greeter>({}, QString(), 42);
#else
    auto spec = Actorio::child<Greeter>({}, 42);
#endif
    Q_UNUSED(spec);
}
