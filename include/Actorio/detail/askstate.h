// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/address.h>
#include <Actorio/detail/anyfuture.h>
#include <Actorio/detail/closablelist.h>
#include <Actorio/detail/envelope.h>
#include <Actorio/detail/servicetimer.h>
#include <Actorio/detail/timespan.h>
#include <Actorio/error.h>

#include <QtCore/qfuture.h>
#include <QtCore/qmutex.h>
#include <QtCore/qpromise.h>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace Actorio::Detail {

class ActorCell;
class FrameBase;
class SystemCore;

// Hears once that an ask is settled, in whichever thread settles it.
class ACTORIO_EXPORT AskListener
{
public:
    virtual void settled() noexcept = 0;
    AskListener *next = nullptr;

protected:
    AskListener() = default;
    ~AskListener() = default;
};

// One ask on its way: the one-shot address that the handler replies to, and the place where the
// asker finds the outcome. Two counts keep it: references to the address (when the last one goes,
// nobody can answer: BrokenPromise), and holders of the outcome, all references together one of them.
class ACTORIO_EXPORT AskBase : public Address, private AskListener, private ServiceTimer
{
public:
    using Milliseconds = std::chrono::milliseconds;
    static constexpr Milliseconds NoTimeout = Milliseconds::max();

    void hold() noexcept final { m_holders.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept final
    {
        if (m_holders.fetch_sub(1, std::memory_order_acq_rel) == 1) // as Address::deref()
            delete this;
    }

    // The asker's side. Any thread.
    bool isSettled() const noexcept;
    // False: it is settled already, and the listener is not taken. Several may listen; then nobody moves the value.
    bool attach(AskListener *listener) noexcept;
    void share() noexcept { m_isShared = true; }
    bool isShared() const noexcept { return m_isShared; }
    // Ends the handler in progress, too, if that is a coroutine, and cancels the future that it has returned.
    void cancel();
    // Blocks until it is settled; throws WouldDeadlock where that could never be.
    void wait();
    // Starts the clock of an ask with a timeout that nobody waits for in a handler.
    void armTimeout();
    // `future` is going to have the outcome: shows progress there, and is cancelled when somebody cancels it.
    void follow(AnyFuture future);
    // Shows the progress of what the handler has returned.
    void showProgress(const QFutureInterfaceBase &state);
    // Throws the error it is settled with, if it is.
    void rethrowError() const;

    // A coroutine's side, in its actor's thread. False: settled already. One coroutine at a time.
    bool beginAwait(FrameBase &frame);
    void endAwait() noexcept;

    // The answering side. Any thread; the first one settles it, anything later is a dead letter.
    virtual void settleValue(const TypeInterface *type, void *value) = 0;
    virtual void settleNothing() = 0;
    virtual void settleFuture(AnyFuture &future) = 0;
    void settleError(std::exception_ptr error);
    // Settles it with BrokenPromise, whose text goes on after actor and message type.
    void breakPromise(const QString &how);

    enum class Reason : quint8 { Cancelled, ActorStopped, WouldDeadlock, SystemEnded };
    // Settles it, and takes the message out of the inbox if it is still there.
    bool withdraw(Reason reason);
    // Whether nobody has settled it, nor is about to.
    bool isOpen() const noexcept { return m_stage.load(std::memory_order_acquire) == Stage::Open; }
    // Whether the message must not be handled any more.
    bool isWithdrawn() const noexcept
    {
        return m_stage.load(std::memory_order_acquire) == Stage::Withdrawn;
    }
    // The actor that the asker waits for now; changes when the ask is handed on.
    Cell *awaitedCell() const noexcept { return m_awaited.load(std::memory_order_seq_cst); }
    void handOnTo(const Ref<Address> &target);
    // The handler of `cell` is over: whoever answers now, if the ask is still open, it is not known to be `cell`.
    void leftOpenBy(Cell &cell) noexcept;
    const TypeInterface *messageType() const noexcept { return m_messageType; }

    // As an address.
    bool post(Envelope *envelope) override;
    bool isRunning() const override { return !isSettled(); }
    QString name() const override;
    QString path() const override;

protected:
    AskBase(Ref<Address> target, const TypeInterface *messageType, Milliseconds timeout);
    ~AskBase() override;
    void unreferenced() override;

    // Decides who settles it: true for one caller only, who then stores and publishes.
    bool claim() noexcept;
    void publish() noexcept;
    void publishError(std::exception_ptr error) noexcept;
    // For a value that does not copy: throws for everyone but the first who takes it.
    void claimValue();
    void lateReply(const TypeInterface *type);
    void wrongReply(const TypeInterface *type, const TypeInterface *expected);

private:
    enum class Stage : quint8 { Open, Settled, Withdrawn };
    // What the awaiting actor finds in its inbox; holds the ask.
    class ResumeEntry final : public ControlEntry
    {
    public:
        explicit ResumeEntry(AskBase &owner) noexcept : ask(owner) { }
        void run(ActorCell &cell) noexcept override;
        void dispose() noexcept override { ask.release(); }
        AskBase &ask;
    };

    void settled() noexcept override; // the await's own listener
    void expired() noexcept override; // the timeout's
    bool isOver() const noexcept override { return isSettled(); }
    void systemEnded() noexcept override { withdraw(Reason::SystemEnded); }
    Ref<SystemCore> system() const;
    QString targetPath() const;
    std::exception_ptr error(Reason reason) const;
    std::exception_ptr timeoutError() const;

    std::atomic<quint32> m_holders{2}; // the asker and the references
    // Open → Settled or Withdrawn by one compare-exchange.
    std::atomic<Stage> m_stage{Stage::Open};
    ClosableList<AskListener> m_listeners; // publish() closes it
    // Sequentially consistent, see waitgraph_p.h.
    std::atomic<Cell *> m_awaited;
    const Ref<Address> m_target;
    QBasicMutex m_mutex;
    std::vector<Ref<Address>> m_delegates; // kept alive for m_awaited; guarded
    std::vector<QFutureInterfaceBase> m_followers; // guarded
    std::unique_ptr<QFutureInterfaceBase> m_shown; // whose progress they show; guarded
    const TypeInterface *const m_messageType;
    const Milliseconds m_timeout; // for the error's text; the deadline is the timer entry's
    std::exception_ptr m_error;
    // The awaiting coroutine: written in its actor's thread; the cell is read by who settles.
    Ref<Address> m_awaitingCell;
    FrameBase *m_awaitingFrame = nullptr;
    bool m_isAwaited = false; // its own listener is attached
    bool m_isShared = false; // another is; the asker's thread
    std::atomic<bool> m_isValueTaken{false}; // relaxed: it only chooses one
    // Whose heap has the timeout, if any; the asker's thread.
    enum class Timer : quint8 { None, Service, Dispatcher } m_timer = Timer::None;
    ResumeEntry m_resumeEntry{*this};
    friend class ActorCell;
    friend class ServiceThread;
};

template<class R>
class AskState final : public AskBase
{
public:
    AskState(Ref<Address> target, const TypeInterface *messageType, Milliseconds timeout)
        : AskBase(std::move(target), messageType, timeout)
    {
    }

    void settleValue(const TypeInterface *type, void *value) override
    {
        if constexpr (!std::is_void_v<R>) {
            if (!isSameType(type, typeOf<R>()))
                return wrongReply(type, typeOf<R>());
            if (claim())
                store([&]() -> R && { return std::move(*static_cast<R *>(value)); });
            else
                lateReply(type);
        } else {
            if (!claim())
                return lateReply(type);
            publish();
        }
    }
    void settleNothing() override
    {
        // A handler that returns nothing may still have passed the address on.
        if constexpr (std::is_void_v<R>) {
            if (claim())
                publish();
        }
    }
    void settleFuture(AnyFuture &future) override
    {
        try {
            future.rethrowFailure();
        } catch (const StopActor &) {
            return settleNothing();
        } catch (...) {
            return settleError(std::current_exception());
        }
        if constexpr (std::is_void_v<R>) {
            settleNothing();
        } else {
            if (isSameType(future.type(), typeOf<QFuture<void>>()))
                return settleNothing();
            if (!isSameType(future.type(), typeOf<QFuture<R>>()))
                return wrongReply(future.type(), typeOf<R>());
            if (future.state().resultCount() == 0)
                return settleNothing();
            if (claim())
                store([&] { return resultOf(*static_cast<QFuture<R> *>(future.data())); });
            else
                lateReply(typeOf<R>());
        }
    }

    // The value, moved out: for one who is alone with it.
    R take()
    {
        rethrowError();
        if constexpr (!std::is_void_v<R>) {
            if constexpr (!std::is_copy_constructible_v<R>)
                claimValue();
            return std::move(*m_value);
        }
    }
    // The value, copied where it can be; else for the first only.
    R read()
    {
        if constexpr (std::is_copy_constructible_v<R>) {
            rethrowError();
            return *m_value;
        } else {
            return take();
        }
    }
    void moveTo(QPromise<R> &promise)
    {
        try {
            if constexpr (std::is_void_v<R>)
                rethrowError();
            else
                promise.addResult(read());
        } catch (...) {
            promise.setException(std::current_exception());
        }
        promise.finish();
    }

private:
    template<class Value>
    void store(Value value) noexcept
    {
        try {
            m_value.emplace(value());
        } catch (...) {
            return publishError(std::current_exception());
        }
        publish();
    }

    struct Nothing
    {
    };
    std::optional<std::conditional_t<std::is_void_v<R>, Nothing, R>> m_value;
};

// The asker's hold on an ask.
template<class R>
class AskHandle
{
public:
    AskHandle() noexcept = default;
    // Takes over the hold that a new AskState comes with.
    explicit AskHandle(AskState<R> *state) noexcept : m_state(state) { }
    AskHandle(const AskHandle &other) noexcept : m_state(other.m_state)
    {
        if (m_state)
            m_state->hold();
    }
    AskHandle(AskHandle &&other) noexcept : m_state(std::exchange(other.m_state, nullptr)) { }
    AskHandle &operator=(AskHandle other) noexcept
    {
        std::swap(m_state, other.m_state);
        return *this;
    }
    ~AskHandle()
    {
        if (m_state)
            m_state->release();
    }
    AskState<R> *operator->() const noexcept { return m_state; }
    AskState<R> &operator*() const noexcept { return *m_state; }
    explicit operator bool() const noexcept { return m_state != nullptr; }

private:
    AskState<R> *m_state = nullptr;
};

// Gives a promise what a finished future has.
template<class R>
void moveOutcome(QFuture<R> &future, QPromise<R> &promise)
{
    try {
        future.waitForFinished();
        if constexpr (!std::is_void_v<R>) {
            if (future.resultCount() > 0)
                promise.addResult(resultOf(future));
        }
    } catch (...) {
        promise.setException(std::current_exception());
    }
    promise.finish();
}

// Tells a QFuture what became of an ask.
template<class R>
class PromiseListener final : public AskListener
{
public:
    explicit PromiseListener(AskHandle<R> ask) : m_ask(std::move(ask)) { m_promise.start(); }
    QFuture<R> future() const { return m_promise.future(); }
    void settled() noexcept override
    {
        m_ask->moveTo(m_promise);
        delete this;
    }

private:
    const AskHandle<R> m_ask;
    QPromise<R> m_promise;
};

} // namespace Actorio::Detail
