// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QException>
#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QString>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>

struct Add
{
    int a;
    int b;
};
struct Note
{
    int number;
};
struct Fail
{
    enum Kind { RuntimeError, Int, QtException } kind;
};
struct Divert
{
    Actorio::ActorRef<> to;
};
struct Keep // the address of the ask, until Let
{
};
struct Let
{
};
struct Suspend
{
    QFuture<int> future;
};

class OurException : public QException
{
public:
    void raise() const override { throw *this; }
    OurException *clone() const override { return new OurException(*this); }
    const char *what() const noexcept override { return "ours"; }
};

// A reply that nobody can make without a value, nor copy.
struct Ticket
{
    explicit Ticket(int n) : number(std::make_unique<int>(n)) { }
    std::unique_ptr<int> number;
};

// A reply that cannot be taken to the asker.
struct Fragile
{
    Fragile() = default;
    Fragile(const Fragile &)
    {
        if (isBreaking)
            throw std::runtime_error("broke on the way");
    }
    static inline std::atomic<bool> isBreaking{false};
};

class Target : public Actorio::Actor
{
    Q_OBJECT
public:
    std::unique_ptr<int> receive(std::unique_ptr<int> number) { return number; }
    Ticket receive(const Ticket &ticket) { return Ticket(*ticket.number + 1); }
    Fragile receive(char)
    {
        Fragile::isBreaking = true;
        return Fragile();
    }
    QFuture<Fragile> receive(short)
    {
        QPromise<Fragile> promise;
        promise.start();
        promise.addResult(Fragile());
        promise.finish();
        Fragile::isBreaking = true;
        return promise.future();
    }

public Q_SLOTS:
    int receive(const Add &add) { return add.a + add.b; }
    QString receive(const QString &text) { return text + u'!'; }
    void receive(const Note &note) { handled += note.number; }
    void receive(const Pass &pass) { pass.door->pass(); }
    int receive(const Fail &fail)
    {
        switch (fail.kind) {
        case Fail::RuntimeError:
            throw std::runtime_error("a message of its own");
        case Fail::Int:
            throw 42;
        case Fail::QtException:
            throw OurException();
        }
        return 0;
    }
    void receive(const Divert &divert) { divert.to.tell(Add{20, 1}, currentSender()); }
    void receive(const Keep &) { m_kept = currentSender(); }
    void receive(const Let &) { m_kept = Actorio::ActorRef<>(); }
    QFuture<int> receive(const Suspend &suspend) { co_return co_await suspend.future; }

public:
    static inline std::atomic<int> handled{0};

private:
    Actorio::ActorRef<> m_kept;
};

// Answers by reply(), not by what it returns.
class Replier : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Add &add)
    {
        reply(add.a + add.b);
        reply(-1); // late
    }
    void receive(const QString &) { reply(1.5); }
};

struct AskWithin
{
    Actorio::ActorRef<Target> target;
    std::chrono::milliseconds timeout;
};
struct AskTwice
{
    Actorio::ActorRef<Target> target;
};

class Asker : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<QString> receive(const AskWithin &task)
    {
        try {
            co_return QString::number(co_await task.target.ask(Add{1, 2}, task.timeout));
        } catch (const Actorio::Timeout &error) {
            co_return error.message();
        }
    }
    QFuture<QString> receive(const AskTwice &task)
    {
        Actorio::Ask<QString> ask = task.target.ask(QStringLiteral("once"));
        const QFuture<QString> future = ask;
        const QString first = co_await ask;
        const QString second = co_await ask;
        co_return first + second + co_await future;
    }
};
