// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/envelope.h>

#include <QtCore/qfuture.h>
#include <QtCore/qmutex.h>
#include <QtCore/qpromise.h>

#include <list>
#include <memory>

namespace Actorio::Detail {

class SystemCore;
class Waiter;

// Somebody who waits for the next message of a type.
class ACTORIO_EXPORT InboxTaker
{
public:
    InboxTaker() = default;
    InboxTaker(const InboxTaker &) = delete;
    InboxTaker &operator=(const InboxTaker &) = delete;
    virtual ~InboxTaker();
    // Whether nobody wants it any more.
    virtual bool isCanceled() const = 0;
    virtual const TypeInterface *type() const = 0;
    // False: nobody wanted it any more after all, and the message is as it was.
    virtual bool taken(void *message) = 0;
};

template<class M>
class PromiseTaker final : public InboxTaker
{
public:
    PromiseTaker() { m_promise.start(); }
    QFuture<M> future() const { return m_promise.future(); }
    bool isCanceled() const override { return m_promise.isCanceled(); }
    const TypeInterface *type() const override { return typeOf<M>(); }
    bool taken(void *message) override
    {
        bool isTaken = true;
        try {
            // Of a future that has just been cancelled, it moves nothing.
            isTaken = m_promise.addResult(std::move(*static_cast<M *>(message)));
        } catch (...) {
            m_promise.setException(std::current_exception());
        }
        m_promise.finish();
        return isTaken;
    }

private:
    QPromise<M> m_promise;
};

// The address of an Inbox: a queue behind a mutex, since programs wait on it rather than race through it.
class ACTORIO_EXPORT InboxAddress final : public Address
{
public:
    InboxAddress();
    ~InboxAddress() override;

    bool post(Envelope *envelope) override;
    bool isRunning() const override;
    QString name() const override;

    void take(InboxTaker *taker);
    int count() const;
    void close();
    // The first message of `type`, of any if it is null; null: none yet, `waiter` will be notified.
    Ref<Envelope> takeOrWait(const TypeInterface *type, Waiter *waiter);
    void stopWaiting(Waiter *waiter);

private:
    void unreferenced() override { delete this; }
    Ref<Envelope> takeFirst(const TypeInterface *type);
    bool handOver(Ref<Envelope> message);
    void discard(Ref<Envelope> message);

    mutable QMutex m_mutex;
    bool m_isOpen = true;
    std::list<Ref<Envelope>> m_messages;
    std::list<std::unique_ptr<InboxTaker>> m_takers;
    std::list<Waiter *> m_waiters;
    const Ref<SystemCore> m_system;
};

} // namespace Actorio::Detail
