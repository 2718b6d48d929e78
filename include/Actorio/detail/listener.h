// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/askinput.h>
#include <Actorio/detail/deviceinput.h>
#include <Actorio/detail/futureinput.h>
#include <Actorio/detail/fwd.h>
#include <Actorio/detail/signalinput.h>
#include <Actorio/detail/timerinput.h>
#include <Actorio/actorref.h>
#include <Actorio/input.h>

#include <type_traits>
#include <typeinfo>

namespace Actorio::Detail {

template<class Member>
struct ClassOfMember;
template<class D, class Member>
struct ClassOfMember<Member D::*>
{
    using Type = D;
};

// What a handler is called through.
template<class H>
struct BoundOf
{
    using Type = H;
};
template<class H>
    requires std::is_member_function_pointer_v<H>
struct BoundOf<H>
{
    using Type = BoundMember<typename ClassOfMember<H>::Type, H>;
};
template<class H>
using Bound = typename BoundOf<H>::Type;

// What a factory makes: T of QFuture<T> and of Ask<T>.
template<class Future>
struct OutcomeOf;
template<class T>
struct OutcomeOf<QFuture<T>>
{
    using Type = T;
};
template<class T>
struct OutcomeOf<Ask<T>>
{
    using Type = T;
};
template<class F>
using MadeBy = typename OutcomeOf<std::remove_cvref_t<std::invoke_result_t<F &>>>::Type;
template<class F>
concept FutureFactory = requires { typename MadeBy<F>; };

/// What actors listen to besides their inbox: part of Actor. All of it is for setUp() and handlers, in the actor's thread.
/// A handler is a member function of the actor or a function object, may take fewer arguments than there are, and may return a
/// QFuture or be a coroutine, which keeps the actor busy until it has ended. It is called in turn with messages, one thing at a
/// time; what it throws fails the actor. Nothing is heard any more once the actor begins to stop. Sources that are
/// ready at the same time, and the inbox, take turns.
/// Throws Error for a null device, sender or target, a device of another thread, a limit that is not positive, a handler of another
/// class, and before the actor is spawned; once it stops, there is a warning and an Input that is not active.
/// \since 0.1
class ACTORIO_EXPORT Listener
{
public:
    /// Calls `handler` once when `future` has finished: with its value, or with the QFuture itself, if that is what it takes. To a
    /// handler that does not take the QFuture a failure, and a promise that was dropped, is a failure of the actor.
    template<class T, class H>
        requires HandlerForOutcome<Bound<H>, T>
    Input addInput(QFuture<T> future, H handler)
    {
        return addInput([future] { return future; }, std::move(handler), 1);
    }
    /// The same for what `factory` returns, a QFuture or an Ask, which is asked for the next one when the handler of the
    /// one before, with all that it waited for, is over: `limit` times. What the factory throws fails the actor.
    template<FutureFactory F, class H>
        requires HandlerForOutcome<Bound<H>, MadeBy<F>>
    Input addInput(F factory, H handler, int limit = Input::Endless)
    {
        using Source = FutureInput<MadeBy<F>, F, Bound<H>>;
        return listen(new Source(std::move(factory), bound(std::move(handler)), limit));
    }
    /// The same for the answer to `ask`, without a QFuture, which is cheaper.
    template<class R, class H>
        requires HandlerForOutcome<Bound<H>, R>
    Input addInput(Ask<R> &&ask, H handler)
    {
        return listen(new AskInput<R, Bound<H>>(ask.state(), bound(std::move(handler))));
    }
    /// Calls `handler` whenever `device`, which lives in the actor's thread and stays its owner's, has bytes, those that are
    /// there already included: with at most 64 KiB of them as a QByteArray, or with the device, or with nothing, to read
    /// itself; of a QUdpSocket with a datagram, or to read one at least. Ends when the device is closed or destroyed or cannot be
    /// read, when its other side has come to the end and all is read, and when it could not connect or start; a file at its end, or if it
    /// is not open. One that can limit its read buffer, and does not, gets 256 KiB, and more when who reads itself waits for more.
    template<std::derived_from<QIODevice> D, class H>
        requires HandlerForDevice<Bound<H>, D>
    Input addInput(D *device, H handler, int limit = Input::Endless)
    {
        return listen(new DeviceInput<D, Bound<H>>(device, bound(std::move(handler)), limit));
    }
    /// Calls `handler` with the arguments of each emission of `signal`. `sender` may live in any thread; its signals are
    /// kept, in their order, until they are handled. Ends when it is destroyed.
    template<class Sender, class C, class... Args, class H>
        requires(std::derived_from<Sender, C> && HandlerFor<Bound<H>, std::decay_t<Args>...>)
    Input addInput(const Sender *sender, void (C::*signal)(Args...), H handler,
                   int limit = Input::Endless)
    {
        return addSignal(sender, signal, std::move(handler), std::nullopt, limit);
    }
    /// The same with a policy, latestOnly() or atMostEvery(): at most one emission is kept, the last one.
    template<class Sender, class C, class... Args, class H>
        requires(std::derived_from<Sender, C> && HandlerFor<Bound<H>, std::decay_t<Args>...>)
    Input addInput(const Sender *sender, void (C::*signal)(Args...), H handler, SignalPolicy policy,
                   int limit = Input::Endless)
    {
        return addSignal(sender, signal, std::move(handler), policy, limit);
    }

    /// Calls `handler` by `schedule`: a time span is a period, once() makes a single shot.
    template<class H>
        requires HandlerFor<Bound<H>>
    Input addTimer(Schedule schedule, H handler, int limit = Input::Endless)
    {
        return listen(new TimerInput<Bound<H>>(schedule, bound(std::move(handler)), limit));
    }
    /// Tells `target` a copy of `message` by `schedule`, with this actor as its sender, as long as this actor runs, busy or not. A
    /// message that has not been handled when the next one is due stands for both, and one that has not been handled when
    /// the timer is cancelled is taken back. Ends when the target does.
    template<class A, class T>
        requires(Sendable<T> && Accepts<A, MessageType<T>>
                 && std::copy_constructible<MessageType<T>>)
    Input addTimer(Schedule schedule, const ActorRef<A> &target, T &&message,
                   int limit = Input::Endless)
    {
        using M = MessageType<T>;
        return listen(new MessageTimer<A, M>(schedule, existing(target.address()),
                                             M(std::forward<T>(message)), address(), limit));
    }
    /// Cancels the timer with this key. False: there is none.
    bool cancelTimer(const QString &key);

    /// \cond
    // What compilers print of a wrong call.
    // clang-format off
    void addInput(Anything, Anything, Anything = {}, Anything = {}, Anything = {}) = delete; // Error: an input is a QFuture, an Ask, a function that makes them, a QIODevice *, or an object * and its signal; and a handler that takes what it gives.
    void addInput(...) = delete; // Error: an input is a QFuture, an Ask, a function that makes them, a QIODevice *, or an object * and its signal; and a handler that takes what it gives.
    template<class R, class H>
    void addInput(Ask<R> &, H) = delete; // Error: addInput() takes an Ask for good: std::move() it, or pass the call itself.
    void addTimer(Anything, Anything, Anything = {}, Anything = {}) = delete; // Error: a timer is a time span or once(), and a handler that takes nothing; or a reference and a message that its actor takes.
    void addTimer(...) = delete; // Error: a timer is a time span or once(), and a handler that takes nothing; or a reference and a message that its actor takes.
    // clang-format on
    /// \endcond

private:
    template<class H>
    Bound<H> bound(H handler)
    {
        if constexpr (std::is_member_function_pointer_v<H>) {
            using D = typename ClassOfMember<H>::Type;
            return {objectFor<D>(), handler};
        } else {
            return handler;
        }
    }
    template<class Sender, class C, class... Args, class H>
    Input addSignal(const Sender *sender, void (C::*signal)(Args...), H handler,
                    std::optional<SignalPolicy> policy, int limit)
    {
        using Source = SignalInput<Sender, void (C::*)(Args...), Bound<H>, Args...>;
        return listen(new Source(sender, signal, bound(std::move(handler)), policy, limit));
    }

    // The actor as a D, which may be any base of its class; mostly it is its class.
    template<class D, class A = Actor>
    D *objectFor()
    {
        A *const actor = this->actor();
        if constexpr (std::is_base_of_v<A, D>) {
            if (typeid(*actor) == typeid(D))
                return static_cast<D *>(actor);
        }
        D *const object = dynamic_cast<D *>(actor);
        if (!object)
            refuseHandler();
        return object;
    }
    // Throws Error: it is another class's.
    [[noreturn]] void refuseHandler();
    // Throws Error if it is null.
    static const Ref<Address> &existing(const Ref<Address> &target);
    Actor *actor();
    Ref<Address> address();
    Input listen(InputSource *source);
};

} // namespace Actorio::Detail
