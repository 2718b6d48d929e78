// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <vector>

QT_BEGIN_NAMESPACE
class QObject;
QT_END_NAMESPACE

namespace Actorio::Detail {

// Makes actors QObject children of their owner, in the owner's thread: the first ones directly, the others
// under hidden group objects, because a QObject finds a child that leaves by searching.
class ACTORIO_AUTOTEST_EXPORT Seats
{
public:
    static constexpr int Size = 256;

    void seat(QObject *actor, QObject *owner);
    // Before the actor is deleted, or when it must outlive its owner.
    void unseat(QObject *actor);

private:
    struct Group
    {
        QObject *object;
        int count;
    };

    QObject *m_owner = nullptr;
    int m_direct = 0;
    std::vector<Group> m_groups; // the last one has free seats, if any has
};

} // namespace Actorio::Detail
