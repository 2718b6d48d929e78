// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/timerentry.h>

#include <QtCore/qhash.h>
#include <QtCore/qsocketnotifier.h>

#include <sys/epoll.h>

#include <array>
#include <poll.h>
#include <span>
#include <utility>
#include <vector>

namespace Actorio::Detail {

// The socket notifiers of an event loop, in one epoll instance. The kernel is told what they want just before a wait, and
// only of what has changed by then. Not thread-safe.
class EpollSet
{
public:
    using Ready = std::array<epoll_event, 256>;

    // `wakeUp`, an eventfd, ends a wait whenever it is written; nobody need read it.
    explicit EpollSet(int wakeUp);
    ~EpollSet();
    EpollSet(const EpollSet &) = delete;

    bool isValid() const { return m_epoll >= 0; }
    bool isEmpty() const { return m_watches.isEmpty(); }
    void add(QSocketNotifier *notifier);
    void remove(QSocketNotifier *notifier);

    // Before each wait.
    void update();
    // Something is ready already, without a wait.
    bool isReady() const { return !m_alwaysReady.empty() || !m_writable.empty(); }
    // What is ready, or becomes so before `until`: in the front of `ready`. Empty also when it was woken.
    std::span<const epoll_event> wait(TimePoint until, Ready &ready);
    // How many notifiers were activated. Their handlers may do anything, also wait again.
    int activate(std::span<const epoll_event> ready);

private:
    struct Watch
    {
        uint32_t wanted() const;

        std::array<QSocketNotifier *, 3> notifiers{}; // by QSocketNotifier::Type
        uint32_t registered = 0; // what the kernel was told last
        uint32_t generation = 0; // of the registration
        bool hasChanged = false; // is in m_changed
        // The number may stand for another descriptor than the registered one: it had no notifier for a moment, in which
        // it may have been closed and opened again.
        bool isDoubtful = false;
        bool isAlwaysReady = false; // as regular files are
        bool wasAsked = false; // see ask()
    };

    void change(int descriptor, Watch &watch);
    void ask();
    void tell(int descriptor, Watch &watch);
    void disable(int descriptor, int error);
    void rebuild();
    void inspect(int descriptor);
    int activateOne(int descriptor, uint32_t events, quint64 round);

    const int m_wakeUp;
    int m_epoll;
    QHash<int, Watch> m_watches; // by descriptor
    std::vector<int> m_changed;
    std::vector<int> m_alwaysReady;
    std::vector<pollfd> m_asked;
    std::vector<int> m_writable; // by what was asked
    std::vector<std::pair<int, int>> m_refused; // descriptors, and why
    quint64 m_rounds = 0; // of update()
    uint32_t m_lastGeneration = 0;
    bool m_hasLeftover = false; // a registration that no watch knows
};

} // namespace Actorio::Detail
