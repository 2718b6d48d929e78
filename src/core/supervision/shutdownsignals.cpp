// SPDX-License-Identifier: MIT
#include "supervision/shutdownsignals_p.h"

#include <QtCore/qsocketnotifier.h>

#ifdef Q_OS_UNIX

#    include <atomic>
#    include <cerrno>
#    include <csignal>

#    include <fcntl.h>
#    include <unistd.h>

namespace Actorio::Detail {

namespace {

// A handler may be running in another thread while its owner goes: the pipe stays.
int pipeEnds[2] = {-1, -1};
std::atomic<bool> isTaken{false}; // acquired by who listens, released at its end, with the pipe

bool openPipe()
{
    if (pipeEnds[0] >= 0)
        return true;
    if (::pipe(pipeEnds) != 0)
        return false;
    for (const int end : pipeEnds) {
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
        ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
    return true;
}

extern "C" void actorioSignalCame(int number)
{
    const int error = errno;
    const char which = number == SIGINT ? 'i' : 't';
    // A full pipe tells enough.
    [[maybe_unused]] const auto written = ::write(pipeEnds[1], &which, 1);
    errno = error;
}

class PosixSignals final : public ShutdownSignals
{
public:
    explicit PosixSignals(std::function<void(bool)> came)
        : m_came(std::move(came)), m_notifier(pipeEnds[0], QSocketNotifier::Read)
    {
        QObject::connect(&m_notifier, &QSocketNotifier::activated, &m_notifier, [this] { read(); });
        for (Kind &kind : m_kinds) {
            ::sigaction(kind.number, nullptr, &kind.former);
            if (kind.former.sa_handler == SIG_IGN)
                continue;
            struct sigaction action = {};
            action.sa_handler = actorioSignalCame;
            action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
            ::sigemptyset(&action.sa_mask);
            kind.isOurs = ::sigaction(kind.number, &action, nullptr) == 0;
        }
    }
    ~PosixSignals() override
    {
        for (const Kind &kind : m_kinds) {
            if (kind.isOurs)
                ::sigaction(kind.number, &kind.former, nullptr);
        }
        char which = 0;
        while (::read(pipeEnds[0], &which, 1) == 1) { }
        isTaken.store(false, std::memory_order_release);
    }

private:
    struct Kind
    {
        int number;
        struct sigaction former = {};
        bool isOurs = false;
    };

    void read()
    {
        char which = 0;
        while (::read(pipeEnds[0], &which, 1) == 1)
            m_came(which == 'i');
    }

    const std::function<void(bool)> m_came;
    QSocketNotifier m_notifier;
    Kind m_kinds[2] = {{SIGINT}, {SIGTERM}};
};

} // namespace

std::unique_ptr<ShutdownSignals> ShutdownSignals::listen(std::function<void(bool)> came)
{
    if (isTaken.exchange(true, std::memory_order_acquire))
        return {};
    if (openPipe())
        return std::make_unique<PosixSignals>(std::move(came));
    isTaken.store(false, std::memory_order_release);
    return {};
}

} // namespace Actorio::Detail

#else

namespace Actorio::Detail {

std::unique_ptr<ShutdownSignals> ShutdownSignals::listen(std::function<void(bool)>)
{
    return {};
}

} // namespace Actorio::Detail

#endif
