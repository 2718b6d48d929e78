// SPDX-License-Identifier: MIT
#include "host.h"
#include "life.h"
#include "phoenix.h"
#include "stage.h"

#include <Actorio/Actorio>

#include <QtTest/QTest>

#include <atomic>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Notes its timeouts beside what a Phoenix notes.
class Sleeper : public Phoenix
{
    Q_OBJECT
public:
    using Phoenix::Phoenix;
    using Phoenix::receive;
    using Phoenix::setReceiveTimeout;
    using Phoenix::cancelReceiveTimeout;

public Q_SLOTS:
    void receive(const Actorio::ReceiveTimeout &)
    {
        ++timeouts;
        note(u"timeout"_s);
        if (atTimeout)
            atTimeout(*this);
    }

public:
    int timeouts = 0;
    Do atTimeout;
};

// Has no slot for it.
class Deaf : public Host
{
    Q_OBJECT
public:
    using Host::Host;
    using Host::receive;
    using Host::setReceiveTimeout;
};

const Do oneSecond = [](Sleeper &sleeper) { sleeper.setReceiveTimeout(1s); };

} // namespace

class tst_ReceiveTimeout : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void comesAfterEachSpanWithoutAMessage_data() { addPlaces(); }
    void comesAfterEachSpanWithoutAMessage();
    void aMessageStartsTheTimeAnew();
    void anAskDoesToo();
    void anInputDoesNot();
    void countsFromTheEndOfALongHandler();
    void countsFromTheEndOfSetUp();
    void isNotHandledWhileAnInputIsBusy();
    void aMessageThatWaitsComesFirst();
    void countsFromTheCall();
    void isCancelled_data();
    void isCancelled();
    void isCancelledWhenItIsQueued();
    void aSecondCallReplacesTheFirst();
    void anUnwatchedTerminatedIsNoMessage();
    void withoutASlotTheActorFails();
    void isGoneAfterARestart();
    void aQueuedOneNeverReachesTheNextObject();
    void isNoDeadLetterOfAnActorThatStops();
    void mayStopItsActor();
    void isRefusedInTheConstructor();
    void isAWarningInTearDown();

private:
    template<class A = Sleeper>
    Actorio::ActorRef<A> spawn(Do setUp = oneSecond, Actorio::SpawnOptions options = {})
    {
        return m_stage->system.spawn<A>(std::move(options), m_lives.get(), std::move(setUp));
    }
    // Lets time pass, and waits until whatever that has brought is over.
    void advance(const Actorio::ActorRef<Sleeper> &sleeper, std::chrono::milliseconds time)
    {
        settle(sleeper);
        m_stage->clock->advance(time);
    }
    int timeouts() const { return int(m_lives->journal.entries().filter(u"timeout"_s).size()); }

    std::unique_ptr<Lives> m_lives;
    std::unique_ptr<Stage> m_stage;

private Q_SLOTS:
    void initTestCase() { }
    void cleanup()
    {
        m_stage.reset();
        m_lives.reset();
    }
};
