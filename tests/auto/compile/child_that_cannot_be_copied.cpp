// SPDX-License-Identifier: MIT
// expect: Error: a child is made anew from copies of its arguments: these do not copy.
#include "actors.h"

#include <memory>

struct Keeper : Actorio::Actor
{
    explicit Keeper(std::shared_ptr<int>) { }
};

void program()
{
#ifdef CONTROL
    auto spec = Actorio::child<Keeper>({}, std::make_shared<int>(1));
#else
    auto spec = Actorio::child<Keeper>({}, std::make_unique<int>(1));
#endif
    Q_UNUSED(spec);
}
