// SPDX-License-Identifier: MIT
#pragma once

#include "host.h"

#include <Actorio/Actorio>

#include <QtCore/QException>
#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QRegularExpression>
#include <QtCore/QString>
#include <QtTest/QTest>

#include <exception>
#include <functional>
#include <stdexcept>
#include <utility>

class Scripted;

// What the hooks of a Scripted actor do; an empty one does what Actor's own does.
struct Hooks
{
    std::function<void(Scripted &)> constructor = {};
    std::function<void(Scripted &)> setUp = {};
    std::function<void(Scripted &, const Actorio::StopReason &)> tearDown = {};
    std::function<void(Scripted &, const Actorio::ChildStopped &)> childStopped = {};
    std::function<void(Scripted &, const Actorio::Message &)> handleMessage = {};
    std::function<void()> destructor = {};
};

// Code for a Scripted actor to run as a coroutine, which awaits `future` first.
struct DoAfter
{
    QFuture<void> future;
    Do code;
    std::function<void()> before = {};
};
struct Unknown
{
};

inline QFuture<void> readyFuture()
{
    QPromise<void> promise;
    promise.start();
    promise.finish();
    return promise.future();
}

class QtError : public QException
{
public:
    const char *what() const noexcept override { return "a QException"; }
    void raise() const override { throw *this; }
    QtError *clone() const override { return new QtError(*this); }
};

// Throws an exception of the named type.
inline void throwA(const QString &type)
{
    if (type == QLatin1String("std::exception"))
        throw std::runtime_error("a std::exception");
    if (type == QLatin1String("QException"))
        throw QtError();
    if (type == QLatin1String("int"))
        throw 42;
    throw "text";
}
inline bool isA(const QString &type, const std::exception_ptr &exception)
{
    try {
        std::rethrow_exception(exception);
    } catch (const QtError &) {
        return type == QLatin1String("QException");
    } catch (const std::runtime_error &) {
        return type == QLatin1String("std::exception");
    } catch (int number) {
        return type == QLatin1String("int") && number == 42;
    } catch (const char *) {
        return type == QLatin1String("const char *");
    } catch (...) {
        return false;
    }
}

inline void expectUnheardFailure(const QString &text)
{
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(QStringLiteral("failed, and nobody heard of it: .*")
                                            + QRegularExpression::escape(text)));
}

// A Host whose hooks, constructor and destructor do what the test says, too.
class Scripted : public Host
{
    Q_OBJECT
public:
    explicit Scripted(Hooks hooks = {}) : m_hooks(std::move(hooks))
    {
        if (m_hooks.constructor)
            m_hooks.constructor(*this);
    }
    ~Scripted() override
    {
        if (m_hooks.destructor)
            m_hooks.destructor();
    }

    using Host::receive;

public Q_SLOTS:
    void receive(const Do &work) override { Host::receive(work); }
    QFuture<void> receive(const DoAfter &message)
    {
        if (message.before)
            message.before();
        co_await message.future;
        message.code(*this);
    }

protected:
    void setUp() override
    {
        if (m_hooks.setUp)
            m_hooks.setUp(*this);
    }
    void tearDown(const Actorio::StopReason &reason) override
    {
        if (m_hooks.tearDown)
            m_hooks.tearDown(*this, reason);
    }
    void childStopped(const Actorio::ChildStopped &event) override
    {
        if (m_hooks.childStopped)
            m_hooks.childStopped(*this, event);
        else
            Actor::childStopped(event);
    }
    void handleMessage(const Actorio::Message &message) override
    {
        if (m_hooks.handleMessage)
            m_hooks.handleMessage(*this, message);
        else
            Actor::handleMessage(message);
    }

private:
    const Hooks m_hooks;
};

// Waits until the actor is set up.
inline void awaitStart(const Actorio::ActorRef<Scripted> &actor)
{
    actor.ask(Do{[](Scripted &) {}}).waitForFinished();
}

class MoreScripted : public Scripted
{
    Q_OBJECT
public:
    using Scripted::Scripted;
};

class Unrelated : public Actorio::Actor
{
    Q_OBJECT
};
