// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>
#include <Actorio/detail/inboxaddress.h>
#include <Actorio/message.h>

#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qfuture.h>

#include <optional>

namespace Actorio {

/// An address for code that is no actor: `main()`, a test, a thread of yours. Messages told to it wait until
/// they are taken, in their order. Any thread may use it, as long as it exists; what is left in it when it is
/// destroyed becomes dead letters. After the Python library of the same name.
/// \since 0.1
class ACTORIO_EXPORT Inbox
{
public:
    /// An empty inbox.
    Inbox();
    /// Closes it: later messages are refused. Nobody may be waiting in it.
    ~Inbox();
    Inbox(const Inbox &) = delete;
    Inbox &operator=(const Inbox &) = delete;

    /// Where to send messages for this inbox; outlives it, and refuses them then.
    ActorRef<> ref() const { return ActorRef<>(m_address); }
    /// How many messages wait. May be out of date when you read it.
    int count() const;

    /// Blocks until there is a message of exactly type M, and takes the first one; others stay. Empty: the
    /// time ran out. Throws WouldDeadlock within a handler on a thread that other actors share. On a thread
    /// that hosts actors it runs the event loop while it waits.
    template<class M>
    std::optional<M> waitFor(QDeadlineTimer timeout = QDeadlineTimer(QDeadlineTimer::Forever))
    {
        const Message message = wait(Detail::typeOf<M>(), timeout);
        if (!message)
            return std::nullopt;
        return std::optional<M>(std::move(*const_cast<M *>(message.get<M>())));
    }
    /// The same for the next message of any type; null: the time ran out.
    Message waitForMessage(QDeadlineTimer timeout = QDeadlineTimer(QDeadlineTimer::Forever))
    {
        return wait(nullptr, timeout);
    }
    /// The next M without blocking. Calls are served in their order. Cancelled when the inbox goes first.
    template<class M>
    QFuture<M> next()
    {
        auto *const taker = new Detail::PromiseTaker<M>;
        QFuture<M> future = taker->future();
        m_address->take(taker);
        return future;
    }

private:
    Message wait(const Detail::TypeInterface *type, QDeadlineTimer timeout);

    const Detail::Ref<Detail::InboxAddress> m_address;
};

} // namespace Actorio
