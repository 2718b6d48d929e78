// SPDX-License-Identifier: MIT
// The memory of envelopes, cells and coroutines: what is handed out is nobody else's, whichever thread frees it, and what
// is kept for the next is little.
#include <Actorio/detail/pooled.h>

#include <QtTest/QTest>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using Actorio::Detail::allocate;
using Actorio::Detail::deallocate;

namespace {

std::atomic<qint64> blocks{0}; // those that operator new has given out

} // namespace

void *operator new(std::size_t size)
{
    if (void *const memory = std::malloc(size)) {
        blocks.fetch_add(1, std::memory_order_relaxed);
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void *memory) noexcept
{
    if (memory)
        blocks.fetch_sub(1, std::memory_order_relaxed);
    std::free(memory);
}
void operator delete(void *memory, std::size_t) noexcept
{
    operator delete(memory);
}

namespace {

struct Held
{
    void *block;
    std::size_t size;
    unsigned char pattern;

    explicit Held(std::size_t itsSize, unsigned char itsPattern)
        : block(allocate(itsSize)), size(itsSize), pattern(itsPattern)
    {
        std::memset(block, pattern, size);
    }
    // Frees it; whether nobody has written into it.
    bool giveBack() const
    {
        const auto *const bytes = static_cast<const unsigned char *>(block);
        const bool isIntact = std::all_of(bytes, bytes + size,
                                          [this](unsigned char byte) { return byte == pattern; });
        deallocate(block, size);
        return isIntact;
    }
};

} // namespace

class tst_Pooled : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void everySizeIsThere();
    void everyAlignmentIsKept();
    void blocksAreNobodyElses();
    void floodLeavesLittleBehind();
    void threadLeavesNothingBehind();
};

void tst_Pooled::everySizeIsThere()
{
    for (int round = 0; round < 3; ++round) {
        std::vector<Held> held;
        for (std::size_t size = 1; size <= 2'000; ++size)
            held.emplace_back(size, static_cast<unsigned char>(size));
        for (const Held &each : held) {
            QCOMPARE(reinterpret_cast<std::uintptr_t>(each.block) % 16, 0u);
            QVERIFY(each.giveBack());
        }
    }
}

struct alignas(64) Vectors : Actorio::Detail::Pooled
{
    char bytes[64];
};

void tst_Pooled::everyAlignmentIsKept()
{
    std::vector<std::unique_ptr<Vectors>> vectors;
    for (int i = 0; i < 100; ++i) {
        vectors.push_back(std::make_unique<Vectors>());
        QCOMPARE(reinterpret_cast<std::uintptr_t>(vectors.back().get()) % 64, 0u);
    }
}

// Threads make blocks, hand them to each other and free what they are handed.
void tst_Pooled::blocksAreNobodyElses()
{
    constexpr int Threads = 4;
    constexpr int Each = 50'000;
    std::mutex mutex;
    std::vector<Held> market;
    std::atomic<int> broken{0};
    std::vector<std::thread> threads;
    for (int number = 0; number < Threads; ++number) {
        threads.emplace_back([&, number] {
            std::vector<Held> own;
            for (int i = 0; i < Each; ++i) {
                own.emplace_back(std::size_t(1 + (i * 37 + number) % 600),
                                 static_cast<unsigned char>(i + number));
                if (own.size() < 100)
                    continue;
                {
                    const std::lock_guard lock(mutex);
                    own.swap(market);
                }
                for (const Held &each : own)
                    broken += each.giveBack() ? 0 : 1;
                own.clear();
            }
            for (const Held &each : own)
                broken += each.giveBack() ? 0 : 1;
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    for (const Held &each : market)
        broken += each.giveBack() ? 0 : 1;
    QCOMPARE(broken.load(), 0);
}

void tst_Pooled::floodLeavesLittleBehind()
{
    constexpr int Count = 200'000;
    const qint64 before = blocks.load();
    std::vector<void *> flood(Count);
    for (void *&block : flood)
        block = allocate(64);
    QVERIFY(blocks.load() >= before + Count / 2);
    std::thread([&] {
        for (void *const block : flood)
            deallocate(block, 64);
    }).join();
    QVERIFY2(blocks.load() < before + 5'000, qPrintable(QString::number(blocks.load() - before)));
}

// A thread that has freed what others made passes it on when it ends, and does not keep it.
void tst_Pooled::threadLeavesNothingBehind()
{
    const auto work = [] {
        std::vector<void *> own(500);
        for (void *&block : own)
            block = allocate(300);
        for (void *const block : own)
            deallocate(block, 300);
    };
    std::thread(work).join();
    const qint64 before = blocks.load();
    for (int i = 0; i < 200; ++i)
        std::thread(work).join();
    QVERIFY2(blocks.load() < before + 3'000, qPrintable(QString::number(blocks.load() - before)));
}

QTEST_APPLESS_MAIN(tst_Pooled)
#include "tst_pooled.moc"
