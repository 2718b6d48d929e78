// SPDX-License-Identifier: MIT
#include "bench.h"

#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QFile>

#include <memory>
#include <vector>

#ifdef Q_OS_UNIX
#    include <unistd.h>
#endif

// What one more idle actor adds to the resident memory of the process: it has started, has handled one message, and
// has nothing to do. The reference to it is in a vector that was there before.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

qint64 residentBytes()
{
#ifdef Q_OS_LINUX
    QFile file(u"/proc/self/statm"_s);
    require("/proc/self/statm opens", file.open(QIODevice::ReadOnly));
    return file.readAll().split(' ').value(1).toLongLong() * sysconf(_SC_PAGESIZE);
#else
    return 0;
#endif
}

struct Touch
{
};

class IdleActor : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit IdleActor(qint64 *touched) : m_touched(touched) { }

public Q_SLOTS:
    void receive(const Touch &) { ++*m_touched; }

private:
    qint64 *const m_touched;
};

double actors(qint64 count)
{
    constexpr qint64 batch = 1000;
    Actorio::ActorSystem system;
    qint64 touched = 0;
    std::vector<Actorio::ActorRef<IdleActor>> references(size_t(count) + 1);
    const auto add = [&](qint64 i) {
        references[size_t(i)] = system.spawn<IdleActor>({.on = Actorio::mainThread()}, &touched);
        references[size_t(i)].tell(Touch{});
    };
    const auto settle = [&](qint64 expected) {
        while (touched < expected)
            QCoreApplication::processEvents();
    };
    add(count); // the system's own costs
    settle(1);
    const qint64 before = residentBytes();
    for (qint64 i = 0; i < count; ++i) {
        add(i);
        // In batches, so that what is on its way is little.
        if (i % batch == 0)
            settle(i + 2);
    }
    settle(count + 1);
    const double each = double(residentBytes() - before) / double(count);
    check("actors", system.actorCount(), count + 1);
    check("actors that had their message", touched, count + 1);
    require("the system has ended", system.shutdown());
    return each;
}

class IdleObject : public QObject
{
    Q_OBJECT
public:
    explicit IdleObject(qint64 *alive) : m_alive(alive) { ++*m_alive; }

    void touch() { }

private:
    qint64 *const m_alive;
};

class Toucher : public QObject
{
    Q_OBJECT
Q_SIGNALS:
    void touched();
};

// Plain objects, each connected to a signal or to none.
double objects(qint64 count, bool areConnected)
{
    qint64 alive = 0;
    Toucher toucher;
    std::vector<std::unique_ptr<IdleObject>> objects(static_cast<size_t>(count));
    const qint64 before = residentBytes();
    for (auto &object : objects) {
        object = std::make_unique<IdleObject>(&alive);
        if (areConnected)
            QObject::connect(&toucher, &Toucher::touched, object.get(), &IdleObject::touch);
    }
    const double each = double(residentBytes() - before) / double(count);
    check("objects", alive, count);
    return each;
}

} // namespace

void addMemory(Workloads &workloads)
{
    const auto connected = [](bool areConnected) {
        return [areConnected](qint64 count) { return objects(count, areConnected); };
    };
    workloads.push_back({.name = u"idle-memory"_s,
                         .unit = u"bytes"_s,
                         .description = u"resident memory of an idle actor"_s,
                         .candidates = {{{}, 100'000, actors},
                                        {u"qobject"_s, 100'000, connected(false)},
                                        {u"connected"_s, 100'000, connected(true)}},
                         .isIsolated = true});
}

} // namespace Bench

#include "bench_memory.moc"
