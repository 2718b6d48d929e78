// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/QCoreApplication>
#include <QtCore/QEvent>
#include <QtCore/QObject>
#include <QtCore/QThread>

// What the raw-Qt baselines share.
namespace Bench {

// What is sent everywhere, with Qt and with Actorio.
struct Number
{
    int value;
};

// One custom event a message: the cheapest that raw Qt has between threads.
class NumberEvent : public QEvent
{
public:
    explicit NumberEvent(int value) : QEvent(eventType()), m_number{value} { }
    const Number &number() const { return m_number; }

    static QEvent::Type eventType()
    {
        static const int type = QEvent::registerEventType();
        return static_cast<QEvent::Type>(type);
    }
    static const Number &of(const QEvent *event)
    {
        return static_cast<const NumberEvent *>(event)->number();
    }

private:
    const Number m_number;
};

inline void postNumber(QObject *receiver, int value)
{
    QCoreApplication::postEvent(receiver, new NumberEvent(value));
}

// A thread with an event loop, for worker objects. Joins when it goes; delete the objects in it afterwards.
class WorkerThread : public QThread
{
public:
    WorkerThread() { start(); }
    ~WorkerThread() override { join(); }

    void join()
    {
        quit();
        wait();
    }
    template<class Object>
    void host(Object &object)
    {
        object.moveToThread(this);
    }
};

// A signal with a number, for whoever sends by signal.
class NumberSender : public QObject
{
    Q_OBJECT
public:
    void send(int value) { Q_EMIT sent(Number{value}); }

Q_SIGNALS:
    void sent(const Bench::Number &number);
};

} // namespace Bench
