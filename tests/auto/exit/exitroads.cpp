// SPDX-License-Identifier: MIT
// usage: exitroads <road> <busy>   leaves main() by the named road while actors are busy in the named way.
// Every road asks for exit status 3.

#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QPromise>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <cstdio>
#include <cstdlib>
#include <list>
#include <memory>
#include <stdexcept>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;

namespace {

constexpr int Status = 3;

struct Ping
{
};
struct Suspend
{
};
struct Block
{
};
struct Repeat
{
};
struct KeepPromise
{
};
struct Hang
{
    ActorRef<> starter;
};
struct Await;
struct Lodge
{
    ActorSystem *system;
};
struct Quit
{
};
struct ShutDown
{
};
struct Exit
{
};
struct Started
{
};

// Says whether the process ends as C++ programs do, and is not cut off by _Exit.
struct Farewell
{
    ~Farewell()
    {
        std::puts("static objects are destroyed");
        std::fflush(stdout);
    }
} const farewell;

// Leaked: nobody ever finishes what waits for them.
QPromise<int> &neverFinished()
{
    static auto *const promise = [] {
        auto *const made = new QPromise<int>;
        made->start();
        return made;
    }();
    return *promise;
}
std::vector<Actorio::ReplyPromise<int>> &keptPromises()
{
    static auto *const promises = new std::vector<Actorio::ReplyPromise<int>>;
    return *promises;
}

} // namespace

class Busy : public Actorio::Actor
{
    Q_OBJECT
public:
    QFuture<void> receive(Await message);
public Q_SLOTS:
    int receive(const Ping &) { return 1; }
    QFuture<void> receive(const Suspend &)
    {
        reply(Started());
        co_await neverFinished().future();
    }
    QFuture<void> receive(const Hang &message)
    {
        message.starter.tell(Started());
        co_await neverFinished().future();
    }
    void receive(const Block &)
    {
        reply(Started());
        for (;;)
            QThread::sleep(3600);
    }
    void receive(const Repeat &)
    {
        if (std::exchange(m_isFirst, false))
            reply(Started());
        Actorio::refTo(this).tell(Repeat(), currentSender());
    }
    Actorio::Delegated<int> receive(const KeepPromise &)
    {
        keptPromises().push_back(replyPromise<int>());
        return {};
    }
    ActorRef<Busy> receive(const Lodge &lodge)
    {
        return lodge.system->spawn<Busy>({.on = Actorio::sameThread()});
    }
    void receive(const ShutDown &)
    {
        reply(Started());
        ActorSystem::instance().shutdown();
    }
    void receive(const Quit &) { QCoreApplication::quit(); }
    void receive(const Exit &) { std::exit(Status); }

private:
    bool m_isFirst = true;
};

namespace {

struct Await
{
    ActorRef<Busy> whom;
    ActorRef<> starter = {}; // null: is told to somebody who is busy already
};

} // namespace

QFuture<void> Busy::receive(Await message)
{
    reply(Started());
    try {
        if (message.starter) {
            Actorio::Ask<void> ask = message.whom.ask(Hang{message.starter});
            co_await ask; // apart: GCC 12 destroys a temporary message in a co_await twice
        } else {
            co_await message.whom.ask(Ping());
        }
    } catch (const Actorio::ActorStopped &) {
    }
}

namespace {

using Refs = std::vector<ActorRef<Busy>>;

Refs spawnEverywhere(ActorSystem &system, QObject *owner)
{
    Refs actors;
    for (const Actorio::Placement where :
         {Actorio::pool(), Actorio::dedicatedThread(), Actorio::mainThread()})
        actors.push_back(system.spawn<Busy>({.owner = owner, .on = where}));
    return actors;
}

// Makes actors that are busy in the way `kind` names, and returns when they are.
Refs makeBusy(const QString &kind, ActorSystem &system, QObject *owner = nullptr)
{
    Actorio::Inbox inbox;
    const auto waitFor = [&](std::size_t count) {
        while (count-- > 0)
            inbox.waitFor<Started>();
    };
    Refs actors;
    const auto add = [&](Actorio::Placement where, const QString &name = {}) {
        actors.push_back(system.spawn<Busy>({.owner = owner, .on = where, .name = name}));
        return actors.back();
    };
    if (kind == u"idle") {
        actors = spawnEverywhere(system, owner);
        for (const ActorRef<Busy> &actor : actors)
            (void)actor.tell(Ping());
    } else if (kind == u"coroutine") {
        actors = spawnEverywhere(system, owner);
        for (const ActorRef<Busy> &actor : actors)
            actor.tell(Suspend(), inbox.ref());
        waitFor(actors.size());
    } else if (kind == u"coroutine-ask") {
        const ActorRef<Busy> asked = add(Actorio::pool());
        add(Actorio::pool()).tell(Await{asked, inbox.ref()}, inbox.ref());
        const ActorRef<Busy> askedByMain = add(Actorio::dedicatedThread());
        add(Actorio::mainThread()).tell(Await{askedByMain, inbox.ref()}, inbox.ref());
        waitFor(4);
    } else if (kind == u"coroutine-queued-ask") {
        const ActorRef<Busy> suspended = add(Actorio::pool());
        suspended.tell(Suspend(), inbox.ref());
        waitFor(1);
        add(Actorio::pool()).tell(Await{suspended}, inbox.ref());
        add(Actorio::mainThread()).tell(Await{suspended}, inbox.ref());
        waitFor(2);
    } else if (kind == u"stuck-pool") {
        add(Actorio::pool(), u"blocker"_s).tell(Block(), inbox.ref());
        waitFor(1);
    } else if (kind == u"stuck-dedicated") {
        add(Actorio::dedicatedThread(), u"blocker"_s).tell(Block(), inbox.ref());
        waitFor(1);
    } else if (kind == u"stuck-neighbour") {
        // Itself idle, in the thread of one that is stuck.
        const ActorRef<Busy> blocker = system.spawn<Busy>({.owner = owner, .name = u"blocker"_s});
        actors.push_back(blocker.ask(Lodge{&system}).result());
        blocker.tell(Block(), inbox.ref());
        waitFor(1);
        actors.back().tell(Ping());
    } else if (kind == u"flood") {
        for (const Actorio::Placement where : {Actorio::pool(), Actorio::dedicatedThread()}) {
            const ActorRef<Busy> flooded = add(where);
            flooded.tell(Repeat(), inbox.ref());
            for (int i = 0; i < 20'000; ++i)
                flooded.tell(Ping());
        }
        waitFor(2);
    } else if (kind == u"main-queue") {
        const ActorRef<Busy> queued = add(Actorio::mainThread());
        queued.tell(Repeat());
        for (int i = 0; i < 20'000; ++i)
            queued.tell(Ping());
    } else if (kind == u"held-promise") {
        static std::vector<QFuture<int>> answers;
        const ActorRef<Busy> holder = add(Actorio::pool());
        for (const auto timeout : {1h, 2h})
            answers.push_back(holder.ask(KeepPromise(), timeout));
        holder.ask(Ping()).waitForFinished();
    } else {
        std::fprintf(stderr, "what is busy '%s'?\n", qPrintable(kind));
        std::_Exit(1);
    }
    return actors;
}

// In the event loop, so that quit() is not too early.
void tellFromEventLoop(Actorio::Placement where, auto message)
{
    const auto actor = Actorio::spawn<Busy>({.on = where});
    QTimer::singleShot(0, qApp, [actor, message] { actor.tell(message); });
}

int takeRoad(const QString &road, const QString &kind, int argc, char **argv)
{
    if (road.startsWith(u"leaked-app")) {
        new QCoreApplication(argc, argv); // never deleted: nothing ends before static destruction
        if (road == u"leaked-app-scoped") {
            const Refs actors = makeBusy(kind, ActorSystem::instance());
            static std::list<Actorio::Scoped<Busy>> scoped;
            for (const ActorRef<Busy> &actor : actors)
                scoped.emplace_back(actor);
        } else if (road == u"leaked-app-system") {
            (void)Actorio::spawn<Busy>();
            static ActorSystem system;
            makeBusy(kind, system);
        } else {
            makeBusy(kind, ActorSystem::instance());
        }
        return Status;
    }

    QCoreApplication app(argc, argv);
    if (road == u"return") {
        QObject owner;
        makeBusy(kind, ActorSystem::instance(), &owner);
    } else if (road == u"return-unowned") {
        makeBusy(kind, ActorSystem::instance());
    } else if (road == u"owned-by-application") {
        makeBusy(kind, ActorSystem::instance(), &app);
    } else if (road == u"local-system") {
        ActorSystem system({.threads = 2});
        makeBusy(kind, system);
    } else if (road.startsWith(u"scoped")) {
        const Refs actors = makeBusy(kind, ActorSystem::instance());
        std::list<Actorio::Scoped<Busy>> scoped;
        for (const ActorRef<Busy> &actor : actors)
            scoped.emplace_back(actor);
        if (road == u"scoped-exception")
            throw std::runtime_error("leaves the block of a Scoped");
    } else if (road.startsWith(u"shutdown-in")) {
        makeBusy(kind, ActorSystem::instance());
        Actorio::Inbox inbox;
        Actorio::Scoped<Busy> ending(
                {.on = road == u"shutdown-in-pool" ? Actorio::pool() : Actorio::dedicatedThread()});
        ending.tell(ShutDown(), inbox.ref());
        inbox.waitFor<Started>();
        ending.stop(30s); // its handler returns by itself
    } else if (road == u"static-scoped") {
        const Refs actors = makeBusy(kind, ActorSystem::instance());
        static std::list<Actorio::Scoped<Busy>> scoped;
        for (const ActorRef<Busy> &actor : actors)
            scoped.emplace_back(actor);
    } else if (road == u"static-system") {
        static ActorSystem system;
        makeBusy(kind, system);
    } else if (road == u"quit") {
        makeBusy(kind, ActorSystem::instance());
        QTimer::singleShot(0, &app, [] { QCoreApplication::quit(); });
        return app.exec() == 0 ? Status : 1;
    } else if (road == u"quit-in-pool") {
        makeBusy(kind, ActorSystem::instance());
        tellFromEventLoop(Actorio::pool(), Quit());
        return app.exec() == 0 ? Status : 1;
    } else if (road == u"quit-in-main-thread-actor") {
        makeBusy(kind, ActorSystem::instance());
        tellFromEventLoop(Actorio::mainThread(), Quit());
        return app.exec() == 0 ? Status : 1;
    } else if (road == u"exception") {
        makeBusy(kind, ActorSystem::instance());
        throw std::runtime_error("leaves main's block");
    } else if (road == u"exit") {
        makeBusy(kind, ActorSystem::instance());
        std::exit(Status);
    } else if (road == u"exit-in-pool") {
        makeBusy(kind, ActorSystem::instance());
        tellFromEventLoop(Actorio::dedicatedThread(), Ping());
        tellFromEventLoop(Actorio::pool(), Exit());
        app.exec();
    } else if (road == u"exit-in-dedicated-thread") {
        makeBusy(kind, ActorSystem::instance());
        tellFromEventLoop(Actorio::dedicatedThread(), Exit());
        app.exec();
    } else if (road == u"exit-in-main-thread-actor") {
        makeBusy(kind, ActorSystem::instance());
        tellFromEventLoop(Actorio::mainThread(), Exit());
        app.exec();
    } else if (road == u"exit-while-main-waits") {
        makeBusy(kind, ActorSystem::instance());
        Actorio::Inbox inbox;
        Actorio::spawn<Busy>({.on = Actorio::dedicatedThread()}).tell(Exit());
        inbox.waitFor<Started>();
    } else {
        std::fprintf(stderr, "what is road '%s'?\n", qPrintable(road));
        return 1;
    }
    return Status;
}

#define CHECK(condition)                                                         \
    do {                                                                         \
        if (!(condition)) {                                                      \
            std::fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
            return 1;                                                            \
        }                                                                        \
    } while (false)

template<class E>
bool fails(QFuture<int> future)
{
    try {
        (void)future.result();
    } catch (const E &) {
        return true;
    } catch (...) {
    }
    return false;
}

template<class E>
bool holds(const Actorio::StopReason &reason)
{
    try {
        if (reason.exception())
            std::rethrow_exception(reason.exception());
    } catch (const E &) {
        return true;
    } catch (...) {
    }
    return false;
}

int checkWithoutApplication(int argc, char **argv)
{
    const ActorRef<Busy> early = Actorio::spawn<Busy>({.name = u"early"_s});
    CHECK(early);
    CHECK(!early.isRunning());
    CHECK(!early.tell(Ping()));
    CHECK(fails<Actorio::ActorStopped>(early.ask(Ping())));
    CHECK(early.terminated().isFinished());
    CHECK(holds<Actorio::SpawnFailed>(early.terminated().result()));
    CHECK(ActorSystem::instance().actorCount() == 0);

    QCoreApplication app(argc, argv);
    CHECK(Actorio::spawn<Busy>().ask(Ping()).result() == 1);
    CHECK(!early.isRunning());
    return Status;
}

int checkSecondApplication(int argc, char **argv)
{
    ActorSystem *const instance = &ActorSystem::instance();
    ActorRef<Busy> first;
    ActorRef<> firstInbox;
    QFuture<int> promised;
    {
        QCoreApplication app(argc, argv);
        first = Actorio::spawn<Busy>({.name = u"first"_s});
        CHECK(first.ask(Ping()).result() == 1);
        promised = first.ask(KeepPromise(), 1h);
        CHECK(first.ask(Ping()).result() == 1);
        Actorio::Inbox inbox;
        firstInbox = inbox.ref();
    }
    CHECK(!first.isRunning());
    CHECK(first.terminated().result().kind() == Actorio::StopReason::Stopped);
    CHECK(fails<Actorio::ActorStopped>(promised));
    CHECK(!first.tell(Ping()));
    {
        QCoreApplication app(argc, argv);
        CHECK(&ActorSystem::instance() == instance);
        CHECK(instance->actorCount() == 0);
        CHECK(!first.tell(Ping()));
        CHECK(fails<Actorio::ActorStopped>(first.ask(Ping())));
        CHECK(fails<Actorio::ActorStopped>(first.ask(Ping(), 10ms)));
        CHECK(first.name() == u"first" && first.path() == u"/first");
        CHECK(!firstInbox.tell(Ping()));
        keptPromises().front().reply(5); // a promise of the first era
        first.stop();
        first.drain();
        first.kill();

        const ActorRef<Busy> second = Actorio::spawn<Busy>({.name = u"first"_s});
        CHECK(second != first && second.id() != first.id());
        CHECK(second.ask(Ping()).result() == 1);
        CHECK(second.ask(Ping(), 1h).result() == 1);
        CHECK(instance->actorCount() == 1);
        const ActorRef<Busy> inMain = Actorio::spawn<Busy>({.on = Actorio::mainThread()});
        Actorio::Inbox inbox;
        inMain.tell(Repeat(), inbox.ref());
        CHECK(inbox.waitFor<Started>().has_value());
        CHECK(Actorio::Scoped<Busy>(inMain).stop().kind() == Actorio::StopReason::Stopped);
    }
    CHECK(!first.tell(Ping()));
    CHECK(instance->actorCount() == 0);
    return Status;
}

// Asks with timeouts where nothing is ever spawned: they need a thread of the instance all the same.
int checkTimeoutsWithoutActors(bool isEarly, int argc, char **argv)
{
    Actorio::Inbox inbox;
    QFuture<int> answer;
    if (isEarly)
        answer = inbox.ref().ask<int>(Ping(), 1h);
    {
        QCoreApplication app(argc, argv);
        if (!isEarly)
            answer = inbox.ref().ask<int>(Ping(), 1h);
        CHECK(!answer.isFinished());
    }
    CHECK(answer.isFinished());
    CHECK(fails<Actorio::ActorStopped>(answer));
    return Status;
}

} // namespace

int main(int argc, char **argv)
{
    // So that a warning can be told from what is logged at info level.
    qSetMessagePattern(u"%{type} %{category}: %{message}"_s);
    const QString road = QString::fromLocal8Bit(argc > 1 ? argv[1] : "");
    const QString kind = QString::fromLocal8Bit(argc > 2 ? argv[2] : "idle");
    if (road == u"no-application")
        return checkWithoutApplication(argc, argv);
    if (road == u"second-application")
        return checkSecondApplication(argc, argv);
    if (road == u"timeouts-without-actors")
        return checkTimeoutsWithoutActors(kind == u"early", argc, argv);
    try {
        return takeRoad(road, kind, argc, argv);
    } catch (const std::runtime_error &) {
        return Status;
    }
}

#include "exitroads.moc"
