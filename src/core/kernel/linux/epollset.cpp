// SPDX-License-Identifier: MIT
#include "kernel/linux/epollset_p.h"

#include "kernel/linux/timeleft_p.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qcoreevent.h>

#include <algorithm>
#include <cerrno>
#include <unistd.h>

namespace Actorio::Detail {

namespace {

constexpr uint64_t WakeUpTag = ~uint64_t(0);

// As poll() is used by Qt: whoever waits for anything hears of an end or an error.
constexpr std::array<uint32_t, 3> EventsOf = {EPOLLIN, EPOLLOUT, EPOLLPRI};
constexpr uint32_t AnyCase = EPOLLHUP | EPOLLERR;
constexpr std::array<const char *, 3> NameOf = {"Read", "Write", "Exception"};

int openEpoll(int wakeUp)
{
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    // Edge-triggered: each write is an edge.
    epoll_event event{EPOLLIN | EPOLLET, {}};
    event.data.u64 = WakeUpTag;
    if (epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event) == 0)
        return epoll;
    if (epoll >= 0)
        close(epoll);
    return -1;
}

int descriptorOf(const QSocketNotifier *notifier)
{
    return static_cast<int>(notifier->socket());
}

} // namespace

uint32_t EpollSet::Watch::wanted() const
{
    uint32_t events = 0;
    for (size_t type = 0; type < notifiers.size(); ++type)
        events |= notifiers[type] ? EventsOf[type] : 0;
    return events;
}

EpollSet::EpollSet(int wakeUp) : m_wakeUp(wakeUp), m_epoll(openEpoll(wakeUp)) { }

EpollSet::~EpollSet()
{
    if (m_epoll >= 0)
        close(m_epoll);
}

void EpollSet::add(QSocketNotifier *notifier)
{
    const int descriptor = descriptorOf(notifier);
    Watch &watch = m_watches[descriptor];
    QSocketNotifier *&place = watch.notifiers[notifier->type()];
    if (place && place != notifier) {
        qWarning("QSocketNotifier: Multiple socket notifiers for same socket %d and type %s",
                 descriptor, NameOf[notifier->type()]);
        watch.isDoubtful = true;
    }
    place = notifier;
    change(descriptor, watch);
}

void EpollSet::remove(QSocketNotifier *notifier)
{
    const int descriptor = descriptorOf(notifier);
    const auto watch = m_watches.find(descriptor);
    if (watch == m_watches.end() || watch->notifiers[notifier->type()] != notifier)
        return;
    watch->notifiers[notifier->type()] = nullptr;
    watch->wasAsked = watch->wasAsked && notifier->type() != QSocketNotifier::Write;
    watch->isDoubtful = watch->isDoubtful || watch->wanted() == 0;
    change(descriptor, *watch);
}

void EpollSet::change(int descriptor, Watch &watch)
{
    if (!std::exchange(watch.hasChanged, true))
        m_changed.push_back(descriptor);
}

void EpollSet::update()
{
    ++m_rounds;
    if (m_hasLeftover)
        rebuild();
    m_writable.clear();
    for (const int descriptor : m_changed) {
        const auto watch = m_watches.find(descriptor);
        const uint32_t wanted = watch->wanted();
        watch->hasChanged = false;
        if (std::exchange(watch->isAlwaysReady, false))
            std::erase(m_alwaysReady, descriptor);
        if (wanted == 0) {
            // It fails for one that is closed, which the kernel has forgotten by itself; if not, see activate().
            if (watch->registered)
                epoll_ctl(m_epoll, EPOLL_CTL_DEL, descriptor, nullptr);
            m_watches.erase(watch);
        } else if (watch->registered && wanted == (watch->registered | EPOLLOUT)
                   && wanted != watch->registered && !watch->isDoubtful && !watch->wasAsked) {
            m_asked.push_back({descriptor, POLLOUT, 0});
        } else if (wanted != watch->registered || watch->isDoubtful) {
            tell(descriptor, *watch);
        }
    }
    m_changed.clear();
    if (!m_asked.empty())
        ask();
    for (const auto &[descriptor, error] : std::exchange(m_refused, {}))
        disable(descriptor, error);
}

// Who wants to write mostly can at once, and does not want to any more then, as it is with QTcpSocket and its like. One
// question for all of them spares the kernel two changes for each.
void EpollSet::ask()
{
    poll(m_asked.data(), m_asked.size(), 0);
    for (const pollfd &asked : m_asked) {
        Watch &watch = m_watches[asked.fd];
        watch.wasAsked = true;
        if (asked.revents & (POLLOUT | POLLERR | POLLHUP)) {
            m_writable.push_back(asked.fd);
            change(asked.fd, watch); // if it still wants to after that
        } else {
            tell(asked.fd, watch);
        }
    }
    m_asked.clear();
}

void EpollSet::tell(int descriptor, Watch &watch)
{
    const uint32_t wanted = watch.wanted();
    watch.isDoubtful = false;
    epoll_event event{wanted, {}};
    const auto control = [&](int operation) {
        event.data.u64 = uint64_t(watch.generation) << 32 | uint32_t(descriptor);
        return epoll_ctl(m_epoll, operation, descriptor, &event) == 0 ? 0 : errno;
    };
    int error = ENOENT;
    if (watch.registered)
        error = control(EPOLL_CTL_MOD);
    if (error == ENOENT) { // it is new, or another than it was
        watch.generation = ++m_lastGeneration;
        error = control(EPOLL_CTL_ADD);
    }
    if (error == EEXIST)
        error = control(EPOLL_CTL_MOD);
    watch.registered = error ? 0 : wanted;
    if (error == EPERM) { // what poll() takes for always ready, epoll does not take at all
        watch.isAlwaysReady = true;
        m_alwaysReady.push_back(descriptor);
    } else if (error) {
        m_refused.emplace_back(descriptor, error);
    }
}

void EpollSet::disable(int descriptor, int error)
{
    for (size_t type = 0; type < NameOf.size(); ++type) {
        // Found anew each time: to disable one calls remove().
        QSocketNotifier *const notifier = m_watches.value(descriptor).notifiers[type];
        if (!notifier)
            continue;
        if (error == EBADF)
            qWarning("QSocketNotifier: Invalid socket %d with type %s, disabling...", descriptor,
                     NameOf[type]);
        else
            qErrnoWarning(error, "QSocketNotifier: Socket %d with type %s cannot be watched",
                          descriptor, NameOf[type]);
        notifier->setEnabled(false);
    }
}

// A descriptor that was closed while a copy of it stays open, in this process or a forked one, is still registered, and
// there is no way left to name it. So all begins anew.
void EpollSet::rebuild()
{
    const int fresh = openEpoll(m_wakeUp);
    if (fresh < 0)
        return; // and later again
    close(std::exchange(m_epoll, fresh));
    m_hasLeftover = false;
    for (auto watch = m_watches.begin(); watch != m_watches.end(); ++watch) {
        watch->registered = 0;
        change(watch.key(), *watch);
    }
}

std::span<const epoll_event> EpollSet::wait(TimePoint until, Ready &ready)
{
    int count = 0;
    do {
        count = epoll_wait(m_epoll, ready.data(), static_cast<int>(ready.size()),
                           millisecondsLeft(until));
    } while (count < 0 && errno == EINTR);
    const auto end =
            std::remove_if(ready.begin(), ready.begin() + std::max(count, 0),
                           [](const epoll_event &one) { return one.data.u64 == WakeUpTag; });
    return {ready.begin(), end};
}

int EpollSet::activate(std::span<const epoll_event> ready)
{
    // A nested event loop has waited: what was ready may not be so any more, and what still is will be reported again.
    const quint64 round = m_rounds;
    // Now and then the kernel must confirm what it reports, lest a closed descriptor, of which a copy is open, be reported
    // for ever.
    const bool isInspection = round % 1024 == 0;
    int activated = 0;
    for (const epoll_event &event : ready) {
        if (m_rounds != round)
            return activated;
        const int descriptor = static_cast<int>(event.data.u64 & ~uint32_t(0));
        const auto watch = m_watches.find(descriptor);
        if (watch == m_watches.end() || watch->generation != event.data.u64 >> 32) {
            m_hasLeftover = true;
            continue;
        }
        activated += activateOne(descriptor, event.events, round);
        if (isInspection)
            inspect(descriptor);
    }
    // Taken by their places: a nested event loop changes the lists, and nothing is activated after that.
    for (size_t i = 0; i < m_writable.size() && m_rounds == round; ++i)
        activated += activateOne(m_writable[i], EPOLLOUT, round);
    for (size_t i = 0; i < m_alwaysReady.size() && m_rounds == round; ++i)
        activated += activateOne(m_alwaysReady[i], EPOLLIN | EPOLLOUT, round);
    return activated;
}

void EpollSet::inspect(int descriptor)
{
    const auto watch = m_watches.find(descriptor); // anew: a handler may have removed it
    if (watch == m_watches.end())
        return;
    watch->isDoubtful = true;
    change(descriptor, *watch);
}

int EpollSet::activateOne(int descriptor, uint32_t events, quint64 round)
{
    int activated = 0;
    for (size_t type = 0; type < EventsOf.size(); ++type) {
        if (!(events & (EventsOf[type] | AnyCase)) || m_rounds != round)
            continue;
        // Found anew each time: a handler may have removed it.
        const auto watch = m_watches.constFind(descriptor);
        if (watch == m_watches.cend() || watch->isDoubtful || !watch->notifiers[type])
            continue;
        QEvent event(QEvent::SockAct);
        QCoreApplication::sendEvent(watch->notifiers[type], &event);
        ++activated;
    }
    return activated;
}

} // namespace Actorio::Detail
