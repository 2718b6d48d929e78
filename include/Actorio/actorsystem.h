// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>
#include <Actorio/clock.h>
#include <Actorio/deadletter.h>
#include <Actorio/detail/spawner.h>
#include <Actorio/registry.h>

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qobject.h>

#include <memory>

namespace Actorio {

namespace Detail {
class SystemCore;
}

/// Which event loop the threads of a system run, those that it starts itself.
/// \since 0.1
enum class EventLoop {
    /// Epoll where there is one, else Qt. Measured: with one busy pair among 1 000 sockets it does 25 times what Qt's do, among
    /// 10 000 more than 600 times; it wakes a thread as fast or faster; only where all sockets of a thread are busy it may be 15 % behind.
    Automatic,
    Qt, ///< Qt's own: what any other QThread runs.
    Epoll ///< The library's own, for Linux; elsewhere as Qt.
};

/// How a system is made; every member may be left out.
/// \since 0.1
struct SystemOptions
{
    /// How many threads pool() has; 0: one a core.
    int threads = 0;
    /// Names its threads in debuggers and logs.
    QString name = {};
    /// What its timeouts live by; null: the machine's steady clock.
    std::shared_ptr<Clock> clock = {};
    /// What the threads that it starts for actors run. Actors that use a library which needs a main context of
    /// GLib's in their thread, such as GDBus or GStreamer, need EventLoop::Qt.
    EventLoop eventLoop = EventLoop::Automatic;
};

/// A home for actors: their threads, their roots, their dead letters. Most programs use instance(); several
/// may live in one process. Its functions may be called by any thread.
/// \since 0.1
class ACTORIO_EXPORT ActorSystem : public QObject, public Detail::Spawner<ActorSystem>
{
    Q_OBJECT
public:
    /// Starts nothing yet: its threads come with their first actors.
    explicit ActorSystem(SystemOptions options = {}, QObject *parent = nullptr);
    /// As `shutdown()` with its default deadline.
    ~ActorSystem() override;

    /// The system of the free functions. It starts with its first use, is shut down with the
    /// QCoreApplication, and starts anew with a new one. Never deleted.
    static ActorSystem &instance();

    /// How many actors have not ended, in the whole tree. May be out of date when you read it.
    int actorCount() const;
    /// How many messages were accepted but not handled.
    quint64 deadLetterCount() const;
    /// The name that it was made with.
    QString name() const;
    /// The names by which actors find each other.
    Registry &registry() const;

    /// Stops all actors, waits for them and joins the threads. At the deadline coroutines are killed; a thread
    /// that is still inside a handler is named in the log and given up. True: everything has ended. From then
    /// on `spawn()` fails. A thread that hosts actors runs its event loop while it waits.
    ///
    /// Nothing happens to an instance() that has not been used: its time may come yet. In a handler it does
    /// not wait for the actors whose handlers it was called from, and answers false.
    bool shutdown(QDeadlineTimer deadline = QDeadlineTimer(DefaultDeadline));

    /// How long a shutdown, or a Scoped, waits for actors before it kills coroutines and gives up threads.
    static constexpr std::chrono::seconds DefaultDeadline{5};

Q_SIGNALS:
    /// A message was accepted but not handled. Emitted in whichever thread finds that out: connect with a context.
    void deadLetter(const Actorio::DeadLetter &letter);
    /// An actor failed, and it had no parent that could hear of it. Emitted in that actor's thread.
    void actorFailed(const Actorio::ActorRef<Actorio::Actor> &actor,
                     const Actorio::StopReason &reason);

private:
    friend class Detail::SystemCore;
    friend class Detail::Spawner<ActorSystem>;
    Detail::Ref<Detail::SystemCore> core() const;
    Detail::Ref<Detail::Address> start(Detail::SpawnRequest request)
    {
        return Detail::spawnRoot(this, std::move(request));
    }

    struct Private;
    const std::unique_ptr<Private> d;

public:
    /// \cond
    // For the library.
    static Detail::Ref<Detail::SystemCore> coreOf(ActorSystem *system);
    /// \endcond
};

/// Starts an actor that has no parent, as ActorSystem::spawn() of ActorSystem::instance().
/// \since 0.1
template<class A, class... Args>
    requires Detail::Spawnable<A, Args...>
ActorRef<A> spawn(SpawnOptions options, Args &&...arguments)
{
    return ActorRef<A>(Detail::spawnRoot(
            nullptr,
            Detail::spawnRequest<A>(std::move(options), std::forward<Args>(arguments)...)));
}
/// The same without options: in the pool.
/// \since 0.1
template<class A, class... Args>
    requires(Detail::Spawnable<A, Args...> && !Detail::StartsWithOptions<Args...>)
ActorRef<A> spawn(Args &&...arguments)
{
    return ActorRef<A>(Detail::spawnRoot(
            nullptr, Detail::spawnRequest<A>({}, std::forward<Args>(arguments)...)));
}

/// \cond
// What compilers print of a wrong call.
// clang-format off
template<class A, class... Args>
    requires(!std::derived_from<A, Actor>)
ActorRef<> spawn(SpawnOptions, Args &&...) = delete; // Error: only a class that derives from Actorio::Actor can be spawned.
template<class A, class... Args>
    requires(!std::derived_from<A, Actor> && !Detail::StartsWithOptions<Args...>)
ActorRef<> spawn(Args &&...) = delete; // Error: only a class that derives from Actorio::Actor can be spawned.
template<class A, class... Args>
    requires(std::derived_from<A, Actor> && !Detail::Spawnable<A, Args...>)
ActorRef<A> spawn(SpawnOptions, Args &&...) = delete; // Error: this actor class has no constructor for these arguments.
template<class A, class... Args>
    requires(std::derived_from<A, Actor> && !Detail::StartsWithOptions<Args...> && !Detail::Spawnable<A, Args...>)
ActorRef<A> spawn(Args &&...) = delete; // Error: this actor class has no constructor for these arguments.
// clang-format on
/// \endcond

} // namespace Actorio
