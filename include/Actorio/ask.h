// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/askstate.h>
#include <Actorio/detail/contextrelay.h>
#include <Actorio/detail/fwd.h>
#include <Actorio/error.h>

#include <QtCore/qfuture.h>
#include <QtCore/qpromise.h>

#include <optional>
#include <utility>

namespace Actorio {

/// An ask on its way: settled exactly once, with the reply or with an error. It converts to a QFuture
/// where Qt wants one; a coroutine handler awaits it directly, which is several times cheaper. What it is settled
/// with says ActorRef::ask(). Dropping it cancels nothing. Movable; one thread at a time.
/// \since 0.1
template<class R>
class [[nodiscard]] Ask
{
public:
    /// Takes the other's place, which may only be assigned to and destroyed from then on.
    Ask(Ask &&) noexcept = default;
    /// Likewise; the ask that this was goes on unheard.
    Ask &operator=(Ask &&) noexcept = default;

    /// The same outcome as a QFuture, whose `cancel()` cancels the ask. Errors are its exceptions; the progress of a future that the
    /// handler has returned is its progress. Who blocks waits by `waitForFinished()` first, or with the ask's own `result()`:
    /// `QFuture::result()` looks for an error before it takes its lock, and crashes where one is set just between the two.
    QFuture<R> future()
    {
        if (!m_future)
            m_future = listen([](QFuture<R> future) { return future; });
        return *m_future;
    }
    /// As `future()`.
    operator QFuture<R>() { return future(); }
    /// As `future()`, without the value.
    operator QFuture<void>()
        requires(!std::is_void_v<R>)
    {
        return QFuture<void>(future());
    }

    /// As `QFuture::then()` without a context: `function` runs in the thread that settles the ask.
    template<class F>
    auto then(F &&function)
    {
        return listen([&](QFuture<R> future) { return future.then(std::forward<F>(function)); });
    }
    /// `function` runs in the thread of `context`, through its event loop; if `context` is destroyed
    /// first, it does not run, and the returned future is cancelled.
    template<class F>
    auto then(QObject *context, F &&function)
    {
        return listenIn(context,
                        [&](QFuture<R> future) { return future.then(std::forward<F>(function)); });
    }
    /// As `QFuture::onFailed()` without a context: `handler`, which takes an error class and makes an R of it, runs in
    /// the thread that settles the ask.
    template<class F>
    QFuture<R> onFailed(F &&handler)
    {
        return listen([&](QFuture<R> future) { return future.onFailed(std::forward<F>(handler)); });
    }
    /// `handler` runs in the thread of `context`, as with then().
    template<class F>
    QFuture<R> onFailed(QObject *context, F &&handler)
    {
        // Qt 6.4 crashes on a promise with a failure handler that is dropped: the handler gets one of its own.
        auto promise = std::make_shared<QPromise<R>>();
        promise->start();
        const QFuture<R> future = promise->future();
        notifyIn(context, [promise, state = m_state, handler = std::forward<F>(handler)]() mutable {
            QPromise<R> outcome;
            outcome.start();
            QFuture<R> handled = outcome.future().onFailed(std::move(handler));
            state->moveTo(outcome);
            Detail::moveOutcome(handled, *promise);
        });
        return future;
    }

    /// Blocks until the ask is settled, then returns the reply or throws the error. Throws WouldDeadlock
    /// where waiting could never end or would stop other actors: when the target runs on this thread,
    /// in a handler on a shared thread, and when waits form a circle.
    R result()
    {
        m_state->wait();
        return m_state->read();
    }
    /// Blocks as `result()` does, and throws the error, if it is one.
    void waitForFinished()
    {
        m_state->wait();
        m_state->rethrowError();
    }
    /// Whether the ask is settled.
    bool isFinished() const
    {
        m_state->armTimeout(); // who only looks now and then wants it too
        return m_state->isSettled();
    }
    /// Settles the ask with Cancelled unless it is settled already. A message still queued is not handled any more. A coroutine
    /// that handles it ends at its `co_await`, and a future that its handler has returned is cancelled; any other handler that
    /// runs goes on, and its reply is a dead letter. Any thread.
    void cancel() { m_state->cancel(); }

    /// \cond
    // For the library.
    explicit Ask(Detail::AskHandle<R> state) noexcept : m_state(std::move(state)) { }
    const Detail::AskHandle<R> &state() const noexcept { return m_state; }
    /// \endcond

private:
    // Makes a future of the outcome. What `chain` puts on it is there before the outcome can come.
    template<class Chain>
    auto listen(Chain chain)
    {
        auto *const listener = new Detail::PromiseListener<R>(m_state);
        const QFuture<R> future = listener->future();
        auto chained = chain(future);
        m_state->share();
        if (m_state->attach(listener)) {
            m_state->armTimeout();
            m_state->follow(Detail::AnyFuture(future));
        } else {
            static_cast<Detail::AskListener *>(listener)->settled();
        }
        return chained;
    }

    // The same with a future that gets the outcome in the context's thread, so that continuations run there. It
    // goes by a connection, which Qt ends safely when the context dies (a QFuture's own context is not safe).
    template<class Chain>
    auto listenIn(QObject *context, Chain chain)
    {
        auto promise = std::make_shared<QPromise<R>>();
        promise->start();
        auto chained = chain(promise->future());
        notifyIn(context,
                 [promise = std::move(promise), state = m_state] { state->moveTo(*promise); });
        return chained;
    }

    // Calls `function` in the context's thread when the ask is settled.
    template<class Function>
    void notifyIn(QObject *context, Function function)
    {
        auto *const relay = new Detail::ContextRelay;
        QObject::connect(
                relay, &Detail::ContextRelay::outcome, context,
                [function = std::move(function), state = m_state]() mutable {
                    if (state->isSettled()) // it is; makes what settled it visible here
                        function();
                },
                Qt::QueuedConnection);
        m_state->share();
        if (m_state->attach(relay))
            m_state->armTimeout();
        else
            relay->notify();
    }

    Detail::AskHandle<R> m_state;
    std::optional<QFuture<R>> m_future;
};

} // namespace Actorio
