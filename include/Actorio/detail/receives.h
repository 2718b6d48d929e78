// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qfuture.h>

#include <concepts>
#include <type_traits>

QT_BEGIN_NAMESPACE
template<typename A, typename B>
class QStringBuilder;
QT_END_NAMESPACE

namespace Actorio {
template<class R>
class Delegated;
}

namespace Actorio::Detail {

// The type that a message travels as: what an expression decays to; a string under construction
// travels as the string.
template<class T>
struct MessageTypeOf
{
    using Type = std::decay_t<T>;
};
template<class A, class B>
struct MessageTypeOf<QStringBuilder<A, B>>
{
    using Type = typename QStringBuilder<A, B>::ConvertTo;
};
template<class T>
using MessageType = typename MessageTypeOf<std::remove_cvref_t<T>>::Type;

// An argument that a parameter takes only if it is an M, a const M & or an M &&: no conversion.
template<class M>
struct Exactly
{
    Exactly(const Exactly &) = delete;
    template<class T>
        requires std::same_as<std::remove_cv_t<T>, M>
    operator T &&() const;
};

template<class A, class M>
concept Receives = requires(A &actor, Exactly<M> &&message) {
    actor.receive(static_cast<Exactly<M> &&>(message));
};

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
using ReceiveResult = decltype(std::declval<A &>().receive(std::declval<Exactly<M>>()));

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
