// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/bridge.h>

#include <vector>

namespace Actorio::Detail {

// The connected signals of an actor, whatever object stands for it. Its thread.
class Bridges
{
public:
    ~Bridges()
    {
        for (const Ref<ActorBridge> &bridge : m_bridges)
            bridge->close();
    }
    void add(Ref<ActorBridge> bridge)
    {
        // Now and then without those that were closed.
        if (m_bridges.size() == m_bridges.capacity())
            std::erase_if(m_bridges, [](const Ref<ActorBridge> &old) { return !old->isOpen(); });
        m_bridges.push_back(std::move(bridge));
    }
    void attach(Actor &actor)
    {
        for (const Ref<ActorBridge> &bridge : m_bridges)
            bridge->attach(actor);
    }

private:
    std::vector<Ref<ActorBridge>> m_bridges;
};

} // namespace Actorio::Detail
