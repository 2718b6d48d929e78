// SPDX-License-Identifier: MIT
#include <Actorio/detail/spawning.h>

#include "actor/actorcell_p.h"
#include "actor/systemcore_p.h"

#include <Actorio/actorsystem.h>

namespace Actorio::Detail {

Factory::~Factory() = default;

Ref<Address> spawnRoot(ActorSystem *system, SpawnRequest request)
{
    return ActorSystem::coreOf(system)->spawn(nullptr, std::move(request));
}

} // namespace Actorio::Detail
