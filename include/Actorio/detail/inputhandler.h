// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/anyfuture.h>
#include <Actorio/detail/receives.h>

#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace Actorio::Detail {

// Takes any argument of a wrong call: worse than what fits, and better than `...`, to which Clang passes no object.
struct Anything
{
    Anything() = default;
    template<class T>
    Anything(const T &)
    {
    }
};

// A member function with the actor that it is called on.
template<class D, class Member>
struct BoundMember
{
    D *actor;
    Member member;

    template<class... Args>
        requires std::is_invocable_v<const Member &, D *, Args...>
    decltype(auto) operator()(Args &&...args) const
    {
        return std::invoke(member, actor, std::forward<Args>(args)...);
    }
};

// Whether H takes the first `Count` of `Args`, a tuple.
template<class H, class Args, std::size_t Count>
inline constexpr bool TakesFirst = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::is_invocable_v<H &, std::tuple_element_t<I, Args>...>;
}(std::make_index_sequence<Count>());

// A handler may take fewer arguments than there are: how many of `Args`, a tuple, H takes; -1: it fits in no way.
template<class H, class Args, int Count = int(std::tuple_size_v<Args>)>
constexpr int takenCount()
{
    if constexpr (TakesFirst<H, Args, std::size_t(Count)>)
        return Count;
    else if constexpr (Count == 0)
        return -1;
    else
        return takenCount<H, Args, Count - 1>();
}

template<class H, class... Args>
concept HandlerFor = takenCount<H, std::tuple<Args...>>() >= 0;

// Calls a handler with as many of the arguments as it takes. The future that it returns, if it does.
template<class H, class... Args>
AnyFuture callHandler(H &handler, Args &&...args)
{
    using All = std::tuple<Args &&...>;
    constexpr int Count = takenCount<H, All>();
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> AnyFuture {
        [[maybe_unused]] All all(std::forward<Args>(args)...);
        using R = std::remove_cvref_t<std::invoke_result_t<H &, std::tuple_element_t<I, All>...>>;
        if constexpr (IsFuture<R>) {
            return AnyFuture(handler(std::get<I>(std::move(all))...));
        } else {
            static_cast<void>(handler(std::get<I>(std::move(all))...));
            return {};
        }
    }(std::make_index_sequence<std::size_t(Count)>());
}

// The outcome of a QFuture<T>: a handler takes the value or nothing, and a failure is its actor's; or it takes the
// finished future, and sees for itself.
template<class H, class T>
struct OutcomeHandler
{
    static constexpr bool TakesValue = HandlerFor<H, T> && takenCount<H, std::tuple<T>>() == 1;
    static constexpr bool TakesFuture = !TakesValue && takenCount<H, std::tuple<QFuture<T>>>() == 1;
};
template<class H>
struct OutcomeHandler<H, void>
{
    static constexpr bool TakesValue = false;
    static constexpr bool TakesFuture = takenCount<H, std::tuple<QFuture<void>>>() == 1;
};
template<class H, class T>
concept HandlerForOutcome =
        OutcomeHandler<H, T>::TakesValue || OutcomeHandler<H, T>::TakesFuture || HandlerFor<H>;

// Where what a handler is called with stays until it is over.
template<class T>
using ValuePlace = std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>>;

template<class T, class H>
AnyFuture callWithOutcome(H &handler, AnyFuture &future, ValuePlace<T> &value)
{
    if constexpr (OutcomeHandler<H, T>::TakesFuture) {
        return callHandler(handler, std::move(*static_cast<QFuture<T> *>(future.data())));
    } else if constexpr (OutcomeHandler<H, T>::TakesValue) {
        return callHandler(handler, std::move(value.emplace(future.value<T>())));
    } else {
        future.rethrowFailure();
        return callHandler(handler);
    }
}

} // namespace Actorio::Detail
