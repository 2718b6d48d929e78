// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <memory>
#include <vector>

// Savina's chameneos: a hundred creatures meet in pairs, arranged by a mall, in one thread. A meeting is four messages:
// two come to the mall, which sends the second one to the first, which tells the second. Measured in meetings.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

constexpr int creatureCount = 100;

enum class Colour { Blue, Red, Yellow };

Colour complement(Colour one, Colour other)
{
    return one == other ? one : Colour(3 - int(one) - int(other));
}

// What the mall knows at the end.
struct Outcome
{
    QEventLoop loop;
    qint64 meetings = 0;
    int creatures = 0;

    void creatureLeaves(qint64 hadMeetings)
    {
        meetings += hadMeetings;
        if (++creatures == creatureCount)
            loop.quit();
    }
    void check(qint64 expected) const
    {
        Bench::check("creatures", creatures, creatureCount);
        Bench::check("meetings, counted by both", meetings, 2 * expected);
    }
};

class Mall;
class Creature;

struct Meet
{
    Colour colour;
    Actorio::ActorRef<Creature> creature;
};
struct Change
{
    Colour colour;
};
struct MallClosed
{
};

class Mall : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Mall(qint64 meetings) : m_meetingsLeft(meetings) { }

public Q_SLOTS:
    void receive(const Meet &meet);

private:
    qint64 m_meetingsLeft;
    Actorio::ActorRef<Creature> m_waiting;
};

class Creature : public Actorio::Actor
{
    Q_OBJECT
public:
    Creature(Outcome *outcome, Actorio::ActorRef<Mall> mall, Colour colour)
        : m_outcome(outcome), m_mall(std::move(mall)), m_colour(colour)
    {
    }

public Q_SLOTS:
    void receive(const Meet &meet)
    {
        m_colour = complement(m_colour, meet.colour);
        ++m_meetings;
        meet.creature.tell(Change{m_colour});
        goToMall();
    }
    void receive(const Change &change)
    {
        m_colour = change.colour;
        ++m_meetings;
        goToMall();
    }
    void receive(const MallClosed &) { m_outcome->creatureLeaves(m_meetings); }

protected:
    void setUp() override { goToMall(); }

private:
    void goToMall() { m_mall.tell(Meet{m_colour, Actorio::refTo(this)}); }

    Outcome *const m_outcome;
    const Actorio::ActorRef<Mall> m_mall;
    Colour m_colour;
    qint64 m_meetings = 0;
};

void Mall::receive(const Meet &meet)
{
    if (m_meetingsLeft == 0) {
        meet.creature.tell(MallClosed{});
    } else if (!m_waiting) {
        m_waiting = meet.creature;
    } else {
        --m_meetingsLeft;
        std::exchange(m_waiting, {}).tell(meet);
    }
}

double actors(qint64 meetings)
{
    Outcome outcome;
    Actorio::ActorSystem system;
    const Actorio::SpawnOptions here{.on = Actorio::mainThread()};
    const Stopwatch stopwatch;
    const auto mall = system.spawn<Mall>(here, meetings);
    for (int i = 0; i < creatureCount; ++i)
        system.spawn<Creature>(here, &outcome, mall, Colour(i % 3));
    outcome.loop.exec();
    const double rate = stopwatch.perSecond(meetings);
    require("the system has ended", system.shutdown());
    outcome.check(meetings);
    return rate;
}

// The same in raw Qt, an event a message.
class CreatureObject;

class MeetEvent : public QEvent
{
public:
    MeetEvent(Colour meetsColour, CreatureObject *meetsCreature)
        : QEvent(eventType()), colour(meetsColour), creature(meetsCreature)
    {
    }
    static QEvent::Type eventType()
    {
        static const int type = QEvent::registerEventType();
        return static_cast<QEvent::Type>(type);
    }

    const Colour colour;
    CreatureObject *const creature; // null: the mall is closed
};

class MallObject : public QObject
{
public:
    explicit MallObject(qint64 meetings) : m_meetingsLeft(meetings) { }

protected:
    void customEvent(QEvent *event) override;

private:
    qint64 m_meetingsLeft;
    CreatureObject *m_waiting = nullptr;
};

class CreatureObject : public QObject
{
public:
    CreatureObject(Outcome *outcome, MallObject *mall, Colour colour)
        : m_outcome(outcome), m_mall(mall), m_colour(colour)
    {
        goToMall();
    }

protected:
    void customEvent(QEvent *event) override
    {
        if (event->type() == MeetEvent::eventType()) {
            const auto *const meet = static_cast<const MeetEvent *>(event);
            if (!meet->creature) {
                m_outcome->creatureLeaves(m_meetings);
                return;
            }
            m_colour = complement(m_colour, meet->colour);
            postNumber(meet->creature, int(m_colour));
        } else {
            m_colour = Colour(NumberEvent::of(event).value);
        }
        ++m_meetings;
        goToMall();
    }

private:
    void goToMall() { QCoreApplication::postEvent(m_mall, new MeetEvent(m_colour, this)); }

    Outcome *const m_outcome;
    MallObject *const m_mall;
    Colour m_colour;
    qint64 m_meetings = 0;
};

void MallObject::customEvent(QEvent *event)
{
    const auto *const meet = static_cast<const MeetEvent *>(event);
    if (m_meetingsLeft == 0) {
        QCoreApplication::postEvent(meet->creature, new MeetEvent(meet->colour, nullptr));
    } else if (!m_waiting) {
        m_waiting = meet->creature;
    } else {
        --m_meetingsLeft;
        QCoreApplication::postEvent(std::exchange(m_waiting, nullptr),
                                    new MeetEvent(meet->colour, meet->creature));
    }
}

double objects(qint64 meetings)
{
    Outcome outcome;
    const Stopwatch stopwatch;
    MallObject mall(meetings);
    std::vector<std::unique_ptr<CreatureObject>> creatures;
    for (int i = 0; i < creatureCount; ++i)
        creatures.push_back(std::make_unique<CreatureObject>(&outcome, &mall, Colour(i % 3)));
    outcome.loop.exec();
    const double rate = stopwatch.perSecond(meetings);
    outcome.check(meetings);
    return rate;
}

} // namespace

void addChameneos(Workloads &workloads)
{
    workloads.push_back({u"chameneos"_s,
                         u"meetings/s"_s,
                         u"Savina's chameneos: a hundred creatures, in one thread"_s,
                         {{{}, 500'000, actors}, {u"event"_s, 100'000, objects}}});
}

} // namespace Bench

#include "bench_chameneos.moc"
