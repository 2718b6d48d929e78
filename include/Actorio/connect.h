// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actor.h>
#include <Actorio/actorref.h>
#include <Actorio/connection.h>
#include <Actorio/detail/bridge.h>
#include <Actorio/detail/signalawaiter.h>

#include <QtCore/qobject.h>

#include <concepts>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>

namespace Actorio {

namespace Detail {

// The first argument of a signal is the message.
struct FirstArgument
{
    template<class T, class... Rest>
    const T &operator()(const T &first, const Rest &...) const
    {
        return first;
    }
};

// What a function makes of as many arguments of a signal as it takes.
template<class F, class... Args>
decltype(auto) madeOf(F &make, const Args &...args)
{
    using All = std::tuple<const Args &...>;
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
        [[maybe_unused]] const All all(args...);
        return std::invoke(make, std::get<I>(all)...);
    }(std::make_index_sequence<std::size_t(takenCount<F, All>())>());
}
template<class F, class... Args>
using MadeOf = MessageType<decltype(madeOf(std::declval<F &>(), std::declval<const Args &>()...))>;

template<class F, class A, class... Args>
concept MakesMessage = HandlerFor<F, const std::decay_t<Args> &...>
        && Accepts<A, MadeOf<F, std::decay_t<Args>...>>;

// False, and a warning: one of them is missing.
ACTORIO_EXPORT bool haveEnds(bool hasSender, bool hasReceiver);

// What a signal with these arguments calls, to tell an A what `make` makes of them.
template<class A, class F, class... Args>
struct Teller
{
    using M = MadeOf<F, std::decay_t<Args>...>;
    Ref<MessageBridgeFor<A, M>> bridge;
    F make;

    void operator()(const std::decay_t<Args> &...args) { bridge->emitted(madeOf(make, args...)); }
};

template<class A, class F, class... Args, class Sender, class C>
Connection tellSignal(const Sender *sender, void (C::*signal)(Args...), const ActorRef<A> &actor,
                      F make, std::optional<SignalPolicy> policy)
{
    if (!haveEnds(sender, bool(actor)))
        return {};
    using Teller = Teller<A, F, Args...>;
    const Ref bridge(new MessageBridgeFor<A, typename Teller::M>(actor.address(), policy));
    bridge->keep(QObject::connect(sender, signal, sender, Teller{bridge, std::move(make)},
                                  Qt::DirectConnection));
    return Connection(bridge);
}

template<class A, class B, class F, class... Args, class C>
Connection tellSignal(const ActorRef<B> &sender, void (C::*signal)(Args...),
                      const ActorRef<A> &actor, F make, std::optional<SignalPolicy> policy)
{
    if (!haveEnds(bool(sender), bool(actor)))
        return {};
    using Teller = Teller<A, F, Args...>;
    const Ref messages(new MessageBridgeFor<A, typename Teller::M>(actor.address(), policy));
    const auto connect = [signal, teller = Teller{messages, std::move(make)}](B &object) {
        return QObject::connect(&object, signal, &object, teller, Qt::DirectConnection);
    };
    const Ref bridge(new ActorBridgeFor<B, decltype(connect)>(sender.address(), connect));
    bridge->setReceiver(messages);
    bridge->start(sender.address());
    return Connection(bridge);
}

} // namespace Detail

/// Turns `signal` of `sender`, an object in any thread, into messages for `actor`: each emission tells it what `make` makes of
/// as many of the arguments as it takes, at once and in the emitter's thread, where `make` runs, too. So it precedes what the emitter
/// tells later. The connection ends with either end, and holds across a restart of the actor. A null end is a warning,
/// and a Connection that is not active. Any thread, as long as `sender` lives.
/// \since 0.1
template<std::derived_from<QObject> Sender, class C, class... Args, class A, class F>
    requires(std::derived_from<Sender, C> && Detail::MakesMessage<F, A, Args...>)
Connection connect(const Sender *sender, void (C::*signal)(Args...), const ActorRef<A> &actor,
                   F make)
{
    return Detail::tellSignal<A, F, Args...>(sender, signal, actor, std::move(make), std::nullopt);
}
/// The same with a policy, latestOnly() or atMostEvery(): at most one message is on its way, with the newest value.
/// \since 0.1
template<std::derived_from<QObject> Sender, class C, class... Args, class A, class F>
    requires(std::derived_from<Sender, C> && Detail::MakesMessage<F, A, Args...>)
Connection connect(const Sender *sender, void (C::*signal)(Args...), const ActorRef<A> &actor,
                   F make, SignalPolicy policy)
{
    return Detail::tellSignal<A, F, Args...>(sender, signal, actor, std::move(make), policy);
}
/// The same where the first argument of the signal is the message.
/// \since 0.1
template<std::derived_from<QObject> Sender, class C, class... Args, class A>
    requires(std::derived_from<Sender, C> && Detail::EmissionValue<Args...>::Count > 0
             && Detail::MakesMessage<Detail::FirstArgument, A, Args...>)
Connection connect(const Sender *sender, void (C::*signal)(Args...), const ActorRef<A> &actor,
                   std::optional<SignalPolicy> policy = {})
{
    return Detail::tellSignal<A, Detail::FirstArgument, Args...>(sender, signal, actor, {}, policy);
}

/// Turns a signal of an actor into messages for another one, as above. The connection is there before what the caller tells
/// the emitter later is handled.
/// \since 0.1
template<class B, class C, class... Args, class A, class F>
    requires(std::derived_from<B, C> && Detail::MakesMessage<F, A, Args...>)
Connection connect(const ActorRef<B> &sender, void (C::*signal)(Args...), const ActorRef<A> &actor,
                   F make)
{
    return Detail::tellSignal<A, B, F, Args...>(sender, signal, actor, std::move(make),
                                                std::nullopt);
}
/// The same with a policy.
/// \since 0.1
template<class B, class C, class... Args, class A, class F>
    requires(std::derived_from<B, C> && Detail::MakesMessage<F, A, Args...>)
Connection connect(const ActorRef<B> &sender, void (C::*signal)(Args...), const ActorRef<A> &actor,
                   F make, SignalPolicy policy)
{
    return Detail::tellSignal<A, B, F, Args...>(sender, signal, actor, std::move(make), policy);
}
/// The same where the first argument of the signal is the message.
/// \since 0.1
template<class B, class C, class... Args, class A>
    requires(std::derived_from<B, C> && Detail::EmissionValue<Args...>::Count > 0
             && Detail::MakesMessage<Detail::FirstArgument, A, Args...>)
Connection connect(const ActorRef<B> &sender, void (C::*signal)(Args...), const ActorRef<A> &actor,
                   std::optional<SignalPolicy> policy = {})
{
    return Detail::tellSignal<A, B, Detail::FirstArgument, Args...>(sender, signal, actor, {},
                                                                    policy);
}

/// Connects a signal of an actor with a slot of `receiver`, an object that is no actor, or with a functor that is called in its
/// thread: at once if that is the actor's, where what it throws is the emitting actor's failure, else through the receiver's event queue,
/// where that ends the program. It precedes what the caller tells the actor later. The connection ends with either end, and holds
/// across a restart of the actor. In the receiver's thread, or where it cannot be destroyed meanwhile.
/// \since 0.1
template<class A, class C, class... Args, std::derived_from<QObject> Receiver, class Slot>
    requires(std::derived_from<A, C> && !std::derived_from<Receiver, Actor>)
Connection connect(const ActorRef<A> &actor, void (C::*signal)(Args...), Receiver *receiver,
                   Slot slot)
{
    if (!Detail::haveEnds(bool(actor), receiver))
        return {};
    const auto connect = [signal, receiver, slot = std::move(slot)](A &object) {
        return QObject::connect(&object, signal, receiver, slot);
    };
    const Detail::Ref bridge(
            new Detail::ActorBridgeFor<A, decltype(connect)>(actor.address(), connect));
    bridge->setReceiver(receiver);
    bridge->start(actor.address());
    return Connection(bridge);
}

/// \cond
// What compilers print of a wrong call.
// clang-format off
void connect(Detail::Anything, Detail::Anything, Detail::Anything, Detail::Anything = {}, Detail::Anything = {}) = delete; // Error: connect a signal of an object or an actor with an actor that takes its first argument, or what a function makes of its arguments; or one of an actor with a slot of an object that is no actor (an actor is sent messages: give its reference).
void connect(...) = delete; // Error: connect a signal of an object or an actor with an actor that takes its first argument, or what a function makes of its arguments; or one of an actor with a slot of an object that is no actor (an actor is sent messages: give its reference).
// clang-format on
/// \endcond

} // namespace Actorio
