// SPDX-License-Identifier: MIT
#pragma once

#include "actor/seats_p.h"

#include <Actorio/detail/ref.h>

#include <QtCore/qmutex.h>
#include <QtCore/qobject.h>

#include <memory>
#include <set>

namespace Actorio::Detail {

class ActorCell;

// A QObject's hold on its actors: hears of the owner's death before Qt deletes the owner's children, un-parents
// those actors that are among them, and stops all, the newest first. One an owner, shared with its actors.
class OwnerLink
{
public:
    // The link of `owner`, which lives in this thread.
    static std::shared_ptr<OwnerLink> of(QObject *owner);

    // In the owner's thread, when the actor is spawned. False: the owner is dying.
    bool add(ActorCell &cell);
    // The actor's thread; makes it a QObject child if that is the owner's too.
    void seat(ActorCell &cell, QObject *actor);
    void unseat(QObject *actor);
    // The actor has ended.
    void remove(ActorCell &cell);

private:
    class Guard;
    void ownerDies();
    void ownerMoves();
    void unseatAll();

    QMutex m_mutex;
    QObject *m_owner = nullptr; // null when it has died
    struct BySeniority
    {
        bool operator()(const ActorCell *a, const ActorCell *b) const;
    };
    std::set<ActorCell *, BySeniority> m_cells; // alive as long as they are in here
    bool m_hasMoved = false; // to another thread: from then on the guard stands for all
    std::set<QObject *> m_seated;
    Seats m_seats; // the owner's thread only
};

} // namespace Actorio::Detail
