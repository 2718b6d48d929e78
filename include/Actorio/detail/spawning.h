// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/address.h>
#include <Actorio/detail/fwd.h>
#include <Actorio/detail/receives.h>
#include <Actorio/spawnoptions.h>

#include <QtCore/qobjectdefs.h>
#include <QtCore/qpromise.h>

#include <concepts>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace Actorio::Detail {

class Supervised;

// Makes an actor, in the actor's own thread.
class ACTORIO_EXPORT Factory
{
public:
    Factory() = default;
    Factory(const Factory &) = delete;
    Factory &operator=(const Factory &) = delete;
    virtual ~Factory();
    // Once: gives away what it is made from.
    virtual Actor *make() = 0;
    // As often as it is repeatable: from copies of that.
    virtual bool isRepeatable() const { return false; }
    virtual Actor *makeAgain() { return nullptr; }
    virtual Supervised *supervised() noexcept { return nullptr; }
};

// What copies. A container says that it does even if its elements do not.
template<class T>
inline constexpr bool Copies = std::is_copy_constructible_v<T>;
template<class T>
    requires requires { typename T::value_type; } && (!std::same_as<typename T::value_type, T>)
inline constexpr bool Copies<T> = std::is_copy_constructible_v<T> && Copies<typename T::value_type>;
template<class First, class Second>
inline constexpr bool Copies<std::pair<First, Second>> =
        Copies<std::remove_const_t<First>> && Copies<Second>;

template<class A, class... Args>
class FactoryOf final : public Factory
{
public:
    template<class... T>
    explicit FactoryOf(T &&...arguments) : m_arguments(std::forward<T>(arguments)...)
    {
    }
    Actor *make() override
    {
        return std::apply([](Args &...arguments) { return new A(std::move(arguments)...); },
                          m_arguments);
    }
    bool isRepeatable() const override { return (Copies<Args> && ...); }
    Actor *makeAgain() override
    {
        if constexpr ((Copies<Args> && ...))
            return std::apply([](const Args &...arguments) { return new A(Args(arguments)...); },
                              m_arguments);
        else
            return nullptr;
    }

private:
    std::tuple<Args...> m_arguments;
};

struct SpawnRequest
{
    SpawnOptions options;
    const QMetaObject *actorClass = nullptr;
    std::unique_ptr<Factory> factory;
    // True when its setUp() has returned, false if it stopped itself instead, or what it failed with.
    std::unique_ptr<QPromise<bool>> started = {};
};

// An argument is kept as a message is until the actor is made.
template<class A, class... Args>
concept Spawnable = std::derived_from<A, Actor> && std::constructible_from<A, MessageType<Args>...>;

// Whether the first argument is the options, so that the other overload is meant.
template<class... Args>
inline constexpr bool StartsWithOptions = false;
template<class First, class... Rest>
inline constexpr bool StartsWithOptions<First, Rest...> =
        std::same_as<std::remove_cvref_t<First>, SpawnOptions>;

template<class A, class... Args>
SpawnRequest spawnRequest(SpawnOptions options, Args &&...arguments)
{
    return {std::move(options), &A::staticMetaObject,
            std::make_unique<FactoryOf<A, MessageType<Args>...>>(std::forward<Args>(arguments)...)};
}

// A root of `system`; of the instance if it is null.
ACTORIO_EXPORT Ref<Address> spawnRoot(ActorSystem *system, SpawnRequest request);

} // namespace Actorio::Detail
