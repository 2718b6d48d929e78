// SPDX-License-Identifier: MIT
#include <Actorio/inbox.h>

#include "actor/actorcell_p.h"
#include "actor/systemcore_p.h"
#include "kernel/waiter_p.h"

#include <Actorio/error.h>

#include <algorithm>

namespace Actorio {

namespace Detail {

InboxTaker::~InboxTaker() = default;

InboxAddress::InboxAddress() : m_system(ActorSystem::coreOf(nullptr)) { }

InboxAddress::~InboxAddress() = default;

QString InboxAddress::name() const
{
    return QStringLiteral("Inbox-%1").arg(id());
}

bool InboxAddress::isRunning() const
{
    const QMutexLocker locker(&m_mutex);
    return m_isOpen;
}

bool InboxAddress::post(Envelope *envelope)
{
    return handOver(Ref<Envelope>::adopt(envelope));
}

// To who waits for it, else to those that are kept.
bool InboxAddress::handOver(Ref<Envelope> message)
{
    bool isClaimed = message->kind() != Entry::Kind::Lazy;
    for (;;) {
        std::unique_ptr<InboxTaker> taker;
        std::list<std::unique_ptr<InboxTaker>>
                cancelled; // destroyed without the mutex: users hear of it
        {
            const QMutexLocker locker(&m_mutex);
            if (!m_isOpen)
                break;
            for (auto waiting = m_takers.begin(); waiting != m_takers.end();) {
                const auto next = std::next(waiting);
                if ((*waiting)->isCanceled())
                    cancelled.splice(cancelled.end(), m_takers, waiting);
                waiting = next;
            }
            const auto wants =
                    std::find_if(m_takers.begin(), m_takers.end(), [&](const auto &waiting) {
                        return isSameType(waiting->type(), message->type());
                    });
            if (wants == m_takers.end()) {
                m_messages.push_back(std::move(message));
                for (Waiter *const waiter : m_waiters)
                    waiter->notify();
                return true;
            }
            if (isClaimed) {
                taker = std::move(*wants);
                m_takers.erase(wants);
            }
        }
        if (!taker) { // without the mutex: this copies what is the user's
            isClaimed = true;
            if (!message->isThere())
                return true;
        } else if (taker->taken(message->payload())) {
            return true;
        }
    }
    message.release()->refused();
    return false;
}

void InboxAddress::take(InboxTaker *newTaker)
{
    std::unique_ptr<InboxTaker> taker(newTaker);
    Ref<Envelope> message;
    do {
        const QMutexLocker locker(&m_mutex);
        message = takeFirst(taker->type());
        if (!message) {
            m_takers.push_back(std::move(taker));
            return;
        }
    } while (!message->isThere());
    taker->taken(message->payload()); // nobody has its future yet, to cancel it
}

int InboxAddress::count() const
{
    const QMutexLocker locker(&m_mutex);
    return static_cast<int>(m_messages.size());
}

void InboxAddress::close()
{
    std::list<Ref<Envelope>> messages;
    std::list<std::unique_ptr<InboxTaker>> takers;
    {
        const QMutexLocker locker(&m_mutex);
        m_isOpen = false;
        messages.swap(m_messages);
        takers.swap(m_takers);
    }
    for (Ref<Envelope> &message : messages)
        discard(std::move(message));
}

void InboxAddress::discard(Ref<Envelope> message)
{
    if (message->kind() == Entry::Kind::Ask)
        message->failAsk();
    else if (message->isThere())
        m_system->deadLetter(std::move(message), this, DeadLetter::InboxDestroyed);
}

// With the mutex locked. A lazy one has yet to be claimed.
Ref<Envelope> InboxAddress::takeFirst(const TypeInterface *type)
{
    const auto fits = [=](const Ref<Envelope> &message) {
        return !type || isSameType(message->type(), type);
    };
    const auto found = std::find_if(m_messages.begin(), m_messages.end(), fits);
    if (found == m_messages.end())
        return {};
    Ref<Envelope> message = std::move(*found);
    m_messages.erase(found);
    return message;
}

Ref<Envelope> InboxAddress::takeOrWait(const TypeInterface *type, Waiter *waiter)
{
    Ref<Envelope> message;
    do {
        const QMutexLocker locker(&m_mutex);
        message = takeFirst(type);
        if (!message) {
            if (std::find(m_waiters.begin(), m_waiters.end(), waiter) == m_waiters.end())
                m_waiters.push_back(waiter);
            return {};
        }
    } while (!message->isThere());
    return message;
}

void InboxAddress::stopWaiting(Waiter *waiter)
{
    const QMutexLocker locker(&m_mutex);
    m_waiters.remove(waiter);
}

} // namespace Detail

using namespace Detail;

Inbox::Inbox() : m_address(new InboxAddress) { }

Inbox::~Inbox()
{
    m_address->close();
}

int Inbox::count() const
{
    return m_address->count();
}

Message Inbox::wait(const TypeInterface *type, QDeadlineTimer timeout)
{
    if (const ActorCell *const here = ActorCell::current(); here && here->dispatcher().isShared()) {
        throw WouldDeadlock(
                QStringLiteral(
                        "%1 waits for an inbox in a handler on a thread that other actors share")
                        .arg(here->path()));
    }
    Waiter waiter;
    Ref<Envelope> message;
    waiter.waitUntil(
            [&] {
                message = m_address->takeOrWait(type, &waiter);
                return static_cast<bool>(message);
            },
            timeout);
    m_address->stopWaiting(&waiter);
    return Message(std::move(message));
}

} // namespace Actorio
