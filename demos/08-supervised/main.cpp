// SPDX-License-Identifier: MIT
#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QLoggingCategory>
#include <QtCore/QRandomGenerator>
#include <QtCore/QTextStream>
#include <QtCore/QTimer>

#include <atomic>
#include <array>
#include <stdexcept>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Supervisor;

constexpr int Desks = 3;
constexpr int ClerksOfADesk = 3;
constexpr int Clients = 6;
constexpr int AsksOfAClient = 1000;

// What really happened, as those it happened to have counted it.
struct Tally
{
    std::atomic<int> handled{0};
    std::atomic<int> crashed{0};
    std::atomic<int> built{0};
};
std::array<Tally, Desks * ClerksOfADesk> tallies;

struct Crash : std::runtime_error
{
    Crash() : std::runtime_error("a clerk had a bad day") { }
};

struct Square
{
    int number;
};

// A leaf of the tree: answers, and crashes now and then.
class Clerk : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Clerk(int index) : m_tally(tallies.at(std::size_t(index))), m_index(index)
    {
        ++m_tally.built;
    }

public Q_SLOTS:
    int receive(const Square &square)
    {
        if (QRandomGenerator::global()->bounded(20) == 0) {
            ++m_tally.crashed;
            throw Crash();
        }
        ++m_tally.handled;
        return square.number * square.number;
    }

protected:
    // Whoever wants this clerk finds it by its name: also the one that a supervisor has started in its place.
    void setUp() override
    {
        Actorio::ActorSystem::instance().registry().add(QString::number(m_index), self());
    }

private:
    Tally &m_tally;
    const int m_index;
};

// How the asks of all clients have ended.
struct Outcomes
{
    std::atomic<int> asked{0};
    std::atomic<int> answered{0};
    std::atomic<int> crashed{0}; // the clerk failed with this very ask
    std::atomic<int> stopped{0}; // the clerk had ended, and left it in its inbox
    std::atomic<int> wrong{0}; // anything else
};
Outcomes outcomes;

struct Begin
{
};

// Asks clerks at random, one after the other.
class Client : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<void> receive(const Begin &)
    {
        auto &registry = Actorio::ActorSystem::instance().registry();
        for (int i = 0; i < AsksOfAClient; ++i) {
            const auto index = QRandomGenerator::global()->bounded(int(tallies.size()));
            auto found = registry.waitFor<Clerk>(QString::number(index));
            const Actorio::ActorRef<Clerk> clerk = co_await found;
            ++outcomes.asked;
            auto answer = clerk.ask(Square{i});
            try {
                const int square = co_await answer;
                ++(square == i * i ? outcomes.answered : outcomes.wrong);
            } catch (const Crash &) {
                ++outcomes.crashed;
            } catch (const Actorio::ActorStopped &) {
                ++outcomes.stopped;
            }
            if (i % 20 == 0)
                co_await 40ms; // there is something to be seen
        }
    }
};

Actorio::ChildSpec desk(int number)
{
    QList<Actorio::ChildSpec> clerks;
    for (int i = number * ClerksOfADesk; i < (number + 1) * ClerksOfADesk; ++i) {
        // A clerk begins anew twice by itself, with what is in its inbox; then its desk starts another.
        clerks.append(
                Actorio::child<Clerk>({.id = u"clerk-%1"_s.arg(i),
                                       .supervision = Actorio::restart({.limit = 2, .within = 1s})},
                                      i));
    }
    return Actorio::child<Supervisor>({.id = u"desk-%1"_s.arg(number)}, clerks,
                                      Actorio::SupervisorOptions{.intensity = 1000, .period = 1s});
}

void printTree(QTextStream &out)
{
    out << "office" << Qt::endl;
    for (int number = 0; number < Desks; ++number) {
        out << "  desk-" << number << Qt::endl;
        for (int i = number * ClerksOfADesk; i < (number + 1) * ClerksOfADesk; ++i) {
            const Tally &tally = tallies.at(std::size_t(i));
            out << "    clerk-" << i << ": handled " << tally.handled << ", crashed "
                << tally.crashed << ", built " << tally.built << Qt::endl;
        }
    }
    out << Qt::endl;
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QLoggingCategory::setFilterRules(u"actorio.core.warning=false"_s); // crashes are what we want
    QTextStream out(stdout);

    QList<Actorio::ChildSpec> desks;
    for (int number = 0; number < Desks; ++number)
        desks.append(desk(number));
    const auto office = Actorio::spawn<Supervisor>({.name = u"office"_s}, desks);

    int left = Clients;
    for (int i = 0; i < Clients; ++i) {
        Actorio::spawn<Client>({.owner = &app}).ask(Begin{}).then(&app, [&] {
            if (--left == 0)
                app.quit();
        });
    }
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &app, [&] { printTree(out); });
    timer.start(500ms);
    app.exec();
    printTree(out);

    // Every ask has exactly one outcome, and it is the one that its clerk knows of.
    int handled = 0;
    int crashed = 0;
    for (const Tally &tally : tallies) {
        handled += tally.handled;
        crashed += tally.crashed;
    }
    const int ended = outcomes.answered + outcomes.crashed + outcomes.stopped;
    const bool isRight = outcomes.asked == Clients * AsksOfAClient && outcomes.asked == ended
            && outcomes.wrong == 0 && outcomes.answered == handled && outcomes.crashed == crashed;
    out << outcomes.asked << " asked = " << outcomes.answered << " answered + " << outcomes.crashed
        << " crashed + " << outcomes.stopped << " stopped; the clerks handled " << handled
        << " and crashed " << crashed
        << " times: " << (isRight ? "nothing was lost" : "THAT DOES NOT ADD UP") << Qt::endl;
    return isRight ? 0 : 1;
}

#include "main.moc"
