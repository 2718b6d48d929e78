// SPDX-License-Identifier: MIT
// expect: Error: this actor class has no constructor for these arguments.
#include "actors.h"

class Parent : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(int number)
    {
#ifdef CONTROL
        spawn<Greeter>(QString(), number);
#else
        spawn<Greeter>(number);
#endif
    }
};
