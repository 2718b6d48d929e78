// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/linux/epolldispatcher_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QEventLoop>
#include <QtCore/QRegularExpression>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <chrono>
#include <fcntl.h>
#include <functional>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

// For the tests of the event dispatcher of the library's own threads. There it runs the main thread, so that Qt Test
// lives in it, too. In the spirit of Qt's tests of its dispatchers, socket notifiers and timers.
template<typename Test>
int runByOwnEventDispatcher(int argc, char **argv)
{
    QCoreApplication::setEventDispatcher(Actorio::Detail::EpollDispatcher::make().release());
    QCoreApplication application(argc, argv);
    Test test;
    return QTest::qExec(&test, argc, argv);
}

inline QAbstractEventDispatcher &dispatcher()
{
    return *QAbstractEventDispatcher::instance();
}

inline bool pass(QEventLoop::ProcessEventsFlags flags = QEventLoop::AllEvents)
{
    return dispatcher().processEvents(flags);
}

// What each test begins with.
inline void beginAfresh()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".*")));
    while (pass()) { } // what is left of the test before
}

inline void runFor(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, Qt::PreciseTimer, &loop, [&loop] { loop.quit(); });
    loop.exec();
}

// What the passes of an event loop are counted by.
class PassCount
{
public:
    PassCount()
        : m_connection(QObject::connect(&dispatcher(), &QAbstractEventDispatcher::awake,
                                        &dispatcher(), [this] { ++m_count; }))
    {
    }
    ~PassCount() { QObject::disconnect(m_connection); }
    int count() const { return m_count; }

private:
    int m_count = 0;
    QMetaObject::Connection m_connection;
};

// Calls functions with the events that come to it.
class Receiver : public QObject
{
public:
    std::function<void()> onEvent;
    std::function<void(int id)> onTimer;

    void post() { QCoreApplication::postEvent(this, new QEvent(QEvent::User)); }

protected:
    void customEvent(QEvent *) override
    {
        if (onEvent)
            onEvent();
    }
    void timerEvent(QTimerEvent *event) override
    {
        if (onTimer)
            onTimer(event->timerId());
    }
};

class Pair
{
public:
    Pair() { open(m_ends); }
    ~Pair()
    {
        close(m_ends[0]);
        close(m_ends[1]);
    }
    Pair(const Pair &) = delete;

    int here() const { return m_ends[0]; }
    void send(char byte = 'x') const { QCOMPARE(write(m_ends[1], &byte, 1), 1); }
    char receive() const
    {
        char byte = 0;
        return read(m_ends[0], &byte, 1) == 1 ? byte : '\0';
    }
    qint64 receiveThere() const
    {
        char bytes[4096];
        return read(m_ends[1], bytes, sizeof(bytes));
    }
    // The number `here()` becomes another descriptor, one of a pair of its own.
    void reopen()
    {
        const int number = m_ends[0];
        close(m_ends[0]);
        close(m_ends[1]);
        int fresh[2];
        open(fresh);
        // The lowest free number is taken first, so that one of them has the number, or it is free.
        if (fresh[1] == number) {
            std::swap(fresh[0], fresh[1]);
        } else if (fresh[0] != number) {
            dup3(fresh[0], number, O_CLOEXEC);
            close(fresh[0]);
        }
        m_ends[0] = number;
        m_ends[1] = fresh[1];
    }
    void closeHere()
    {
        close(m_ends[0]);
        m_ends[0] = -1;
    }

private:
    static void open(int (&ends)[2])
    {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
            qFatal("no socket pair");
    }

    int m_ends[2];
};

// A socket notifier that counts, and calls a function.
class Notifier : public QSocketNotifier
{
public:
    Notifier(int descriptor, Type type, std::function<void()> act = {})
        : QSocketNotifier(descriptor, type), m_act(std::move(act))
    {
        connect(this, &QSocketNotifier::activated, this, [this] {
            ++m_count;
            if (m_act)
                m_act();
        });
    }
    int count() const { return m_count; }

private:
    const std::function<void()> m_act;
    int m_count = 0;
};
