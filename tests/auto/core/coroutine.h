// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QException>
#include <QtCore/QFuture>
#include <QtCore/QList>
#include <QtCore/QPromise>
#include <QtCore/QString>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

inline Journal history; // of the test

// Counts the frames that exist: a local and a parameter in each coroutine.
struct Counted
{
    Counted() { ++alive; }
    Counted(const Counted &) { ++alive; }
    ~Counted() { --alive; }
    Counted &operator=(const Counted &) = default;
    static inline std::atomic<int> alive{0};
};

class OurException : public QException
{
public:
    void raise() const override { throw *this; }
    OurException *clone() const override { return new OurException(*this); }
};

// A promise that has started, as futures of others come from.
template<class T>
std::shared_ptr<QPromise<T>> startedPromise()
{
    auto promise = std::make_shared<QPromise<T>>();
    promise->start();
    return promise;
}
template<class T>
void finish(QPromise<T> &promise, T value)
{
    promise.addResult(std::move(value));
    promise.finish();
}

struct Number
{
    int number;
};
struct AwaitInt
{
    QFuture<int> future;
};
struct AwaitPlainly // by a function that is no coroutine
{
    QFuture<int> future;
};
struct AwaitText
{
    QFuture<QString> future;
};
struct AwaitNothing
{
    QFuture<void> future;
};
struct AwaitMoveOnly
{
    QFuture<std::unique_ptr<int>> future;
};
struct AwaitAsk
{
    Actorio::ActorRef<> target;
    std::chrono::milliseconds timeout = std::chrono::milliseconds::max();
};
struct AwaitSeveral // one after the other
{
    QList<QFuture<int>> futures;
};
struct AwaitHelpers // helpers that run side by side
{
    QList<QFuture<int>> futures;
};
struct AwaitDeeply
{
    QFuture<int> future;
    int depth;
};
struct Launch // a helper that nobody awaits
{
    QFuture<int> future;
    int number;
};
struct JoinLaunched // awaits what Launch began
{
};
struct ThrowAfter
{
    QFuture<int> future;
    int kind;
};
struct ReplyAfter
{
    QFuture<int> future;
    QString text;
};
struct StopAfter
{
    QFuture<int> future;
    bool throws;
};

class Worker : public Actorio::Actor
{
    Q_OBJECT
public:
    QFuture<std::unique_ptr<int>> receive(const AwaitMoveOnly &await)
    {
        std::unique_ptr<int> number = co_await await.future;
        ++*number;
        co_return number;
    }
    // Every category of a value that can be returned.
    QFuture<QString> receive(char)
    {
        const QString constant = QStringLiteral("const lvalue");
        co_return constant;
    }
    QFuture<QString> receive(short)
    {
        QString text = QStringLiteral("lvalue");
        co_return text;
    }
    QFuture<QString> receive(long) { co_return QStringLiteral("prvalue"); }
    QFuture<QString> receive(float) { co_return QStringLiteral("built ") % QStringLiteral("up"); }
    QFuture<std::pair<int, QString>> receive(double) { co_return {1, QStringLiteral("braces")}; }
    QFuture<std::unique_ptr<int>> receive(bool) { co_return std::make_unique<int>(5); }
    QFuture<QString> receive(unsigned)
    {
        QString text = QStringLiteral("xvalue");
        co_return std::move(text);
    }
    QFuture<double> receive(unsigned char) { co_return 3; }

public Q_SLOTS:
    int receive(const Number &number)
    {
        history.note(QString::number(number.number));
        return number.number;
    }
    QFuture<int> receive(AwaitInt await)
    {
        const Counted counted;
        co_return co_await await.future;
    }
    QFuture<int> receive(const AwaitPlainly &await) { return await.future; }
    QFuture<QString> receive(const AwaitText &await) { co_return co_await await.future; }
    QFuture<void> receive(const AwaitNothing &await) { co_await await.future; }
    QFuture<int> receive(const AwaitAsk &await)
    {
        co_return co_await await.target.ask<int>(Number{7}, await.timeout);
    }
    QFuture<int> receive(const AwaitSeveral &await)
    {
        int sum = 0;
        for (const QFuture<int> &future : await.futures) {
            history.note(QStringLiteral("await"));
            sum += co_await future;
            history.note(QStringLiteral("got"));
        }
        co_return sum;
    }
    QFuture<int> receive(const AwaitHelpers &await)
    {
        std::vector<QFuture<int>> helpers;
        for (const QFuture<int> &future : await.futures)
            helpers.push_back(helper(future));
        int sum = 0;
        for (const QFuture<int> &running : helpers)
            sum += co_await running;
        co_return sum;
    }
    QFuture<int> receive(const AwaitDeeply &await)
    {
        co_return co_await deep(await.future, await.depth);
    }
    void receive(const Launch &launch) { m_launched = launched(launch.future, launch.number); }
    QFuture<int> receive(const JoinLaunched &)
    {
        history.note(QStringLiteral("joins"));
        co_return co_await m_launched;
    }
    QFuture<int> receive(const ThrowAfter &task)
    {
        co_await task.future;
        switch (task.kind) {
        case 0:
            throw std::runtime_error("out of a coroutine");
        case 1:
            throw 42;
        default:
            throw OurException();
        }
        co_return 0;
    }
    QFuture<void> receive(const ReplyAfter &task)
    {
        const Actorio::ActorRef<> sender = currentSender();
        const Actorio::Message message = currentMessage();
        co_await task.future;
        if (sender != currentSender() || !currentMessage().is<ReplyAfter>()
            || currentMessage().get<ReplyAfter>() != &task || message.get<ReplyAfter>() != &task)
            throw std::runtime_error("the message has changed");
        reply(task.text);
    }
    QFuture<int> receive(const StopAfter &task)
    {
        co_await task.future;
        if (task.throws)
            throw Actorio::StopActor();
        stop();
        history.note(QStringLiteral("stopped"));
        co_return 5;
    }
    void receive(const Pass &pass) { pass.door->pass(); }

protected:
    void tearDown(const Actorio::StopReason &) override
    {
        history.note(QStringLiteral("tearDown"));
    }

private:
    QFuture<int> helper(QFuture<int> future)
    {
        const int number = co_await future;
        history.note(QStringLiteral("helper ") + QString::number(number));
        co_return number;
    }
    QFuture<int> deep(QFuture<int> future, int depth)
    {
        const Counted counted;
        if (depth == 0)
            co_return co_await future;
        co_return 1 + co_await deep(future, depth - 1);
    }
    QFuture<int> launched(QFuture<int> future, int number)
    {
        const Counted counted;
        const int value = co_await future;
        history.note(QStringLiteral("launched ") + QString::number(number));
        co_return value + number;
    }

    QFuture<int> m_launched;
};
