// SPDX-License-Identifier: MIT
#include "allocationcount.h"

#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QSemaphore>

#include <cstdio>
#include <map>

// How often the sender allocates memory for a message to a receiver that is busy in another thread.
namespace Bench {

namespace {

// Keeps the receiver busy until release().
class Gate
{
public:
    void pass()
    {
        m_entered.release();
        m_open.acquire();
    }
    void waitForPasser() { m_entered.acquire(); }
    void release() { m_open.release(); }

private:
    QSemaphore m_entered;
    QSemaphore m_open;
};

struct Enter
{
    Gate *gate;
};

class BusyActor : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit BusyActor(Tally *tally) : m_tally(tally) { }

public Q_SLOTS:
    void receive(const Enter &enter) { enter.gate->pass(); }
    void receive(const Bench::Number &number) { m_tally->count(number.value); }

private:
    Tally *const m_tally;
};

class BusyObject : public QObject
{
    Q_OBJECT
public:
    explicit BusyObject(Tally *tally) : m_tally(tally) { }

    void take(const Number &number) { m_tally->count(number.value); }

protected:
    void customEvent(QEvent *event) override { take(NumberEvent::of(event)); }

private:
    Tally *const m_tally;
};

// The first tenth is not measured: queues grow.
template<class Send>
double allocationsEach(qint64 count, Send send)
{
    const qint64 measuredFrom = count / 10;
    qint64 before = allocationCount();
    for (int i = 0; i < count; ++i) {
        if (i == measuredFrom)
            before = allocationCount();
        send(i);
    }
    return double(allocationCount() - before) / double(count - measuredFrom);
}

double ofTell(qint64 count)
{
    Gate gate;
    Tally tally(count);
    Actorio::ActorSystem system({.threads = 1});
    const auto actor = system.spawn<BusyActor>(&tally);
    actor.tell(Enter{&gate});
    gate.waitForPasser();
    const double each = allocationsEach(count, [&](int value) { actor.tell(Number{value}); });
    gate.release();
    tally.waitInOtherThread();
    require("the system has ended", system.shutdown());
    tally.checkAll();
    require("a tell to a busy actor allocates once at most", each <= 1);
    return each;
}

template<class Send>
double ofSending(qint64 count, Send send)
{
    Gate gate;
    Tally tally(count);
    BusyObject object(&tally);
    WorkerThread thread;
    thread.host(object);
    QMetaObject::invokeMethod(
            &object, [&gate] { gate.pass(); }, Qt::QueuedConnection);
    gate.waitForPasser();
    const double each = allocationsEach(count, [&](int value) { send(&object, value); });
    gate.release();
    tally.waitInOtherThread();
    thread.join();
    tally.checkAll();
    return each;
}

double ofSignal(qint64 count)
{
    NumberSender sender;
    return ofSending(count, [&sender](BusyObject *object, int value) {
        if (value == 0) {
            QObject::connect(&sender, &NumberSender::sent, object, &BusyObject::take,
                             Qt::QueuedConnection);
        }
        sender.send(value);
    });
}

double ofInvoke(qint64 count)
{
    return ofSending(count, [](BusyObject *object, int value) {
        QMetaObject::invokeMethod(
                object, [object, number = Number{value}] { object->take(number); },
                Qt::QueuedConnection);
    });
}

double ofEvent(qint64 count)
{
    return ofSending(count, [](BusyObject *object, int value) { postNumber(object, value); });
}

} // namespace
} // namespace Bench

using namespace Qt::StringLiterals;

// bench_allocations tell|signal|invoke|event <count>: prints what was measured.
int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const std::map<QString, double (*)(qint64)> workloads{
            {u"tell"_s, Bench::ofTell},
            {u"signal"_s, Bench::ofSignal},
            {u"invoke"_s, Bench::ofInvoke},
            {u"event"_s, Bench::ofEvent},
    };
    const QStringList arguments = application.arguments();
    const auto workload = workloads.find(arguments.value(1));
    const qint64 count = arguments.value(2).toLongLong();
    if (workload == workloads.end() || count < 1) {
        std::fputs("usage: bench_allocations tell|signal|invoke|event <count> [--break-counts]\n",
                   stderr);
        return 2;
    }
    if (arguments.value(3) == u"--break-counts"_s)
        Bench::breakCounts();
    std::printf("%.6f\n", workload->second(count));
    return 0;
}

#include "bench_allocations.moc"
