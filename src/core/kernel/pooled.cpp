// SPDX-License-Identifier: MIT
#include <Actorio/detail/pooled.h>

#include "kernel/fastthreadlocal_p.h"

#include <array>
#include <mutex>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define ACTORIO_NO_POOL // which would hide from them what is used after its end
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define ACTORIO_NO_POOL
#    endif
#endif

namespace Actorio::Detail {

#ifdef ACTORIO_NO_POOL

void *allocate(std::size_t size)
{
    return ::operator new(size);
}

void deallocate(void *block, std::size_t) noexcept
{
    ::operator delete(block);
}

#else

namespace {

// Blocks come from operator new one by one, and go back to operator delete when nobody is short of them: a flood leaves
// little behind. Sizes are rounded up to whole cache lines; what is larger than all classes is not pooled.
constexpr std::size_t Line = 64;
constexpr std::size_t ClassCount = 8;
constexpr int BatchSize = 32;
constexpr int BatchesKept = 64; // of each class, for all threads

struct Block
{
    Block *next;
};

// A stack of blocks.
struct Stack
{
    Block *first = nullptr;
    int count = 0;

    void push(void *memory) noexcept
    {
        first = new (memory) Block{first};
        ++count;
    }
    void *pop() noexcept
    {
        --count;
        return std::exchange(first, first->next);
    }
};

void release(Stack &stack) noexcept
{
    while (stack.first)
        ::operator delete(stack.pop());
}

// Where threads pass batches on to each other. Leaked: threads may end after static objects have.
struct Depot
{
    std::mutex mutex;
    std::array<Stack, BatchesKept> batches;
    int count = 0;

    bool take(Stack &stack) noexcept
    {
        const std::lock_guard lock(mutex);
        if (count == 0)
            return false;
        stack = std::exchange(batches[std::size_t(--count)], {});
        return true;
    }
    bool give(Stack &stack) noexcept
    {
        const std::lock_guard lock(mutex);
        if (count == BatchesKept)
            return false;
        batches[std::size_t(count++)] = std::exchange(stack, {});
        return true;
    }
};
Depot &depot(std::size_t sizeClass)
{
    static auto *const depots = new std::array<Depot, ClassCount>;
    return (*depots)[sizeClass];
}

// What a thread keeps of one size: it frees into `open` until that is a batch, and then has two.
struct Shelf
{
    Stack open;
    Stack full;
};

// Neither constructed nor destroyed, so that it can be used to the very end of its thread.
struct Cache
{
    std::array<Shelf, ClassCount> shelves;
    enum class State : unsigned char { New, Used, Closed } state;
};
ACTORIO_FAST_THREAD_LOCAL constinit thread_local Cache cache{};

// Empties the cache when its thread ends. What is freed later goes back at once.
struct CacheEnd
{
    ~CacheEnd()
    {
        cache.state = Cache::State::Closed;
        for (std::size_t sizeClass = 0; sizeClass < ClassCount; ++sizeClass) {
            Shelf &shelf = cache.shelves[sizeClass];
            if (shelf.full.count > 0)
                depot(sizeClass).give(shelf.full);
            release(shelf.full);
            release(shelf.open);
        }
    }
};

bool isOpen() noexcept
{
    if (cache.state == Cache::State::New) {
        cache.state = Cache::State::Used;
        thread_local const CacheEnd end;
        static_cast<void>(end);
    }
    return cache.state == Cache::State::Used;
}

void *refill(std::size_t sizeClass)
{
    Shelf &shelf = cache.shelves[sizeClass];
    if (shelf.full.count > 0)
        std::swap(shelf.open, shelf.full);
    else if (!isOpen() || !depot(sizeClass).take(shelf.open))
        return ::operator new((sizeClass + 1) * Line);
    return shelf.open.pop();
}

void putAway(void *block, std::size_t sizeClass) noexcept
{
    if (!isOpen()) {
        ::operator delete(block);
        return;
    }
    Shelf &shelf = cache.shelves[sizeClass];
    if (shelf.open.count == BatchSize) {
        if (shelf.full.count > 0 && !depot(sizeClass).give(shelf.full))
            release(shelf.full);
        shelf.full = std::exchange(shelf.open, {});
    }
    shelf.open.push(block);
}

} // namespace

void *allocate(std::size_t size)
{
    const std::size_t sizeClass = (size - 1) / Line;
    if (sizeClass >= ClassCount)
        return ::operator new(size);
    Stack &open = cache.shelves[sizeClass].open;
    return open.first ? open.pop() : refill(sizeClass);
}

void deallocate(void *block, std::size_t size) noexcept
{
    const std::size_t sizeClass = (size - 1) / Line;
    if (sizeClass >= ClassCount) {
        ::operator delete(block);
        return;
    }
    Stack &open = cache.shelves[sizeClass].open;
    // An empty one may be that of a thread that has ended, or of one that has not begun.
    if (open.count > 0 && open.count < BatchSize)
        open.push(block);
    else
        putAway(block, sizeClass);
}

#endif

} // namespace Actorio::Detail
