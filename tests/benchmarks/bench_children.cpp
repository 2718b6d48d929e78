// SPDX-License-Identifier: MIT
#include "bench.h"

#include <Actorio/Actorio>

#include <algorithm>
#include <random>
#include <vector>

// What a child of an actor costs that has so many, in one thread: it is started, and when all have started, stopped, in
// an order left to chance; its end is heard. QObject's own children are the baseline: made and deleted in such an order.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

template<class T>
void shuffle(std::vector<T> &all)
{
    std::shuffle(all.begin(), all.end(), std::minstd_rand(1));
}

class Parent;
struct Begin
{
    qint64 children;
    qint64 rounds;
};
struct Started
{
};

class Child : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Child(Actorio::ActorRef<Parent> parent) : m_parent(std::move(parent)) { }

protected:
    void setUp() override;

private:
    const Actorio::ActorRef<Parent> m_parent;
};

class Parent : public Actorio::Actor
{
    Q_OBJECT
public:
    Parent(QEventLoop *loop, qint64 *ended) : m_loop(loop), m_ended(ended) { }

public Q_SLOTS:
    void receive(const Begin &begin)
    {
        m_begin = begin;
        nextRound();
    }
    void receive(const Started &)
    {
        if (++m_started < m_begin.children)
            return;
        shuffle(m_children);
        for (const auto &child : m_children)
            child.stop();
        m_children.clear();
    }

protected:
    void childStopped(const Actorio::ChildStopped &) override
    {
        ++*m_ended;
        if (--m_started == 0)
            nextRound();
    }

private:
    void nextRound()
    {
        if (m_begin.rounds-- == 0) {
            m_loop->quit();
            return;
        }
        m_children.reserve(size_t(m_begin.children));
        for (qint64 i = 0; i < m_begin.children; ++i) {
            m_children.push_back(spawn<Child>({.on = Actorio::sameThread()}, Actorio::refTo(this)));
        }
    }

    QEventLoop *const m_loop;
    qint64 *const m_ended;
    Begin m_begin = {};
    qint64 m_started = 0;
    std::vector<Actorio::ActorRef<Child>> m_children;
};

void Child::setUp()
{
    m_parent.tell(Started{});
}

double actors(qint64 count, qint64 children)
{
    const qint64 rounds = share(count, children);
    QEventLoop loop;
    qint64 ended = 0;
    Actorio::ActorSystem system;
    const auto parent = system.spawn<Parent>({.on = Actorio::mainThread()}, &loop, &ended);
    const Stopwatch stopwatch;
    parent.tell(Begin{children, rounds});
    loop.exec();
    const double cost = stopwatch.nanosecondsEach(children * rounds);
    check("actors left", system.actorCount(), 1);
    require("the system has ended", system.shutdown());
    check("children that ended", ended, children * rounds);
    return cost;
}

double objects(qint64 count, qint64 children)
{
    const qint64 rounds = share(count, children);
    qint64 ended = 0;
    const Stopwatch stopwatch;
    for (qint64 round = 0; round < rounds; ++round) {
        QObject parent;
        std::vector<QObject *> objects;
        objects.reserve(size_t(children));
        for (qint64 i = 0; i < children; ++i)
            objects.push_back(new QObject(&parent));
        shuffle(objects);
        for (QObject *const object : objects)
            delete object;
        ended += children - parent.children().size();
    }
    const double cost = stopwatch.nanosecondsEach(children * rounds);
    check("objects that were deleted", ended, children * rounds);
    return cost;
}

} // namespace

void addChildren(Workloads &workloads)
{
    const auto of = [](qint64 children, auto function) {
        return [children, function](qint64 count) {
            return function(count, std::min(children, count));
        };
    };
    workloads.push_back(
            {u"children-1k"_s,
             u"ns/child"_s,
             u"a child's start and stop, when its parent has 1 000"_s,
             {{{}, 100'000, of(1'000, actors)}, {u"qobject"_s, 100'000, of(1'000, objects)}}});
    workloads.push_back(
            {u"children-100k"_s,
             u"ns/child"_s,
             u"a child's start and stop, when its parent has 100 000"_s,
             {{{}, 100'000, of(100'000, actors)}, {u"qobject"_s, 100'000, of(100'000, objects)}}});
}

} // namespace Bench

#include "bench_children.moc"
