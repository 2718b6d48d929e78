// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>
#include <Actorio/ask.h>
#include <Actorio/clock.h>
#include <Actorio/detail/anyfuture.h>
#include <Actorio/global.h>

#include <QtCore/qfuture.h>
#include <QtCore/qobject.h>
#include <QtCore/qstringlist.h>

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>

namespace Actorio {

class ActorSystem;

/// A step of a CoordinatedShutdown. A value.
/// \since 0.1
struct ShutdownPhase
{
    /// How long a phase may take if it does not say.
    static constexpr std::chrono::milliseconds DefaultDeadline{5'000};

    /// What it is called; no other phase is.
    QString name;
    /// It begins when all of these are over.
    QStringList after = {};
    /// These begin when it is over. None: the next of the phases that there are from the beginning.
    QStringList before = {};
    /// When tasks of it have not ended so long after it began, it is over without them.
    std::chrono::milliseconds deadline = DefaultDeadline;
    /// Whether the shutdown goes on when a task fails or does not end in time. Otherwise no later phase begins.
    bool recovers = true;
};

/// A hold on what CoordinatedShutdown::addTask() has added. Copies share it; dropping them changes nothing. For any thread.
/// \since 0.1
class ACTORIO_EXPORT ShutdownTask
{
public:
    /// One of nothing.
    ShutdownTask() noexcept = default;
    /// Takes the task back. False: it has begun, or has been removed.
    bool remove();

private:
    friend class CoordinatedShutdown;
    struct Data;
    explicit ShutdownTask(std::shared_ptr<Data> data) noexcept : m_data(std::move(data)) { }

    std::shared_ptr<Data> m_data;
};

/// How a CoordinatedShutdown is made; every member may be left out.
/// \since 0.1
struct CoordinatedShutdownOptions
{
    /// The system that the last phase shuts down; it outlives the CoordinatedShutdown. Null: all that run then.
    ActorSystem *system = nullptr;
    /// What the deadlines live by; null: the machine's steady clock.
    std::shared_ptr<Clock> clock = {};
};

/// Ends a program in order: runs tasks in named phases, one phase after the other, and shuts the actors down in the last one. The end of
/// `QCoreApplication::exec()` leads into it: a quit(), the last window closed, or an exit(), whose status is kept. Windows are asked first,
/// as ever, and may refuse. While the phases run, so does the event loop, and a second quit changes nothing.
///
/// It lives in the application's thread, where the tasks' functions are called; its own functions may be called by any thread, unless they
/// say otherwise. A program that returns from main() without exec() runs the phases by `run()` and `wait()`. The idea, and the phases, are
/// Akka's.
/// \since 0.1
class ACTORIO_EXPORT CoordinatedShutdown : public QObject
{
    Q_OBJECT
public:
    /// The phases that there are from the beginning, in this order. The first ones are for what lets work in, the next for what is in
    /// work, then for what all others need.
    static constexpr QLatin1String BeforeServiceUnbind{"before-service-unbind"};
    static constexpr QLatin1String ServiceUnbind{"service-unbind"}; ///< Nobody is let in any more.
    static constexpr QLatin1String ServiceRequestsDone{
            "service-requests-done"}; ///< What was begun gets done.
    static constexpr QLatin1String ServiceStop{"service-stop"}; ///< Connections are closed.
    static constexpr QLatin1String BeforeActorSystemTerminate{
            "before-actor-system-terminate"}; ///< The last with actors.
    static constexpr QLatin1String ActorSystemTerminate{
            "actor-system-terminate"}; ///< ActorSystem::shutdown(); 10 s.

    /// What began it.
    enum class Reason {
        Requested, ///< run()
        Quit, ///< The end of QCoreApplication::exec().
        Interrupted, ///< SIGINT
        Terminated ///< SIGTERM
    };
    Q_ENUM(Reason)

    /// What addActor() does to the actor.
    enum class Ending {
        Drain, ///< What it has been sent so far gets handled.
        Stop ///< What it is doing gets done.
    };
    Q_ENUM(Ending)

    /// One of your own, for tests and libraries: most programs use instance(). With a parent, in the application's thread. Throws
    /// Error if there is no QCoreApplication.
    explicit CoordinatedShutdown(CoordinatedShutdownOptions options = {},
                                 QObject *parent = nullptr);
    /// In the application's thread. What runs is not waited for, except for the end of the actor systems; a future of run() is cancelled.
    ~CoordinatedShutdown() override;

    /// The application's. Made with the first call, which must come before the application ends, and deleted with the QCoreApplication.
    /// Throws Error if there is none.
    static CoordinatedShutdown &instance();

    /// The names of all phases, in the order that they run in.
    QStringList phases() const;
    /// Adds a phase of your own. Throws Error if its name is empty or taken, if it names a phase that there is not, if it would have to
    /// come before itself, and when the shutdown has begun.
    void addPhase(ShutdownPhase phase);
    /// Replaces a phase's deadline. Throws Error if there is no such phase.
    void setDeadline(const QString &phase, std::chrono::milliseconds deadline);
    /// Replaces `ShutdownPhase::recovers`. Throws Error if there is no such phase.
    void setRecovers(const QString &phase, bool recovers);

    /// Calls `function` in `phase`, in the application's thread: it returns nothing, or a QFuture or an Ask, which the phase waits for.
    /// The tasks of a phase begin in the order they were added and go on side by side. One that throws, or whose future fails or is
    /// cancelled, is a warning. Once the phase has begun there is only a warning, and nothing is added. Throws Error if there is no such
    /// phase.
    template<std::invocable F>
    ShutdownTask addTask(const QString &phase, const QString &name, F function)
    {
        return add(phase, name, [function = std::make_shared<F>(std::move(function))] {
            return futureOf(*function);
        });
    }
    /// Drains or stops an actor in `phase`, and waits for its end. An actor that has ended by then is none to wait for.
    ShutdownTask addActor(const QString &phase, const ActorRef<> &actor,
                          Ending ending = Ending::Drain);

    /// Begins it, once: a second call returns the same future. That finishes after the last phase; it fails with Error when a phase that
    /// does not recover has failed. Returns at once, in a handler, too: the tasks are called by the event loop of the application's thread.
    QFuture<void> run(Reason reason = Reason::Requested);
    /// Waits until a shutdown that has begun is over; in the application's thread it runs the event loop meanwhile. False: it has not
    /// begun. Throws WouldDeadlock in a handler of an actor, which it would wait for.
    bool wait();
    /// Whether it has begun.
    bool isBegun() const;
    /// What began it; meaningless before.
    Reason reason() const;

    /// SIGTERM and SIGINT run the phases from now on, and then end the event loop with status 0. A second signal of the same kind has
    /// its default action and ends the process at once, so that nobody is locked in. A signal that is ignored, as under nohup, stays so.
    /// The handlers from before are back when this object goes. False, where there are no POSIX signals, if another CoordinatedShutdown
    /// has them, and if there are no more file descriptors. Call it in the application's thread. Opt-in, since a process has one handler a
    /// signal.
    bool handleSignals();

Q_SIGNALS:
    /// A phase that has tasks begins. In the application's thread.
    void phaseBegan(const QString &phase);
    /// The last phase is over, or one that does not recover has failed. In the application's thread.
    void finished();

private:
    friend class ShutdownTask;
    using Function = std::function<Detail::AnyFuture()>;
    struct Private;

    template<class F>
    static Detail::AnyFuture futureOf(F &function)
    {
        using R = std::invoke_result_t<F &>;
        if constexpr (std::is_void_v<R>) {
            function();
            return {};
        } else {
            return Detail::AnyFuture(anyFuture(function()));
        }
    }
    template<class R>
    static QFuture<R> anyFuture(QFuture<R> future)
    {
        return future;
    }
    template<class R>
    static QFuture<R> anyFuture(Ask<R> ask)
    {
        return ask.future();
    }
    ShutdownTask add(const QString &phase, const QString &name, Function function);

    const std::unique_ptr<Private> d;
};

} // namespace Actorio
