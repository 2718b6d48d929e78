// SPDX-License-Identifier: MIT
// expect: Error: addInput() takes an Ask for good: std::move() it, or pass the call itself.
#include "actors.h"

class Asking : public Actorio::Actor
{
    Q_OBJECT
public:
    void onNumber(double number);
    void hear(const Actorio::ActorRef<Greeter> &greeter)
    {
        auto ask = greeter.ask(42.0);
#ifdef CONTROL
        addInput(std::move(ask), &Asking::onNumber);
#else
        addInput(ask, &Asking::onNumber);
#endif
    }
};
