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
#include <optional>
#include <utility>

namespace Actorio {
class Actor;
}

namespace Actorio::Detail {

class ActorCell;

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
        Lazy, // the same whose value is decided when it is handled
        Ask, // the same for whose reply its sender, an AskBase, waits
        ChildStopped, // for the parent's book-keeping and its childStopped(); an Envelope
        ChildEscalated, // the same; the parent fails, instead
        Control, // does something to the cell, as soon as that sees it; a ControlEntry
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

// What is done in the actor's thread, whatever the actor is doing, but in order with messages.
class ACTORIO_EXPORT ControlEntry : public Entry
{
public:
    virtual void run(ActorCell &cell) noexcept = 0;

protected:
    ControlEntry() noexcept : Entry(Kind::Control) { }
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
    // Of a lazy one, before anything else: takes its value. False: there is none any more, and it was never there.
    virtual bool claim();
    // The same; false, and a warning, also if it could not be copied.
    bool isThere() noexcept;
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

// A message whose value its source keeps until it is handled, by `std::optional<M> take()`: there is at most one on its way.
template<class A, class M, class Source>
class LazyEnvelope final : public Envelope
{
public:
    LazyEnvelope(Ref<Source> source, Ref<Address> sender)
        : Envelope(Kind::Lazy, typeOf<M>(), std::move(sender)), m_source(std::move(source))
    {
    }
    bool claim() override
    {
        if (m_source) {
            if (std::optional<M> value = std::exchange(m_source, nullptr)->take())
                m_payload.emplace(std::move(*value));
        }
        return m_payload.has_value();
    }
    void *payload() noexcept override { return std::addressof(*m_payload); }
    bool invoke(Actor *actor, const QMetaObject *actorClass, Delivery &delivery) override
    {
        if constexpr (std::is_same_v<A, Actor>) {
            return Envelope::invoke(actor, actorClass, delivery);
        } else {
            const QMetaObject *const expected = &A::staticMetaObject;
            if (actorClass != expected && !actorClass->inherits(expected))
                return false;
            callReceive(*static_cast<A *>(actor), *m_payload, delivery);
            return true;
        }
    }

private:
    Ref<Source> m_source;
    std::optional<M> m_payload;
};

} // namespace Actorio::Detail
