// SPDX-License-Identifier: MIT
#pragma once

#include "actor/seats_p.h"

#include <QtCore/qfuture.h>
#include <QtCore/qhash.h>
#include <QtCore/qpromise.h>
#include <QtCore/qset.h>
#include <QtCore/qstring.h>

#include <memory>

namespace Actorio::Detail {

class ActorCell;

// Siblings, oldest to newest, linked through the cells, and their names. Guarded by whoever has it: an actor's
// thread for its children, a mutex for a system's roots.
class Children
{
public:
    ~Children();
    // False: the name is taken.
    bool add(ActorCell &child, const QString &name);
    void remove(ActorCell &child, const QString &name);
    ActorCell *oldest() const noexcept { return m_oldest; }
    ActorCell *newest() const noexcept { return m_newest; }
    bool isEmpty() const noexcept { return !m_newest; }
    // To the end, as if it were the newest.
    void moveToEnd(ActorCell &child);
    Seats seats;

    // Finishes when the end of a child has arrived here, and its name is free. Of one that has not arrived yet.
    QFuture<void> gone(const ActorCell &child);
    void tellGone(const ActorCell &child);

private:
    void link(ActorCell &child);
    void unlink(ActorCell &child);

    ActorCell *m_oldest = nullptr;
    ActorCell *m_newest = nullptr;
    QSet<QString> m_names;
    QHash<const ActorCell *, std::shared_ptr<QPromise<void>>> m_gone;
};

} // namespace Actorio::Detail
