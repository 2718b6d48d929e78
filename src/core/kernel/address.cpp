// SPDX-License-Identifier: MIT
#include <Actorio/detail/address.h>

#include "kernel/fastthreadlocal_p.h"

namespace Actorio::Detail {

namespace {

// Numbers are handed out to threads in blocks, so that they do not fight for them; unique, not ordered
// between threads.
struct Block
{
    quint64 next;
    quint64 end;
};
ACTORIO_FAST_THREAD_LOCAL constinit thread_local Block block{};

quint64 nextId() noexcept
{
    constexpr quint64 Size = 1024;
    static std::atomic<quint64> nextBlock{0};
    if (block.next == block.end) {
        block.next = nextBlock.fetch_add(1, std::memory_order_relaxed) * Size + 1;
        block.end = block.next + Size;
    }
    return block.next++;
}

} // namespace

Address::Address() noexcept : m_id(nextId()) { }

Address::~Address() = default;

} // namespace Actorio::Detail
