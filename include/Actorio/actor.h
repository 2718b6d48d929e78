// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>
#include <Actorio/childstopped.h>
#include <Actorio/delegated.h>
#include <Actorio/detail/fwd.h>
#include <Actorio/detail/listener.h>
#include <Actorio/detail/spawner.h>
#include <Actorio/error.h>
#include <Actorio/message.h>
#include <Actorio/receivetimeout.h>
#include <Actorio/spawnoptions.h>
#include <Actorio/stopreason.h>

#include <QtCore/qfuture.h>
#include <QtCore/qlist.h>
#include <QtCore/qobject.h>

#include <chrono>
#include <memory>

namespace Actorio {

/// The base class of all actors: an object with a state of its own and an inbox, that does one thing at
/// a time. Its public slots named `receive`, with one parameter, are its protocol; what such a slot
/// returns is the reply. All its functions are called, and all its hooks and handlers run, in the
/// actor's own thread; others hold an ActorRef. Made by `spawn()`, `Scoped` or `registerChild()`, and
/// deleted by the library alone: `deleteLater()` means `stop()`. After the Python library of the same name.
/// \since 0.1
class ACTORIO_EXPORT Actor : public QObject,
                             protected Detail::Spawner<Actor>,
                             protected Detail::Listener
{
    Q_OBJECT
public:
    /// Runs in the actor's own thread when it is spawned; `self()` is known already. What it throws is SpawnFailed.
    Actor();
    /// Runs in the actor's own thread, after `tearDown()`. Deleting a spawned actor yourself is an error, which is logged.
    ~Actor() override;

    /// For Qt; makes a stop() of deleteLater(), and warns once of a slot that a queued connection calls while the actor is busy. A
    /// class that overrides it calls this one.
    bool event(QEvent *event) override;

protected:
    /// A reference to this actor, for others; null in an actor that was not spawned.
    ActorRef<> self() const;
    /// The actor that spawned this one; null for a root.
    ActorRef<> parentRef() const;
    /// The children that run, oldest first.
    QList<ActorRef<>> childActors() const;
    /// Who sent the message in progress: null when the sender did not say; in an ask the ask's one-shot address.
    ActorRef<> currentSender() const;
    /// The message in progress; null outside handlers of messages.
    Message currentMessage() const;
    /// Tells `message` to the current sender. False: there is none, or it takes no more. In an ask it is the answer: of
    /// another type than the asker expects, it fails the ask with BrokenPromise. The address of an ask accepts what comes
    /// too late, which is a dead letter then.
    template<class T>
    bool reply(T &&message) const
    {
        return currentSender().tell(std::forward<T>(message), self());
    }

    /// Ends this actor after what it is doing now. What is still queued becomes dead letters.
    void stop();

    /// Makes `child`, an actor without a parent that lives in this thread and has not been spawned, a child of
    /// this one and moves it to its thread. It is the library's from here on; one that cannot be taken is deleted, and
    /// `childStopped()` is told SpawnFailed.
    template<std::derived_from<Actor> A>
    ActorRef<A> registerChild(std::unique_ptr<A> child, SpawnOptions options = {})
    {
        return ActorRef<A>(adoptChild(std::move(child), std::move(options)));
    }

    /// Keeps this actor busy after the current handler or hook until `future` has finished; its failure
    /// is the actor's, its cancellation is none. `kill()` does not wait for it.
    void busyUntil(QFuture<void> future);

    /// Tells this actor once when the actor behind `ref` ends, or has ended already: its slot `receive(const Actorio::Terminated &)` is
    /// called, in turn with messages. All that the other has sent to this one before it ended comes first. Watching again before that
    /// changes nothing. An actor that has no such slot fails with UnhandledMessage. Ends with this actor, which leaves nothing
    /// behind in the other. Throws Error for `self()`; does nothing but warn when this actor stops. Constant in time.
    void watch(const ActorRef<> &ref);
    /// Takes watch() back, also when the message is queued already. Does nothing if `ref` is not watched. Constant in time.
    void unwatch(const ActorRef<> &ref);

    /// Tells this actor when it has handled no message for `span`: its slot `receive(const Actorio::ReceiveTimeout &)` is called, in turn
    /// with messages, and again after each further `span`. The time counts from the end of the last handler of a message, or of setUp(), or
    /// from this call. Each message, tell or ask, starts it anew, and costs a look at the clock; inputs, timers and `childStopped()` do
    /// not. A second call replaces the first, zero and less cancels it. An actor that has no such slot fails with UnhandledMessage. Gone
    /// with the object after a restart. Throws Error before the actor is spawned; does nothing but warn when it stops. The idea is Akka's.
    void setReceiveTimeout(std::chrono::milliseconds span);
    /// Takes setReceiveTimeout() back, also when the message is queued already.
    void cancelReceiveTimeout();

    /// Hands the current message, or any other, on to `target`, whose reply becomes the reply to the current sender.
    /// A target that has ended fails the ask with ActorStopped. The idea is CAF's.
    template<class A, class T>
        requires(!std::same_as<A, Actor> && Detail::Receives<A, Detail::MessageType<T>>)
    auto delegate(const ActorRef<A> &target, T &&message)
    {
        handOn(target.address(),
               target.envelope(std::forward<T>(message), messageSender(), messageKind()));
        return Delegated<Detail::ReplyType<A, Detail::MessageType<T>>>();
    }
    /// The same where the type of the reply is not known from the target's class.
    template<class R, class A, class T>
        requires Detail::Accepts<A, Detail::MessageType<T>>
    Delegated<R> delegate(const ActorRef<A> &target, T &&message)
    {
        handOn(target.address(),
               target.envelope(std::forward<T>(message), messageSender(), messageKind()));
        return {};
    }
    /// The duty to answer the message in progress later, from any thread; the handler returns `{}` as Delegated.
    template<class R>
    ReplyPromise<R> replyPromise()
    {
        return ReplyPromise<R>(messageSender(), messageKind() == Detail::Entry::Kind::Ask);
    }

    /// Called before the first message. An exception fails the actor, and tearDown() is not called.
    virtual void setUp();
    /// The last thing that runs in the actor: after its children have ended, once for each setUp() that
    /// returned. An exception is a failure of the actor.
    virtual void tearDown(const StopReason &reason);
    /// Called for a message that no `receive` slot takes. The default throws UnhandledMessage.
    virtual void handleMessage(const Message &message);
    /// Called when a child has ended, in turn with messages. The default rethrows a failure, so that it
    /// climbs until somebody deals with it. Not called for children that end because this actor does.
    virtual void childStopped(const ChildStopped &event);

private:
    friend class Detail::ActorCell;
    friend class Detail::Family;
    friend class Detail::FrameBase;
    friend class Detail::Listener;
    friend class Detail::Spawner<Actor>;

    Detail::Ref<Detail::Address> start(Detail::SpawnRequest request);
    Detail::Ref<Detail::Address> adoptChild(std::unique_ptr<Actor> child, SpawnOptions options);
    Detail::Ref<Detail::Address> messageSender() const;
    Detail::Entry::Kind messageKind() const;
    void handOn(const Detail::Ref<Detail::Address> &target, Detail::Envelope *envelope);

    /// \cond
    template<class A>
    friend ActorRef<A> refTo(A *actor);
    /// \endcond

    Detail::ActorCell *m_cell;
};

/// The typed `self()` of an actor: `Actorio::refTo(this)`.
/// \since 0.1
template<class A>
ActorRef<A> refTo(A *actor)
{
    return ActorRef<A>(static_cast<Actor *>(actor)->self().address());
}

} // namespace Actorio

#include <Actorio/detail/coroutine.h>
