// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/ask.h>
#include <Actorio/detail/askstate.h>
#include <Actorio/detail/envelope.h>
#include <Actorio/detail/fwd.h>
#include <Actorio/detail/receives.h>
#include <Actorio/detail/refbase.h>

#include <QtCore/qmetatype.h>
#include <QtCore/qobject.h>

#include <chrono>
#include <concepts>
#include <type_traits>

namespace Actorio {

namespace Detail {

// Any message may be tried on an actor of any class; an actor of a known class takes what it declares.
template<class A, class M>
concept Accepts = std::same_as<A, Actor> || Receives<A, M>;

template<class A>
concept HasOwnMetaObject = std::same_as<A, Actor> || bool(QtPrivate::HasQ_OBJECT_Macro<A>::Value);

// The default timeout of an ask: as long as it takes.
inline constexpr std::chrono::milliseconds NoTimeout = AskBase::NoTimeout;

} // namespace Detail

/// A reference to an actor: its address, from any thread. It never dangles and never keeps an actor
/// running: it may be copied, compared, hashed and used after the actor, its system or the application
/// has gone. `ActorRef<>` refers to any actor, or to an Inbox or an ask.
/// \since 0.1
template<class A>
class ActorRef : public Detail::RefBase
{
public:
    /// A null reference: it refuses everything.
    ActorRef() noexcept = default;
    /// A reference to a B is one to each base of B.
    template<std::derived_from<A> B>
    ActorRef(const ActorRef<B> &other) noexcept : RefBase(other.address())
    {
    }

    /// Sends `message`, which is moved or copied, and returns at once. False: it was refused, because the
    /// actor has ended or is ending, or the reference is null. Messages from one sender arrive in their
    /// order. `sender` is where the receiver's `reply()` goes. The address of an ask accepts what comes too late,
    /// which is a dead letter then. Throws only what making the message from `message` throws.
    template<class T>
        requires(Detail::Sendable<T> && Detail::Accepts<A, Detail::MessageType<T>>)
    bool tell(T &&message, ActorRef<Actor> sender = {}) const
    {
        return address()
                && address()->post(envelope(std::forward<T>(message), sender.address(),
                                            Detail::Entry::Kind::Tell));
    }

    /// Sends `message` and returns what will become of it: the value that the handler returns, what it throws,
    /// or Timeout, ActorStopped, UnhandledMessage, BrokenPromise, WouldDeadlock or Cancelled. A null reference and
    /// an actor that has ended fail it at once with ActorStopped. `timeout`, in milliseconds, counts from now;
    /// without one it lasts as long as it takes.
    template<int = 0, class T>
        requires(Detail::Sendable<T> && !std::same_as<A, Actor>
                 && Detail::Receives<A, Detail::MessageType<T>>)
    auto ask(T &&message, std::chrono::milliseconds timeout = Detail::NoTimeout) const
    {
        using R = Detail::ReplyType<A, Detail::MessageType<T>>;
        return askFor<R>(std::forward<T>(message), timeout);
    }

    /// The same where the type of the reply is not known from the actor's class: the ask is settled by a
    /// returned value or a `reply()` of exactly type R.
    template<class R, class T>
        requires(Detail::Sendable<T> && Detail::Accepts<A, Detail::MessageType<T>>)
    Ask<R> ask(T &&message, std::chrono::milliseconds timeout = Detail::NoTimeout) const
    {
        return askFor<R>(std::forward<T>(message), timeout);
    }

    /// \cond
    // What compilers print of a wrong call: the line of a deleted function carries the explanation.
    // clang-format off
    template<class T>
        requires(!Detail::Accepts<A, Detail::MessageType<T>>)
    bool tell(T &&, ActorRef<Actor> = {}) const = delete; // Error: this actor class has no receive() for exactly this message type.
    template<int = 0, class T>
        requires(!Detail::Accepts<A, Detail::MessageType<T>>)
    void ask(T &&, std::chrono::milliseconds = Detail::NoTimeout) const = delete; // Error: this actor class has no receive() for exactly this message type.
    template<class R, class T>
        requires(!Detail::Accepts<A, Detail::MessageType<T>>)
    void ask(T &&, std::chrono::milliseconds = Detail::NoTimeout) const = delete; // Error: this actor class has no receive() for exactly this message type.
    template<class T>
        requires(!Detail::Sendable<T> && Detail::Accepts<A, Detail::MessageType<T>>)
    bool tell(T &&, ActorRef<Actor> = {}) const = delete; // Error: this message type does not copy: std::move() it.
    template<int = 0, class T>
        requires(!Detail::Sendable<T> && Detail::Accepts<A, Detail::MessageType<T>>)
    void ask(T &&, std::chrono::milliseconds = Detail::NoTimeout) const = delete; // Error: this message type does not copy: std::move() it.
    template<class R, class T>
        requires(!Detail::Sendable<T> && Detail::Accepts<A, Detail::MessageType<T>>)
    void ask(T &&, std::chrono::milliseconds = Detail::NoTimeout) const = delete; // Error: this message type does not copy: std::move() it.
    template<int = 0, class T>
        requires(Detail::Sendable<T> && std::same_as<A, Actor>)
    void ask(T &&, std::chrono::milliseconds = Detail::NoTimeout) const = delete; // Error: a reference to any actor is asked with the type of the reply: ask<Reply>(message).
    template<class B>
        requires(!std::derived_from<B, A>)
    void as() const = delete; // Error: an actor of this class can never be one of that class.
    template<class B>
        requires(std::derived_from<B, A> && !Detail::HasOwnMetaObject<B>)
    void as() const = delete; // Error: that actor class lacks Q_OBJECT, so that nobody can tell whether an actor is one.
    // clang-format on
    /// \endcond

    /// This reference as one to a B, or null when the actor is no B. Any thread, also after
    /// the end.
    template<class B>
        requires(std::derived_from<B, A> && Detail::HasOwnMetaObject<B>)
    ActorRef<B> as() const
    {
        return isA(B::staticMetaObject) ? ActorRef<B>(address()) : ActorRef<B>();
    }

    /// \cond
    // For the library.
    explicit ActorRef(Detail::Ref<Detail::Address> address) noexcept : RefBase(std::move(address))
    {
    }
    /// \endcond

private:
    template<class T>
    static Detail::Envelope *envelope(T &&message, Detail::Ref<Detail::Address> sender,
                                      Detail::Entry::Kind kind)
    {
        using M = Detail::MessageType<T>;
        if constexpr (std::same_as<A, Actor>)
            return new Detail::MessageEnvelope<M>(kind, std::forward<T>(message),
                                                  std::move(sender));
        else
            return new Detail::TypedEnvelope<A, M>(kind, std::forward<T>(message),
                                                   std::move(sender));
    }

    template<class R, class T>
    Ask<R> askFor(T &&message, std::chrono::milliseconds timeout) const
    {
        auto *const state = new Detail::AskState<R>(
                address(), Detail::typeOf<Detail::MessageType<T>>(), timeout);
        Detail::AskHandle<R> handle(state);
        Detail::Ref<Detail::Address> asker(state);
        if (address())
            address()->post(
                    envelope(std::forward<T>(message), std::move(asker), Detail::Entry::Kind::Ask));
        else
            state->withdraw(Detail::AskBase::Reason::ActorStopped);
        return Ask<R>(std::move(handle));
    }

    friend class Actor;
};

} // namespace Actorio

Q_DECLARE_METATYPE(Actorio::ActorRef<Actorio::Actor>)
