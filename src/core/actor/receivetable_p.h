// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/delivery.h>
#include <Actorio/detail/typeinfo.h>

#include <QtCore/qmetaobject.h>

#include <vector>

namespace Actorio {
class Actor;
}

namespace Actorio::Detail {

// The `receive` slots of a class, from moc's table, the most derived first. Made once a class, for ever.
class ReceiveTable
{
public:
    static const ReceiveTable &of(const QMetaObject *actorClass);

    // Calls the slot for the delivery's message; false: there is none.
    bool deliver(Actor *actor, Delivery &delivery) const;

private:
    enum class Returns { Nothing, Value, Future, Delegated };
    struct Slot
    {
        const TypeInterface *message;
        const QMetaObject *owner;
        int index; // within the owner
        Returns returns;
        const TypeInterface *reply;
    };
    struct Unresolved // its type was incomplete where moc's output was compiled
    {
        QMetaMethod method;
        Slot slot;
    };

    explicit ReceiveTable(const QMetaObject *actorClass);
    const Slot *find(const TypeInterface *message) const;
    void call(const Slot &slot, Actor *actor, Delivery &delivery) const;

    std::vector<Slot> m_slots;
    std::vector<Unresolved> m_unresolved;
};

} // namespace Actorio::Detail
