// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/address.h>
#include <Actorio/detail/counted.h>
#include <Actorio/detail/ref.h>
#include <Actorio/terminated.h>

#include <QtCore/qhash.h>
#include <QtCore/qmutex.h>

#include <optional>

namespace Actorio::Detail {

class ActorCell;

// That one actor wants to hear of the end of another, once. Counted: by the watcher while it watches, by the watched until it ends,
// by the message on its way.
class Watch final : public Counted, public Pooled
{
public:
    Watch(ActorCell &watcher, Ref<Address> target);
    ~Watch() override;

    // For LazyEnvelope, in the watcher's thread. Nothing: it has been taken back.
    std::optional<Terminated> take();

private:
    friend class Watchers;
    friend class Watches;
    // Any thread: the target has ended.
    void tell();

    const Ref<ActorCell> m_watcher;
    const Ref<Address> m_target;
    bool m_isWanted = true; // the watcher's thread
    // Guarded by the watched actor's Watchers.
    bool m_isListed = false;
    Watch *m_older = nullptr;
    Watch *m_newer = nullptr;
};

// Those who watch an actor. Any thread.
class ACTORIO_AUTOTEST_EXPORT Watchers
{
public:
    // False: the actor has ended, and its reason is there.
    bool add(Watch &watch);
    void remove(Watch &watch);
    // The actor has ended: tells them. Once.
    void close() noexcept;
    // A glance: nobody, or it has ended.
    bool isEmpty() const;

private:
    QBasicMutex &mutex() const noexcept;
    static Watch *closedMark() noexcept { return reinterpret_cast<Watch *>(quintptr(1)); }

    Watch *m_newest = nullptr; // held; guarded by the mutex
};

// What an actor watches. Its thread.
class Watches
{
public:
    explicit Watches(ActorCell &watcher) : m_watcher(watcher) { }
    ~Watches() { clear(); }
    // A second one before its message has been handled changes nothing.
    void add(const Ref<Address> &target);
    // Also of one whose message is on its way.
    void remove(const Address *target);
    void clear();

private:
    friend class Watch;
    void takeBack(Watch &watch);

    ActorCell &m_watcher;
    QHash<const Address *, Ref<Watch>> m_watches;
};

} // namespace Actorio::Detail
