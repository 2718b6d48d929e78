// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <cstddef>
#include <new>

namespace Actorio::Detail {

// Memory for what comes and goes by the million, often made in one thread and freed in another, where malloc is slow.
// Each thread keeps some blocks of each size, and passes what it has too many of on to others in batches.
ACTORIO_EXPORT void *allocate(std::size_t size);
ACTORIO_EXPORT void deallocate(void *block, std::size_t size) noexcept;

// A base of classes whose objects live in such memory.
struct Pooled
{
    static void *operator new(std::size_t size) { return allocate(size); }
    static void operator delete(void *block, std::size_t size) noexcept { deallocate(block, size); }
    // What is aligned like a message for vector registers.
    static void *operator new(std::size_t size, std::align_val_t alignment)
    {
        return ::operator new(size, alignment);
    }
    static void operator delete(void *block, std::size_t, std::align_val_t alignment) noexcept
    {
        ::operator delete(block, alignment);
    }
};

} // namespace Actorio::Detail
