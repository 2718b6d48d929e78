// SPDX-License-Identifier: MIT
// Makes the one fault that its argument names.
#include <QtCore/QCoreApplication>
#include <QtCore/QMetaObject>
#include <QtCore/QThread>
#include <QtCore/QThreadPool>

#include <atomic>
#include <cstdio>
#include <limits>
#include <memory>
#include <string_view>
#include <thread>

namespace {

int shared = 0;

// Two threads call it. Both are still there when the other one has: of a thread that has ended, ThreadSanitizer may not know any
// more what it did. Relaxed: hands nothing over.
void touch()
{
    static std::atomic<int> calls{0};
    ++shared;
    calls.fetch_add(1, std::memory_order_relaxed);
    while (calls.load(std::memory_order_relaxed) < 2)
        std::this_thread::yield();
}

void raceInStdThread()
{
    std::thread thread(touch);
    touch();
    thread.join();
}

void raceInQThreadCreate()
{
    const std::unique_ptr<QThread> thread(QThread::create(touch));
    thread->start();
    touch();
    thread->wait();
}

void raceInQThreadEventLoop()
{
    QThread thread;
    QObject receiver;
    receiver.moveToThread(&thread);
    QMetaObject::invokeMethod(
            &receiver,
            [&thread] {
                touch();
                thread.quit();
            },
            Qt::QueuedConnection);
    thread.start();
    touch();
    thread.wait();
}

void raceInThreadPool()
{
    QThreadPool pool;
    pool.start(touch);
    touch();
    pool.waitForDone();
}

void useAfterFree()
{
    int *volatile freed = new int(1);
    delete freed;
    shared = *freed;
}

void leak()
{
    int *volatile leaked = new int(1);
    shared = *leaked;
    leaked = nullptr;
}

void overflow()
{
    volatile int most = std::numeric_limits<int>::max();
    most = most + 1;
}

struct Fault
{
    std::string_view name;
    void (*make)();
};

constexpr Fault Faults[] = {
        {"race-in-std-thread", raceInStdThread},
        {"race-in-qthread-create", raceInQThreadCreate},
        {"race-in-qthread-event-loop", raceInQThreadEventLoop},
        {"race-in-thread-pool", raceInThreadPool},
        {"use-after-free", useAfterFree},
        {"leak", leak},
        {"overflow", overflow},
};

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const std::string_view wanted = argc > 1 ? argv[1] : "";
    for (const Fault &fault : Faults) {
        if (fault.name == wanted) {
            fault.make();
            return 0;
        }
    }
    std::fputs("There is no such fault\n", stderr);
    return 2;
}
