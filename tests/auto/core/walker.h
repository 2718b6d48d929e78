// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QList>
#include <QtCore/QString>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

// Longer than anything here takes: a wait that runs out of it has hung.
constexpr std::chrono::milliseconds Patience = std::chrono::seconds(20);

struct Number
{
    int number;
};
// Asks along a way, each actor the next one; the last answers.
struct Along
{
    QList<Actorio::ActorRef<>> way;
};
struct AlongBlocking // the same by result()
{
    QList<Actorio::ActorRef<>> way;
};
struct AlongWaiting // the same by waitForFinished()
{
    QList<Actorio::ActorRef<>> way;
};
struct Relay // each actor awaits the next one that was set, once
{
};
struct Next
{
    Actorio::ActorRef<> actor;
};
struct AskYourself
{
    bool inAHelper;
};
struct LaunchSelfAsk
{
};
struct JoinSelfAsk
{
};
struct Launched
{
};
struct WaitForInbox
{
};
struct SpawnOnMainThread
{
};
struct Lend // a promise, to a thread that answers when it has passed the door
{
    std::shared_ptr<Door> door;
};
struct Forward // the asker's address, to somebody who answers when he has passed the door
{
    Actorio::ActorRef<> to;
    std::shared_ptr<Door> door;
};
struct Borrow // awaits what the lender lends or forwards
{
    Actorio::ActorRef<> lender;
    std::shared_ptr<Door> door;
    Actorio::ActorRef<> answerer = {};
};
struct WaitTwice // for the other one, who stands at the door, and for itself
{
    Actorio::ActorRef<> other;
    std::shared_ptr<Door> door;
};
struct AskTwoWays
{
    Actorio::ActorRef<> first;
    QFuture<int> second;
    bool isLegal = false; // else the first asks back
};

// What an actor says of a way: "ok", or the error, as a value, so that nobody fails.
class Walker : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const Number &number) { return number.number; }
    QFuture<QString> receive(const Along &along)
    {
        if (along.way.isEmpty())
            co_return QStringLiteral("ok");
        const Actorio::ActorRef<> next = along.way.first();
        try {
            // Not in one expression: see the pitfalls.
            Actorio::Ask<QString> ask = next.ask<QString>(Along{along.way.mid(1)}, Patience);
            co_return co_await ask;
        } catch (const Actorio::WouldDeadlock &error) {
            co_return QStringLiteral("deadlock: ") + error.message();
        } catch (const Actorio::Error &error) {
            co_return QStringLiteral("error: ") + error.message();
        }
    }
    QString receive(const AlongBlocking &along)
    {
        if (along.way.isEmpty())
            return QStringLiteral("ok");
        const Actorio::ActorRef<> next = along.way.first();
        try {
            return next.ask<QString>(AlongBlocking{along.way.mid(1)}, Patience).result();
        } catch (const Actorio::WouldDeadlock &error) {
            return QStringLiteral("deadlock: ") + error.message();
        } catch (const Actorio::Error &error) {
            return QStringLiteral("error: ") + error.message();
        }
    }
    QString receive(const AlongWaiting &along)
    {
        try {
            along.way.first().ask<int>(Number{1}, Patience).waitForFinished();
        } catch (const Actorio::WouldDeadlock &error) {
            return QStringLiteral("deadlock: ") + error.message();
        }
        return QStringLiteral("ok");
    }
    void receive(const Next &next) { m_next = next.actor; }
    QFuture<QString> receive(const Relay &)
    {
        try {
            co_await m_next.ask<QString>(Relay{}, Patience);
        } catch (const Actorio::WouldDeadlock &) {
            co_return QStringLiteral("deadlock");
        } catch (const Actorio::Error &error) {
            co_return QStringLiteral("error: ") + error.message();
        }
        co_return QStringLiteral("ok");
    }
    QFuture<QString> receive(const AskYourself &how)
    {
        try {
            co_await (how.inAHelper ? askMyself() : passOn());
        } catch (const Actorio::WouldDeadlock &error) {
            co_return QStringLiteral("deadlock: ") + error.message();
        }
        co_return QStringLiteral("ok");
    }
    void receive(const LaunchSelfAsk &) { m_launched = askMyself(); }
    QFuture<QString> receive(const JoinSelfAsk &)
    {
        try {
            co_return QString::number(co_await m_launched);
        } catch (const Actorio::WouldDeadlock &error) {
            co_return QStringLiteral("deadlock: ") + error.message();
        }
    }
    int receive(const Launched &)
    {
        return m_launched.isFinished() && m_launched.resultCount() == 1 ? m_launched.result() : -1;
    }
    QString receive(const WaitForInbox &)
    {
        Actorio::Inbox inbox;
        inbox.ref().tell(1);
        try {
            return QString::number(inbox.waitFor<int>(std::chrono::seconds(10)).value_or(-1));
        } catch (const Actorio::WouldDeadlock &error) {
            return QStringLiteral("deadlock: ") + error.message();
        }
    }
    QFuture<QString> receive(const SpawnOnMainThread &)
    {
        const Actorio::ActorRef<Walker> child = spawn<Walker>({.on = Actorio::mainThread()});
        try {
            co_return QString::number(co_await child.ask(Number{3}, std::chrono::seconds(3)));
        } catch (const Actorio::WouldDeadlock &) {
            co_return QStringLiteral("deadlock");
        } catch (const Actorio::Error &error) {
            co_return QStringLiteral("error: ") + error.message();
        }
    }
    Actorio::Delegated<QString> receive(const Lend &lend)
    {
        std::thread([promise = replyPromise<QString>(), door = lend.door]() mutable {
            door->pass();
            promise.reply(QStringLiteral("ok"));
        }).detach();
        return {};
    }
    void receive(const Forward &forward) { forward.to.tell(Pass{forward.door}, currentSender()); }
    QFuture<QString> receive(const Borrow &borrow)
    {
        try {
            Actorio::Ask<QString> ask = borrow.answerer
                    ? borrow.lender.ask<QString>(Forward{borrow.answerer, borrow.door}, Patience)
                    : borrow.lender.ask<QString>(Lend{borrow.door}, Patience);
            co_return co_await ask;
        } catch (const Actorio::Error &error) {
            co_return QStringLiteral("error: ") + error.message();
        }
    }
    void receive(const Pass &pass)
    {
        pass.door->pass();
        reply(QStringLiteral("ok"));
    }
    QFuture<void> receive(const WaitTwice &task)
    {
        busyUntil(askOther(task.other, task.door));
        try {
            co_await self().ask<int>(Number{1}, Patience);
        } catch (const Actorio::WouldDeadlock &) {
            refusals++;
        }
    }
    QFuture<QString> receive(const AskTwoWays &task)
    {
        const QFuture<int> helper = await(task.second);
        try {
            Actorio::Ask<QString> ask =
                    task.first.ask<QString>(task.isLegal ? Along{} : wayToMyself(), Patience);
            const QString text = co_await ask;
            co_return text + QString::number(co_await helper);
        } catch (const Actorio::WouldDeadlock &error) {
            co_return QStringLiteral("deadlock: ") + error.message();
        } catch (const Actorio::Error &error) {
            co_return QStringLiteral("error: ") + error.message();
        }
    }

public:
    static inline std::atomic<int> refusals{0};

private:
    Along wayToMyself() const { return {{self()}}; }
    QFuture<int> askMyself() { co_return co_await self().ask<int>(Number{5}, Patience); }
    QFuture<int> passOn() { return askMyself(); }
    QFuture<int> await(QFuture<int> future) { co_return co_await future; }
    QFuture<void> askOther(Actorio::ActorRef<> other, std::shared_ptr<Door> door)
    {
        Actorio::Ask<QString> ask = other.ask<QString>(Pass{door}, Patience);
        co_await ask;
    }

    Actorio::ActorRef<> m_next;
    QFuture<int> m_launched;
};

struct AskAndAwait // asks `via`, which hands it on to `delegateTo`, which awaits this actor
{
    Actorio::ActorRef<> via;
    Actorio::ActorRef<> delegateTo;
};
struct HandOn
{
    Actorio::ActorRef<> to;
    Actorio::ActorRef<> asker;
};

class Delegator : public Walker
{
    Q_OBJECT
public:
    using Walker::receive;

public Q_SLOTS:
    Actorio::Delegated<QString> receive(const HandOn &message)
    {
        return delegate<QString>(message.to, Along{{message.asker}});
    }
    QFuture<QString> receive(const AskAndAwait &task)
    {
        try {
            Actorio::Ask<QString> ask =
                    task.via.ask<QString>(HandOn{task.delegateTo, self()}, Patience);
            co_return co_await ask;
        } catch (const Actorio::WouldDeadlock &error) {
            co_return QStringLiteral("deadlock: ") + error.message();
        } catch (const Actorio::Error &error) {
            co_return QStringLiteral("error: ") + error.message();
        }
    }
};
