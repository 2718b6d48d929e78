// SPDX-License-Identifier: MIT
#include "actor/receivetable_p.h"

#include <Actorio/actor.h>
#include <Actorio/detail/envelope.h>

#include <QtCore/qhash.h>
#include <QtCore/qmutex.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace Actorio::Detail {

namespace {

bool startsWith(const TypeInterface *type, const char *prefix)
{
    return std::strncmp(type->name, prefix, std::strlen(prefix)) == 0;
}

// Whether a slot's parameter, `written` so within class `scope`, is the message's type: C++ looks from the
// innermost scope outwards. moc knows only what is written where a type was incomplete.
bool isMeantBy(const QByteArray &written, QByteArray scope, const TypeInterface *message)
{
    const QByteArray name(message->name);
    if (std::strpbrk(message->name,
                     "({`")) // a type that is local to a file or function has no such name
        return false;
    if (written.startsWith("::"))
        return name == written.mid(2);
    for (;;) {
        if (name == (scope.isEmpty() ? written : QByteArray(scope + "::" + written)))
            return true;
        if (scope.isEmpty())
            return false;
        scope.truncate(std::max<qsizetype>(0, scope.lastIndexOf("::")));
    }
}

// Room for a value of a type known at run time: on the stack if it is small.
class Storage
{
public:
    explicit Storage(const TypeInterface *type) : m_type(type)
    {
        if (type->size > sizeof(m_local) || type->alignment > alignof(std::max_align_t))
            m_data = ::operator new(type->size, std::align_val_t(type->alignment));
        try {
            type->defaultCtr(type, m_data);
        } catch (...) {
            free();
            throw;
        }
    }
    ~Storage()
    {
        if (m_type->dtor)
            m_type->dtor(m_type, m_data);
        free();
    }
    Storage(const Storage &) = delete;
    Storage &operator=(const Storage &) = delete;
    void *data() noexcept { return m_data; }

private:
    void free() noexcept
    {
        if (m_data != m_local)
            ::operator delete(m_data, std::align_val_t(m_type->alignment));
    }

    const TypeInterface *const m_type;
    alignas(std::max_align_t) std::byte m_local[64];
    void *m_data = m_local;
};

} // namespace

const ReceiveTable &ReceiveTable::of(const QMetaObject *actorClass)
{
    static QBasicMutex mutex;
    static auto *const tables = new QHash<const QMetaObject *, ReceiveTable *>;
    const QMutexLocker locker(&mutex);
    ReceiveTable *&table = (*tables)[actorClass];
    if (!table)
        table = new ReceiveTable(actorClass);
    return *table;
}

ReceiveTable::ReceiveTable(const QMetaObject *actorClass)
{
    for (const QMetaObject *owner = actorClass; owner && owner != &Actor::staticMetaObject;
         owner = owner->superClass()) {
        for (int i = owner->methodOffset(); i < owner->methodCount(); ++i) {
            const QMetaMethod method = owner->method(i);
            if (method.methodType() != QMetaMethod::Slot || method.access() != QMetaMethod::Public
                || method.parameterCount() != 1 || method.name() != "receive")
                continue;
            Slot slot{method.parameterMetaType(0).iface(), owner, i - owner->methodOffset(),
                      Returns::Nothing, method.returnMetaType().iface()};
            if (slot.reply && slot.reply->size > 0) {
                slot.returns = startsWith(slot.reply, "QFuture<")       ? Returns::Future
                        : startsWith(slot.reply, "Actorio::Delegated<") ? Returns::Delegated
                                                                        : Returns::Value;
            }
            if (slot.message)
                m_slots.push_back(slot);
            else
                m_unresolved.push_back({method, slot});
        }
    }
}

const ReceiveTable::Slot *ReceiveTable::find(const TypeInterface *message) const
{
    const auto exactly = [=](const Slot &slot) { return slot.message == message; };
    auto found = std::find_if(m_slots.begin(), m_slots.end(), exactly);
    if (found != m_slots.end())
        return &*found;
    const auto same = [=](const Slot &slot) { return isSameType(slot.message, message); };
    found = std::find_if(m_slots.begin(), m_slots.end(), same);
    if (found != m_slots.end())
        return &*found;
    const Slot *meant = nullptr;
    qsizetype length = 0;
    for (const Unresolved &unresolved : m_unresolved) {
        const QByteArray written = unresolved.method.parameterTypeName(0);
        if (written.size() > length
            && isMeantBy(written, unresolved.slot.owner->className(), message)) {
            meant = &unresolved.slot;
            length = written.size();
        }
    }
    return meant;
}

bool ReceiveTable::deliver(Actor *actor, Delivery &delivery) const
{
    const Slot *const slot = find(delivery.envelope().type());
    if (!slot)
        return false;
    call(*slot, actor, delivery);
    return true;
}

void ReceiveTable::call(const Slot &slot, Actor *actor, Delivery &delivery) const
{
    const auto invoke = [&](void *result) {
        void *arguments[] = {result, delivery.envelope().payload()};
        slot.owner->d.static_metacall(actor, QMetaObject::InvokeMetaMethod, slot.index, arguments);
    };
    switch (slot.returns) {
    case Returns::Nothing:
        return delivery.callVoid([&] { invoke(nullptr); });
    case Returns::Delegated:
        invoke(nullptr);
        return delivery.returnedDelegated();
    case Returns::Value:
    case Returns::Future:
        break;
    }
    if (!slot.reply->defaultCtr) {
        invoke(nullptr);
        return delivery.returnedUnusable(slot.reply);
    }
    Storage result(slot.reply);
    invoke(result.data());
    if (slot.returns == Returns::Future)
        delivery.returnedFuture(AnyFuture(slot.reply, result.data()));
    else
        delivery.returned(slot.reply, result.data());
}

} // namespace Actorio::Detail
