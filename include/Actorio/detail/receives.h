// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/fwd.h>

#include <QtCore/qfuture.h>

#include <concepts>
#include <type_traits>
#include <utility>

QT_BEGIN_NAMESPACE
template<typename A, typename B>
class QStringBuilder;
template<typename T>
struct QConcatenable;
QT_END_NAMESPACE

namespace Actorio::Detail {

// The type that a message travels as: what an expression decays to; a string under construction
// travels as the string.
template<class T>
struct MessageTypeOf
{
    using Type = T;
};
template<class A>
struct MessageTypeOf<Scoped<A>>
{
    using Type = ActorRef<A>; // what it is
};
template<class A, class B>
struct MessageTypeOf<QStringBuilder<A, B>>
{
    using Type = typename QConcatenable<QStringBuilder<A, B>>::ConvertTo;
};
template<class T>
using MessageType = typename MessageTypeOf<std::decay_t<T>>::Type;

// The result of the receive() with exactly this parameter, picked from the overloads by deduction: a call would
// let some types convert whatever comes (std::variant, std::optional).
template<class Parameter, class R, class A>
R resultOfReceive(R (A::*)(Parameter));
template<class Parameter, class R, class A>
R resultOfReceive(R (A::*)(Parameter) const);

template<class A, class Parameter>
concept HasReceive = requires { resultOfReceive<Parameter>(&A::receive); };

template<class A, class M>
concept Receives = (HasReceive<A, const M &> || HasReceive<A, M> || HasReceive<A, M &&>)&&requires(
        A &actor, M &message) { actor.receive(std::move(message)); };

// Whether a message can be made of a T: one that only moves cannot be made of an lvalue.
template<class T>
concept Sendable = std::constructible_from<MessageType<T>, T>;

template<class A, class M>
auto receiveResult()
{
    // As a type, since it may be no value that can be returned.
    if constexpr (HasReceive<A, const M &>)
        return std::type_identity<decltype(resultOfReceive<const M &>(&A::receive))>();
    else if constexpr (HasReceive<A, M>)
        return std::type_identity<decltype(resultOfReceive<M>(&A::receive))>();
    else
        return std::type_identity<decltype(resultOfReceive<M &&>(&A::receive))>();
}

template<class A, class M>
using ReceiveResult = typename decltype(receiveResult<A, M>())::type;

// What an asker gets: R for handlers that return R, QFuture<R> or Delegated<R>.
template<class R>
struct ReplyTypeOf
{
    using Type = std::decay_t<R>;
};
template<>
struct ReplyTypeOf<void>
{
    using Type = void;
};
template<class R>
struct ReplyTypeOf<QFuture<R>>
{
    using Type = R;
};
template<class R>
struct ReplyTypeOf<Delegated<R>>
{
    using Type = R;
};

template<class A, class M>
using ReplyType = typename ReplyTypeOf<std::remove_cvref_t<ReceiveResult<A, M>>>::Type;

template<class T>
inline constexpr bool IsFuture = false;
template<class R>
inline constexpr bool IsFuture<QFuture<R>> = true;
template<class T>
inline constexpr bool IsDelegated = false;
template<class R>
inline constexpr bool IsDelegated<Delegated<R>> = true;

} // namespace Actorio::Detail
