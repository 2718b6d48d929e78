// SPDX-License-Identifier: MIT
#include <Actorio/detail/address.h>

namespace Actorio::Detail {

namespace {

// Numbers are handed out to threads in blocks, so that they do not fight for them; unique, not ordered
// between threads.
quint64 nextId() noexcept
{
    constexpr quint64 Block = 1024;
    static std::atomic<quint64> nextBlock{0};
    thread_local quint64 next = 0;
    thread_local quint64 end = 0;
    if (next == end) {
        next = nextBlock.fetch_add(1, std::memory_order_relaxed) * Block + 1;
        end = next + Block;
    }
    return next++;
}

} // namespace

Address::Address() noexcept : m_id(nextId()) { }

Address::~Address() = default;

} // namespace Actorio::Detail
