// SPDX-License-Identifier: MIT
#include "actor/processexit_p.h"

#include "actor/systemcore_p.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qthread.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace Actorio::Detail::ProcessExit {

namespace {

std::atomic<bool> isThreadGivenUp{false};

void atExit(int status)
{
    const QCoreApplication *const application = QCoreApplication::instance();
    SystemCore::shutdownAll();
    // exit() in another thread than main's leaves main() running, in Qt's event loop as a rule.
    const bool isMainRunning = application && application->thread() != QThread::currentThread();
    if (isThreadGivenUp.load() || isMainRunning) {
        std::fflush(nullptr);
        std::_Exit(status);
    }
}

// exit() and a return from main() destroy main's thread_local objects before any static object: this one ends the
// systems of an application that is never destroyed, before a static Scoped, say, waits for its actor.
struct MainThread
{
    ~MainThread() { SystemCore::shutdownAll(); }
};

} // namespace

void watch()
{
    static const bool isWatching = [] {
#ifdef __GLIBC__
        ::on_exit([](int status, void *) { atExit(status); }, nullptr);
#else
        std::atexit([] { atExit(EXIT_SUCCESS); }); // which does not tell the status
#endif
        return true;
    }();
    Q_UNUSED(isWatching);
    const QCoreApplication *const application = QCoreApplication::instance();
    if (application && application->thread() == QThread::currentThread()) {
        thread_local const MainThread mainThread;
        Q_UNUSED(mainThread);
    }
}

void threadGivenUp()
{
    isThreadGivenUp.store(true);
}

} // namespace Actorio::Detail::ProcessExit
