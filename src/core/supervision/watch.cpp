// SPDX-License-Identifier: MIT
#include "actor/watches_p.h"

#include "actor/actorcell_p.h"
#include "kernel/delaypoint_p.h"
#include "kernel/logging_p.h"

#include <Actorio/actor.h>
#include <Actorio/error.h>

#include <array>
#include <utility>

namespace Actorio {

using namespace Detail;

void Actor::watch(const ActorRef<> &ref)
{
    if (!m_cell)
        throw Error(QStringLiteral("An actor that has not been spawned watches nobody yet: begin "
                                   "in setUp()"));
    if (ref.address().get() == m_cell)
        throw Error(QStringLiteral("%1 cannot watch itself: it would never hear of its own end")
                            .arg(m_cell->path()));
    if (m_cell->takesInputs())
        m_cell->watches().add(ref.address());
    else
        qCWarning(lcCore).noquote() << m_cell->path() << "is stopping and watches nobody any more";
}

void Actor::unwatch(const ActorRef<> &ref)
{
    if (m_cell && m_cell->hasWatches())
        m_cell->watches().remove(ref.address().get());
}

namespace Detail {

Watch::Watch(ActorCell &watcher, Ref<Address> target)
    : m_watcher(&watcher), m_target(std::move(target))
{
}

Watch::~Watch() = default;

std::optional<Terminated> Watch::take()
{
    if (!std::exchange(m_isWanted, false))
        return {};
    m_watcher->watches().m_watches.remove(m_target.get());
    if (m_watcher->isStopping()) // it is no dead letter, either
        return {};
    const ActorCell *const cell = ActorCell::of(m_target.get());
    return Terminated{ActorRef<>(m_target), cell ? cell->endReason() : StopReason::NoActor};
}

void Watch::tell()
{
    m_watcher->postSystem(new LazyEnvelope<Actor, Terminated, Watch>(Ref<Watch>(this), m_target));
}

// One word in each cell is enough; there are rarely two who want the same mutex.
QBasicMutex &Watchers::mutex() const noexcept
{
    static std::array<QBasicMutex, 64> mutexes;
    return mutexes[(quintptr(this) / 64) % mutexes.size()];
}

bool Watchers::add(Watch &watch)
{
    const QMutexLocker locker(&mutex());
    if (m_newest == closedMark())
        return false;
    watch.ref();
    watch.m_isListed = true;
    watch.m_older = m_newest;
    if (m_newest)
        m_newest->m_newer = &watch;
    m_newest = &watch;
    return true;
}

void Watchers::remove(Watch &watch)
{
    {
        const QMutexLocker locker(&mutex());
        if (!std::exchange(watch.m_isListed, false))
            return;
        (watch.m_newer ? watch.m_newer->m_older : m_newest) = watch.m_older;
        if (watch.m_older)
            watch.m_older->m_newer = watch.m_newer;
    }
    watch.deref();
}

void Watchers::close() noexcept
{
    Watch *watch = nullptr;
    {
        const QMutexLocker locker(&mutex());
        watch = std::exchange(m_newest, closedMark());
        for (Watch *listed = watch; listed; listed = listed->m_older)
            listed->m_isListed = false; // its watcher leaves it alone now
    }
    ACTORIO_DELAY_POINT("watchers.close");
    while (watch) {
        const Ref<Watch> held = Ref<Watch>::adopt(watch);
        watch = watch->m_older;
        held->tell();
    }
}

bool Watchers::isEmpty() const
{
    const QMutexLocker locker(&mutex());
    return !m_newest || m_newest == closedMark();
}

void Watches::add(const Ref<Address> &target)
{
    if (m_watches.contains(target.get()))
        return;
    const Ref<Watch> watch(new Watch(m_watcher, target));
    m_watches.insert(target.get(), watch);
    ActorCell *const cell = ActorCell::of(target.get());
    if (!cell || !cell->watchers().add(*watch))
        watch->tell();
}

void Watches::remove(const Address *target)
{
    if (const Ref<Watch> watch = m_watches.take(target))
        takeBack(*watch);
}

void Watches::clear()
{
    const auto watches = std::exchange(m_watches, {});
    for (const Ref<Watch> &watch : watches)
        takeBack(*watch);
}

void Watches::takeBack(Watch &watch)
{
    watch.m_isWanted = false;
    if (ActorCell *const cell = ActorCell::of(watch.m_target.get()))
        cell->watchers().remove(watch);
}

} // namespace Detail

} // namespace Actorio
