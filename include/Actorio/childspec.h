// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actor.h>

#include <QtCore/qstring.h>

#include <any>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace Actorio {

class Supervisor;
class DynamicSupervisor;

/// Whether a supervisor starts a child that has ended again.
/// \since 0.1
enum class RestartType {
    Permanent, ///< always
    Transient, ///< if it failed or was killed
    Temporary, ///< never; it is forgotten with its end, also when the supervisor ends it for the sake of a sibling
};

/// How a supervisor has a child; every member but the id may be left out. A value.
/// \since 0.1
struct ChildOptions
{
    /// As a `shutdown`: as long as it takes.
    static constexpr std::chrono::milliseconds Forever = std::chrono::milliseconds::max();

    /// By which it is found among its siblings, and its name. A DynamicSupervisor's children have none.
    QString id = {};
    /// Whether it is started again.
    RestartType restart = RestartType::Permanent;
    /// How long its stop may take until it is killed; zero kills it at once. Nothing: 5 s, and `Forever` for a supervisor.
    std::optional<std::chrono::milliseconds> shutdown = {};
    /// Where it lives.
    Placement on = pool();
    /// What becomes of it first when it fails: with restart() it keeps its reference and its inbox, and only when it may not be restarted
    /// any more does the supervisor hear of it.
    Supervision supervision = {};
};

/// What a Supervisor starts a child from: its class, its constructor's arguments, which are copied, and its ChildOptions. Made by child(). A
/// value, cheap to copy.
/// \since 0.1
class ACTORIO_EXPORT ChildSpec
{
public:
    /// No child; a supervisor refuses it.
    ChildSpec() = default;

    /// How it is had.
    const ChildOptions &options() const noexcept { return m_options; }
    /// The class of the actor; null of no child.
    const QMetaObject *actorClass() const noexcept { return m_class; }

    /// \cond
    // For child().
    using Make = std::function<std::unique_ptr<Detail::Factory>()>;
    ChildSpec(ChildOptions options, const QMetaObject *actorClass, Make make)
        : m_options(std::move(options)), m_class(actorClass),
          m_factory(std::make_shared<const Make>(std::move(make)))
    {
    }
    /// \endcond

private:
    friend class Supervisor;

    ChildOptions m_options;
    const QMetaObject *m_class = nullptr;
    std::shared_ptr<const Make> m_factory;
};

/// A child of class A, made from `arguments`.
/// \since 0.1
template<class A, class... Args>
    requires(Detail::Spawnable<A, Args...> && (Detail::Copies<Detail::MessageType<Args>> && ...))
ChildSpec child(ChildOptions options, Args &&...arguments)
{
    using Kept = std::tuple<Detail::MessageType<Args>...>;
    using Factory = Detail::FactoryOf<A, Detail::MessageType<Args>...>;
    return ChildSpec(std::move(options), &A::staticMetaObject,
                     [kept = Kept(std::forward<Args>(arguments)...)] {
                         return std::apply(
                                 [](const auto &...argument) -> std::unique_ptr<Detail::Factory> {
                                     return std::make_unique<Factory>(argument...);
                                 },
                                 kept);
                     });
}
/// \cond
// What compilers print of a wrong call.
// clang-format off
template<class A, class... Args>
    requires(!Detail::Spawnable<A, Args...>)
ChildSpec child(ChildOptions, Args &&...) = delete; // Error: this actor class has no constructor for these arguments.
template<class A, class... Args>
    requires(Detail::Spawnable<A, Args...> && !(Detail::Copies<Detail::MessageType<Args>> && ...))
ChildSpec child(ChildOptions, Args &&...) = delete; // Error: a child is made anew from copies of its arguments: these do not copy.
// clang-format on
/// \endcond

class ChildTemplate;

/// Children of class A, made from an `Args...` each, as `DynamicSupervisor::Start` brings them.
/// \since 0.1
template<class A, class... Args>
ChildTemplate childTemplate(ChildOptions options = {});

/// What a DynamicSupervisor starts its children from: a class, the types of its constructor's arguments, and ChildOptions. Made by
/// childTemplate(). A value, cheap to copy.
/// \since 0.1
class ACTORIO_EXPORT ChildTemplate
{
public:
    /// No child; a supervisor refuses it.
    ChildTemplate() = default;

    /// How its children are had.
    const ChildOptions &options() const noexcept { return m_options; }
    /// The class of the actors; null of no child.
    const QMetaObject *actorClass() const noexcept { return m_class; }

private:
    /// \cond
    friend class DynamicSupervisor;
    template<class A, class... Args>
    friend ChildTemplate childTemplate(ChildOptions options);
    /// \endcond

    ChildOptions m_options;
    const QMetaObject *m_class = nullptr;
    // Null: the arguments are of other types.
    std::function<std::unique_ptr<Detail::Factory>(const std::any &)> m_factory;
};

template<class A, class... Args>
ChildTemplate childTemplate(ChildOptions options)
{
    static_assert(Detail::Spawnable<A, Args...>,
                  "This actor class has no constructor for arguments of these types.");
    static_assert((Detail::Copies<Args> && ...),
                  "A child is made anew from copies of its arguments: these do not copy.");
    ChildTemplate children;
    children.m_options = std::move(options);
    children.m_class = &A::staticMetaObject;
    children.m_factory = [](const std::any &arguments) -> std::unique_ptr<Detail::Factory> {
        const auto *const kept = std::any_cast<std::tuple<Args...>>(&arguments);
        if (!kept)
            return nullptr;
        return std::apply(
                [](const Args &...argument) -> std::unique_ptr<Detail::Factory> {
                    return std::make_unique<Detail::FactoryOf<A, Args...>>(argument...);
                },
                *kept);
    };
    return children;
}

} // namespace Actorio
