// SPDX-License-Identifier: MIT
#pragma once

#include "actor/seats_p.h"

#include <QtCore/qset.h>
#include <QtCore/qstring.h>

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
    Seats seats;

private:
    ActorCell *m_oldest = nullptr;
    ActorCell *m_newest = nullptr;
    QSet<QString> m_names;
};

} // namespace Actorio::Detail
