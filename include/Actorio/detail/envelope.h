// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/address.h>
#include <Actorio/detail/delivery.h>
#include <Actorio/detail/pooled.h>
#include <Actorio/detail/receives.h>
#include <Actorio/detail/typeinfo.h>

#include <QtCore/qmetaobject.h>

#include <atomic>
#include <memory>
#include <utility>

namespace Actorio {
class Actor;
}

namespace Actorio::Detail {

// Leaves the inbox four bits of a pointer to an entry for itself.
struct alignas(16) AlignedEntry
{
};

// What stands in an inbox.
class ACTORIO_EXPORT Entry : public Pooled, private AlignedEntry
{
public:
    enum class Kind : quint8 {
        Tell, // a message for a handler; an Envelope
        Ask, // the same for whose reply its sender, an AskBase, waits
        ChildStopped, // for the parent's book-keeping and its childStopped(); an Envelope
        Resume, // an answered ask: goes on with the coroutine that awaits it
        Nudge, // makes the cell look what there is to do
    };

    Entry(const Entry &) = delete;
    Entry &operator=(const Entry &) = delete;

    Kind kind() const noexcept { return m_kind; }
    bool isMessage() const noexcept { return m_kind <= Kind::Ask; }
    // Ends the list's hold on the entry.
    virtual void dispose() noexcept = 0;

    Entry *next = nullptr;

protected:
    explicit Entry(Kind kind) noexcept : m_kind(kind) { }
    virtual ~Entry();

private:
    const Kind m_kind;
};

// A message on its way. Counted, because a `Message` that a user keeps shares it.
class ACTORIO_EXPORT Envelope : public Entry
{
public:
    void dispose() noexcept override;
    // Fails the ask that it carries.
    void failAsk() noexcept;
    // Was not taken: fails the ask that it carries, and disposes.
    void refused() noexcept;
    void ref() noexcept { m_references.fetch_add(1, std::memory_order_relaxed); }
    void deref() noexcept { dispose(); }

    const TypeInterface *type() const noexcept { return m_type; }
    virtual void *payload() noexcept = 0;
    // Calls the receive() that the sender's compiler chose, if `actor` is of the class it was
    // chosen for; false sends the message the untyped way.
    virtual bool invoke(Actor *actor, const QMetaObject *actorClass, Delivery &delivery);

    Address *sender() const noexcept { return m_sender.get(); }
    // The ask that waits for what the handler returns, or null for a tell.
    AskBase *ask() const noexcept { return kind() == Kind::Ask ? askOf(m_sender.get()) : nullptr; }

protected:
    Envelope(Kind kind, const TypeInterface *type, Ref<Address> sender) noexcept
        : Entry(kind), m_type(type), m_sender(std::move(sender))
    {
    }

private:
    static AskBase *askOf(Address *sender) noexcept;

    // Falls with release, is read with acquire: the last owner destroys what all have read.
    std::atomic<quint32> m_references{1};
    const TypeInterface *const m_type;
    const Ref<Address> m_sender;
};

inline Delivery::Delivery(Envelope &envelope) noexcept
    : m_envelope(envelope), m_isAsk(envelope.kind() == Entry::Kind::Ask)
{
}

// A message for whoever has a slot for its type.
template<class M>
class MessageEnvelope : public Envelope
{
public:
    template<class T>
    MessageEnvelope(Kind kind, T &&message, Ref<Address> sender)
        : Envelope(kind, typeOf<M>(), std::move(sender)), m_payload(std::forward<T>(message))
    {
    }
    void *payload() noexcept override { return std::addressof(m_payload); }

protected:
    M m_payload;
};

// A message with the receive(M) of class A that its sender's compiler chose.
template<class A, class M>
class TypedEnvelope final : public MessageEnvelope<M>
{
public:
    using MessageEnvelope<M>::MessageEnvelope;
    bool invoke(Actor *actor, const QMetaObject *actorClass, Delivery &delivery) override
    {
        const QMetaObject *const expected = &A::staticMetaObject;
        if (actorClass != expected && !actorClass->inherits(expected))
            return false;
        callReceive(*static_cast<A *>(actor), this->m_payload, delivery);
        return true;
    }
};

} // namespace Actorio::Detail
