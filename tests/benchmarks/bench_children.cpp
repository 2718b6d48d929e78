// SPDX-License-Identifier: MIT
#include "bench.h"

#include <Actorio/Actorio>

#include <algorithm>
#include <random>
#include <vector>

// What a child of an actor costs that has so many, in one thread: it is started, and when all have started, stopped, in
// their order or in one left to chance, which makes each a stranger to the processor's caches; its end is heard. QObject's
// own children are the baseline: made and deleted in the same order.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

enum class Order { Spawned, Chance };

template<class T>
void arrange(std::vector<T> &all, Order order)
{
    if (order == Order::Chance)
        std::shuffle(all.begin(), all.end(), std::minstd_rand(1));
}

class Parent;
struct Begin
{
    qint64 children;
    qint64 rounds;
    Order order;
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
        arrange(m_children, m_begin.order);
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

double actors(qint64 count, qint64 children, Order order)
{
    const qint64 rounds = share(count, children);
    QEventLoop loop;
    qint64 ended = 0;
    Actorio::ActorSystem system;
    const auto parent = system.spawn<Parent>({.on = Actorio::mainThread()}, &loop, &ended);
    const Stopwatch stopwatch;
    parent.tell(Begin{children, rounds, order});
    loop.exec();
    const double cost = stopwatch.nanosecondsEach(children * rounds);
    check("actors left", system.actorCount(), 1);
    require("the system has ended", system.shutdown());
    check("children that ended", ended, children * rounds);
    return cost;
}

double objects(qint64 count, qint64 children, Order order)
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
        arrange(objects, order);
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
    const auto add = [&](const QString &name, const QString &description, qint64 children,
                         Order order) {
        const auto of = [=](auto function) {
            return [=](qint64 count) { return function(count, std::min(children, count), order); };
        };
        workloads.push_back({name,
                             u"ns/child"_s,
                             description,
                             {{{}, 100'000, of(actors)}, {u"qobject"_s, 100'000, of(objects)}}});
    };
    add(u"children-1k"_s, u"a child's start and stop, when its parent has 1 000"_s, 1'000,
        Order::Spawned);
    add(u"children-100k"_s, u"a child's start and stop, when its parent has 100 000"_s, 100'000,
        Order::Spawned);
    add(u"children-1k-chance"_s, u"the same in an order left to chance"_s, 1'000, Order::Chance);
    add(u"children-100k-chance"_s, u"the same in an order left to chance"_s, 100'000,
        Order::Chance);
}

} // namespace Bench

#include "bench_children.moc"
