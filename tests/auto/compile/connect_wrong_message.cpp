// SPDX-License-Identifier: MIT
// expect: Error: connect a signal of an object or an actor with an actor that takes its first argument, or what a function makes of its arguments; or one of an actor with a slot of an object
#include "actors.h"

void program(const QObject *object, const Actorio::ActorRef<Greeter> &greeter)
{
#ifdef CONTROL
    Actorio::connect(object, &QObject::objectNameChanged, greeter);
#else
    Actorio::connect(object, &QObject::objectNameChanged, greeter, [] { return 42; });
#endif
}
