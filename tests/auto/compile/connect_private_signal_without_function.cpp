// SPDX-License-Identifier: MIT
// expect: Error: connect a signal of an object or an actor with an actor that takes its first argument, or what a function makes of its arguments; or one of an actor with a slot of an object
#include "actors.h"

#include <QtCore/QTimer>

void program(const QTimer *timer, const Actorio::ActorRef<> &any)
{
#ifdef CONTROL
    Actorio::connect(timer, &QTimer::timeout, any, [] { return 42; });
#else
    Actorio::connect(timer, &QTimer::timeout, any);
#endif
}
