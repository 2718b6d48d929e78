// SPDX-License-Identifier: MIT
#include "allocationcount.h"

#include <cstddef>

namespace {
thread_local std::int64_t count = 0;
}

std::int64_t Bench::allocationCount()
{
    return count;
}

// Stands before glibc's own, which go on under these names.
extern "C" {

void *__libc_malloc(std::size_t size);
void *__libc_calloc(std::size_t number, std::size_t size);
void *__libc_realloc(void *memory, std::size_t size);
void *__libc_memalign(std::size_t alignment, std::size_t size);

__attribute__((visibility("default"))) void *malloc(std::size_t size)
{
    ++count;
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(std::size_t number, std::size_t size)
{
    ++count;
    return __libc_calloc(number, size);
}

__attribute__((visibility("default"))) void *realloc(void *memory, std::size_t size)
{
    ++count;
    return __libc_realloc(memory, size);
}

__attribute__((visibility("default"))) void *aligned_alloc(std::size_t alignment, std::size_t size)
{
    ++count;
    return __libc_memalign(alignment, size);
}

} // extern "C"
