// SPDX-License-Identifier: MIT
// expect: Error: a timer is a time span or once(), and a handler that takes nothing; or a reference and a message that its actor takes.
#include "actors.h"

class Ticking : public Actorio::Actor
{
    Q_OBJECT
public:
    void onTick();
    void onNumber(int number);
    void tick()
    {
#ifdef CONTROL
        addTimer(std::chrono::seconds(1), &Ticking::onTick);
#else
        addTimer(std::chrono::seconds(1), &Ticking::onNumber);
#endif
    }
};
