// SPDX-License-Identifier: MIT
#include "stress.h"

#include <Actorio/Actorio>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <mutex>
#include <stdexcept>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;

class Node;

namespace {

struct Grow
{
};
struct Prune
{
};
struct Fail
{
};

struct Counts
{
    std::atomic<int> objects{0};
    std::atomic<int> made{0};
    std::atomic<int> setUps{0};
    std::atomic<int> tearDowns{0};
    std::atomic<int> childrenHeardOf{0};
    std::atomic<int> failures{0}; // that a parent heard of
    std::atomic<int> violations{0};
};

// The actors, found in any order by whoever wants to do something to them.
class Forest
{
public:
    void add(const ActorRef<Node> &node)
    {
        const std::lock_guard lock(m_mutex);
        m_nodes.push_back(node);
    }
    void clear()
    {
        const std::lock_guard lock(m_mutex);
        m_nodes.clear();
    }
    // The root is the first.
    ActorRef<Node> any(Stress::Random &random, bool mayBeRoot) const
    {
        const std::lock_guard lock(m_mutex);
        const int first = mayBeRoot ? 0 : 1;
        const int size = static_cast<int>(m_nodes.size());
        if (size <= first)
            return {};
        return m_nodes[static_cast<std::size_t>(first + random(size - first))];
    }

    Counts counts;

private:
    mutable std::mutex m_mutex;
    std::vector<ActorRef<Node>> m_nodes;
};

} // namespace

class Node : public Actorio::Actor
{
    Q_OBJECT
public:
    // `parentsLive`: how many children of the parent exist, which must be none when the parent is torn down.
    Node(Forest *forest, std::shared_ptr<std::atomic<int>> siblings)
        : m_forest(*forest), m_siblings(std::move(siblings))
    {
        m_forest.counts.made.fetch_add(1);
        m_forest.counts.objects.fetch_add(1);
        if (m_siblings)
            m_siblings->fetch_add(1);
        if (m_random(50) == 0) {
            leave();
            throw std::runtime_error("is not made");
        }
    }
    ~Node() override { leave(); }

public Q_SLOTS:
    void receive(const Grow &)
    {
        const int place = m_random(100);
        const auto where = place == 0 ? Actorio::dedicatedThread()
                : place < 20          ? Actorio::mainThread()
                : place < 60          ? Actorio::sameThread()
                                      : Actorio::pool();
        m_forest.add(spawn<Node>({.on = where}, &m_forest, m_live));
    }
    void receive(const Prune &)
    {
        const QList<ActorRef<>> children = childActors();
        if (children.isEmpty())
            return;
        const ActorRef<> child = children.at(m_random(static_cast<int>(children.size())));
        switch (m_random(3)) {
        case 0:
            child.stop();
            break;
        case 1:
            child.drain();
            break;
        default:
            child.kill();
            break;
        }
    }
    void receive(const Fail &) { throw std::runtime_error("fails"); }

protected:
    void setUp() override
    {
        m_forest.counts.setUps.fetch_add(1);
        m_isSetUp = true;
    }
    void childStopped(const Actorio::ChildStopped &event) override
    {
        m_forest.counts.childrenHeardOf.fetch_add(1);
        if (event.child.isRunning() || m_isTornDown || childActors().contains(event.child))
            m_forest.counts.violations.fetch_add(1);
        if (event.reason.isFailure())
            m_forest.counts.failures.fetch_add(1);
    }
    void tearDown(const Actorio::StopReason &) override
    {
        m_forest.counts.tearDowns.fetch_add(1);
        if (!m_isSetUp || m_isTornDown || m_live->load() != 0 || !childActors().isEmpty())
            m_forest.counts.violations.fetch_add(1);
        m_isTornDown = true;
    }

private:
    void leave()
    {
        m_forest.counts.objects.fetch_sub(1);
        if (m_siblings)
            m_siblings->fetch_sub(1);
    }

    Forest &m_forest;
    const std::shared_ptr<std::atomic<int>> m_siblings;
    const std::shared_ptr<std::atomic<int>> m_live = std::make_shared<std::atomic<int>>(0);
    Stress::Random m_random;
    bool m_isSetUp = false;
    bool m_isTornDown = false;
};

// Promises 5 and 6: trees of actors over several threads, grown, cut and failing at random.
class StressChildren : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        // Who fails while its parent stops is heard of by nobody.
        QLoggingCategory::setFilterRules(
                u"actorio.deadletters=false\nactorio.core.warning=false"_s);
    }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void treesOfChildrenComeAndGo();
};

void StressChildren::treesOfChildrenComeAndGo()
{
    const Stress::DelayPoints delayPoints;
    Stress::Random random;
    Forest forest;
    Actorio::ActorSystem system({.threads = 3, .name = u"stress"_s});

    for (int round = Stress::count(5'000); round > 0; --round) {
        const ActorRef<Node> root = system.spawn<Node>(&forest, nullptr);
        forest.clear();
        forest.add(root);
        for (int i = 0; i < 4; ++i)
            root.tell(Grow());
        Stress::Threads gardeners;
        for (int gardener = 0; gardener < 2; ++gardener) {
            gardeners.start([&] {
                Stress::Random chance;
                for (int i = 0; i < 200; ++i) {
                    const int what = chance(100);
                    const ActorRef<Node> node = forest.any(chance, what < 90);
                    if (what < 75)
                        node.tell(Grow());
                    else if (what < 90)
                        node.tell(Prune());
                    else if (what < 94)
                        node.tell(Fail());
                    else if (what < 97)
                        node.kill();
                    else
                        node.stop();
                }
            });
        }
        for (int turns = random(200); turns > 0; --turns)
            QCoreApplication::processEvents();
        gardeners.join();
        switch (random(3)) {
        case 0:
            root.stop();
            break;
        case 1:
            root.drain();
            break;
        default:
            root.kill();
            break;
        }
        // All of the tree goes before its root does.
        QVERIFY(Stress::processUntil([&] { return root.terminated().isFinished(); }));
        QVERIFY(Stress::processUntil([&] { return system.actorCount() == 0; }));
        QCOMPARE(forest.counts.objects.load(), 0);
    }
    QVERIFY(system.shutdown(60s));

    const Counts &counts = forest.counts;
    qInfo() << "made" << counts.made << "heard of" << counts.childrenHeardOf << "failed"
            << counts.failures;
    QCOMPARE(counts.violations.load(), 0);
    QCOMPARE(counts.tearDowns.load(), counts.setUps.load());
    QVERIFY(counts.childrenHeardOf > 0);
    QVERIFY(counts.failures > 0);
}

QTEST_GUILESS_MAIN(StressChildren)
#include "stress_children.moc"
