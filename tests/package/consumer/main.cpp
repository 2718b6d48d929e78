// SPDX-License-Identifier: MIT
#include <Actorio/ActorRef>
#include <Actorio/Actorio>
#include <Actorio/actorref.h>

static_assert(ACTORIO_VERSION >= ACTORIO_VERSION_CHECK(0, 1, 0));

int main()
{
    Actorio::ActorRef<> ref;
    return ref ? 1 : 0;
}
