// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actor.h>
#include <Actorio/childspec.h>
#include <Actorio/error.h>

#include <QtCore/qhash.h>
#include <QtCore/qlist.h>

#include <any>
#include <chrono>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace Actorio {

namespace Detail {
class Family;
}

/// What a supervisor refuses a request with, or fails with. A value; any thread.
/// \since 0.1
class ACTORIO_EXPORT SupervisorError : public Error
{
public:
    /// Which error it is. The names are OTP's.
    enum Code {
        BadSpecification, ///< a specification, or an option of the supervisor, makes no sense
        AlreadyPresent, ///< there is a specification with this id, whose child does not run
        AlreadyStarted, ///< there is one, and its child runs
        NotFound, ///< there is no such child
        Running, ///< the child runs
        StartFailed, ///< the child failed while it started
        BadArguments, ///< the arguments are not those of the template
        TooManyRestarts, ///< more than `intensity` within `period`: the supervisor fails with it
    };
    /// An error that says `message`.
    SupervisorError(Code code, const QString &message);
    ~SupervisorError() override;

    /// Which error it is.
    Code code() const noexcept { return m_code; }
    /// For Qt: throws a copy of this.
    void raise() const override;
    /// For Qt: a copy on the heap, which is the caller's.
    SupervisorError *clone() const override;

private:
    Code m_code;
};

/// A child of a supervisor, as it tells. A value.
/// \since 0.1
struct ChildInfo
{
    /// Its id; empty of a DynamicSupervisor's.
    QString id;
    /// Its actor; null when it does not run.
    ActorRef<> actor;
    /// Whether it is started again.
    RestartType restart = RestartType::Permanent;
    /// Whether it is a supervisor itself.
    bool isSupervisor = false;
};

/// How many children a supervisor has. A value.
/// \since 0.1
struct ChildCounts
{
    int specifications = 0; ///< those that it knows, running or not
    int active = 0; ///< those that run
    int supervisors = 0; ///< of the specifications: supervisors
    int workers = 0; ///< of the specifications: others
};

/// How a supervisor deals with its children; every member may be left out. A value.
/// \since 0.1
struct SupervisorOptions
{
    /// Which children are started again with one that has ended. Those that are have ended first.
    enum Strategy {
        OneForOne, ///< that one
        OneForAll, ///< all
        RestForOne, ///< that one and those that were started after it
    };
    /// Which of them.
    Strategy strategy = OneForOne;
    /// With more restarts than this within `period`, the supervisor gives up: it fails with SupervisorError::TooManyRestarts.
    int intensity = 1;
    /// See `intensity`. Positive.
    std::chrono::milliseconds period{5000};
};

/// An actor that keeps others running, by Erlang/OTP's rules: it starts its children in the order of their specifications, each
/// when the one before has returned from setUp(), starts those that end again by its strategy, and stops them in the
/// reverse order. A child that is started again is another actor: its former inbox is dead letters, references to the former stay with that,
/// and ChildInfo has the new one. (For the same behind one reference see `ChildOptions::supervision`.) A child that stops itself before its
/// setUp() has returned (by StopActor) declines to start: its specification is kept, and it does not run. If a child fails to start with the
/// supervisor, the supervisor does not start either; later a failed start counts as another restart. It fails to be spawned for a
/// specification that makes no sense, before any child starts. It is talked to by messages, which it takes one after the other:
/// each is answered when what it asks for has been done, or with a SupervisorError.
/// \since 0.1
class ACTORIO_EXPORT Supervisor : public Actor
{
    Q_OBJECT
public:
    /// Starts another child, the last one. Replies with its actor, null if it declined. Fails with AlreadyPresent, AlreadyStarted,
    /// BadSpecification or StartFailed, and then knows it not.
    struct Start
    {
        ChildSpec child; ///< what it is
    };
    /// Stops a child, and knows it further on if it is not temporary. Not running already is no error. Fails with NotFound.
    struct Stop
    {
        QString id; ///< which
    };
    /// Starts a child that does not run. Replies with its actor, null if it declined. Fails with NotFound, Running or StartFailed.
    struct Restart
    {
        QString id; ///< which
    };
    /// Forgets a child that does not run. Fails with NotFound or Running.
    struct Delete
    {
        QString id; ///< which
    };
    /// Replies with one child. Fails with NotFound.
    struct Find
    {
        QString id; ///< which
    };
    /// Replies with all children, in the order in which they are started.
    struct List
    {
    };
    /// Replies with how many there are.
    struct Count
    {
    };

    /// Throws SupervisorError::BadSpecification.
    explicit Supervisor(const QList<ChildSpec> &children, const SupervisorOptions &options = {});
    ~Supervisor() override;

public Q_SLOTS:
    /// See Start.
    Actorio::Delegated<Actorio::ActorRef<>> receive(const Actorio::Supervisor::Start &request);
    /// See Stop.
    Actorio::Delegated<void> receive(const Actorio::Supervisor::Stop &request);
    /// See Restart.
    Actorio::Delegated<Actorio::ActorRef<>> receive(const Actorio::Supervisor::Restart &request);
    /// See Delete.
    Actorio::Delegated<void> receive(const Actorio::Supervisor::Delete &request);
    /// See Find.
    Actorio::Delegated<Actorio::ChildInfo> receive(const Actorio::Supervisor::Find &request);
    /// See List.
    QList<Actorio::ChildInfo> receive(const Actorio::Supervisor::List &request);
    /// See Count.
    Actorio::ChildCounts receive(const Actorio::Supervisor::Count &request);

protected:
    /// Starts the children; a class that overrides it calls this one.
    void setUp() override;
    /// Starts children again; a class that overrides it calls this one.
    void childStopped(const ChildStopped &event) override;

private:
    struct Child;

    QFuture<void> startAll();
    QFuture<void> startAgain(qsizetype first, StopReason reason);
    QFuture<ActorRef<>> startNew(ChildSpec spec);
    QFuture<ActorRef<>> restart(QString id);
    QFuture<void> stopKnown(QString id);
    QFuture<void> forget(QString id);
    QFuture<ChildInfo> find(QString id);
    static ChildInfo infoOf(const Child &child);
    QFuture<void> startAt(qsizetype index);
    QFuture<void> stopAt(qsizetype index);
    template<class R>
    Delegated<R> answer(QFuture<R> work);
    template<class R>
    QFuture<void> settle(ReplyPromise<R> promise, QFuture<R> work);
    void check(const ChildSpec &spec) const;
    qsizetype indexOf(const QString &id) const;
    qsizetype existing(const QString &id) const;
    void sortAfter(qsizetype index);

    const std::unique_ptr<Detail::Family> m_family;
    QList<Child> m_children; // in the order of their starts
    const SupervisorOptions::Strategy m_strategy;
};

/// A supervisor of any number of children of one template, which come and go: they have no ids, but their references. Otherwise a
/// Supervisor with OneForOne: what is permanent or transient is started again, with the same arguments. They are stopped
/// in the reverse order of their starts.
/// \since 0.1
class ACTORIO_EXPORT DynamicSupervisor : public Actor
{
    Q_OBJECT
public:
    /// Starts another child from arguments, which are of exactly the types of the template (a QStringBuilder is its QString). Replies with its
    /// actor, null if it declined. Fails with BadArguments or StartFailed, and then knows it not.
    struct Start
    {
        /// Of these arguments.
        template<class... Args>
            requires(!(std::same_as<std::remove_cvref_t<Args>, Start> || ...))
        explicit Start(Args &&...args)
            : arguments(std::tuple<Detail::MessageType<Args>...>(std::forward<Args>(args)...))
        {
        }
        std::any arguments; ///< a std::tuple of them
    };
    /// Stops a child, and forgets it. Fails with NotFound.
    struct Stop
    {
        ActorRef<> actor; ///< which
    };
    /// Replies with all children that run.
    struct List
    {
    };
    /// Replies with how many there are.
    struct Count
    {
    };

    /// Throws SupervisorError::BadSpecification. The strategy is not used.
    explicit DynamicSupervisor(const ChildTemplate &children,
                               const SupervisorOptions &options = {});
    ~DynamicSupervisor() override;

public Q_SLOTS:
    /// See Start.
    Actorio::Delegated<Actorio::ActorRef<>>
    receive(const Actorio::DynamicSupervisor::Start &request);
    /// See Stop.
    Actorio::Delegated<void> receive(const Actorio::DynamicSupervisor::Stop &request);
    /// See List.
    QList<Actorio::ChildInfo> receive(const Actorio::DynamicSupervisor::List &request);
    /// See Count.
    Actorio::ChildCounts receive(const Actorio::DynamicSupervisor::Count &request);

protected:
    /// Starts a child again; a class that overrides it calls this one.
    void childStopped(const ChildStopped &event) override;

private:
    struct Child;

    QFuture<void> startAgain(std::any arguments, StopReason reason);
    QFuture<ActorRef<>> startNew(std::any arguments);
    QFuture<void> stopKnown(ActorRef<> actor);
    template<class R>
    Delegated<R> answer(QFuture<R> work);
    template<class R>
    QFuture<void> settle(ReplyPromise<R> promise, QFuture<R> work);

    const std::unique_ptr<Detail::Family> m_family;
    const ChildTemplate m_template;
    QHash<ActorRef<>, Child> m_children;
};

} // namespace Actorio
