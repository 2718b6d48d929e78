// SPDX-License-Identifier: MIT
#include "actor/owner_p.h"

#include "actor/actorcell_p.h"

#include <QtCore/qcoreevent.h>
#include <QtCore/qhash.h>
#include <QtCore/qthread.h>

#include <vector>

namespace Actorio::Detail {

// The child that stands for the actors of an owner. It hears of the owner's death by the destroyed() signal,
// which comes while the owner's children are still there.
class OwnerLink::Guard final : public QObject
{
public:
    Guard(QObject *owner, std::shared_ptr<OwnerLink> ownerLink)
        : QObject(owner), link(std::move(ownerLink))
    {
        connect(
                owner, &QObject::destroyed, this, [this] { link->ownerDies(); },
                Qt::DirectConnection);
        owner->installEventFilter(this);
    }
    bool eventFilter(QObject *, QEvent *event) override
    {
        // Sent before Qt moves the children.
        if (event->type() == QEvent::ThreadChange)
            link->ownerMoves();
        return false;
    }
    ~Guard() override
    {
        {
            const QMutexLocker locker(&mutex());
            all().remove(parent());
        }
        link->ownerDies(); // or somebody deleted the owner's children
    }

    static QMutex &mutex()
    {
        static auto *const mutex = new QMutex;
        return *mutex;
    }
    // Keyed by owner.
    static QHash<QObject *, Guard *> &all()
    {
        static auto *const guards = new QHash<QObject *, Guard *>;
        return *guards;
    }

    const std::shared_ptr<OwnerLink> link;
};

bool OwnerLink::BySeniority::operator()(const ActorCell *a, const ActorCell *b) const
{
    return a->id() < b->id();
}

std::shared_ptr<OwnerLink> OwnerLink::of(QObject *owner)
{
    {
        const QMutexLocker locker(&Guard::mutex());
        if (const Guard *const guard = Guard::all().value(owner))
            return guard->link;
    }
    auto link = std::make_shared<OwnerLink>();
    link->m_owner = owner;
    auto *const guard = new Guard(owner, link);
    const QMutexLocker locker(&Guard::mutex());
    Guard::all().insert(owner, guard);
    return link;
}

bool OwnerLink::add(ActorCell &cell)
{
    const QMutexLocker locker(&m_mutex);
    if (m_owner)
        m_cells.insert(&cell);
    return m_owner != nullptr;
}

void OwnerLink::seat(ActorCell &cell, QObject *actor)
{
    QObject *owner = nullptr;
    {
        const QMutexLocker locker(&m_mutex);
        // Not if it lives elsewhere, where Qt forbids a child; nor if it has died: the cell is told to stop.
        if (!m_cells.count(&cell) || m_hasMoved || m_owner->thread() != QThread::currentThread())
            return;
        owner = m_owner;
        m_seated.insert(actor);
    }
    m_seats.seat(actor, owner);
}

void OwnerLink::unseat(QObject *actor)
{
    bool isSeated = false;
    {
        const QMutexLocker locker(&m_mutex);
        isSeated = m_seated.erase(actor) > 0;
    }
    if (isSeated) // then this is the owner's thread
        m_seats.unseat(actor);
}

void OwnerLink::remove(ActorCell &cell)
{
    const QMutexLocker locker(&m_mutex);
    m_cells.erase(&cell);
}

void OwnerLink::ownerDies()
{
    std::vector<Ref<ActorCell>> cells;
    {
        const QMutexLocker locker(&m_mutex);
        if (!m_owner)
            return;
        m_owner = nullptr;
        for (ActorCell *const cell : m_cells)
            cells.emplace_back(cell);
        m_cells.clear();
    }
    unseatAll();
    for (auto cell = cells.rbegin(); cell != cells.rend(); ++cell)
        (*cell)->requestStop();
}

// The actors stay where they are.
void OwnerLink::ownerMoves()
{
    {
        const QMutexLocker locker(&m_mutex);
        m_hasMoved = true;
    }
    unseatAll();
}

void OwnerLink::unseatAll()
{
    std::set<QObject *> seated;
    {
        const QMutexLocker locker(&m_mutex);
        seated.swap(m_seated);
    }
    for (QObject *const actor : seated)
        m_seats.unseat(actor);
}

} // namespace Actorio::Detail
