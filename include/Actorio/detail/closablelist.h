// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace Actorio::Detail {

// Listeners that wait for something that happens once: any thread adds them, and whoever closes the list gets all, the
// newest first. The closing releases what comes of it to those who find the list closed. `Node` has a `Node *next`.
template<class Node>
class ClosableList
{
public:
    // False: it is closed, and the node is not taken.
    bool add(Node *node) noexcept
    {
        Node *first = m_first.load(std::memory_order_acquire);
        do {
            if (first == closedMark())
                return false;
            node->next = first;
        } while (!m_first.compare_exchange_weak(first, node, std::memory_order_release,
                                                std::memory_order_acquire));
        return true;
    }
    // Once.
    Node *close() noexcept { return m_first.exchange(closedMark(), std::memory_order_acq_rel); }
    bool isClosed() const noexcept
    {
        return m_first.load(std::memory_order_acquire) == closedMark();
    }

private:
    static Node *closedMark() noexcept { return reinterpret_cast<Node *>(std::uintptr_t(1)); }

    std::atomic<Node *> m_first{nullptr};
};

} // namespace Actorio::Detail
