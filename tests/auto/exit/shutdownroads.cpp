// SPDX-License-Identifier: MIT
// usage: shutdownroads <road>   ends a program with a coordinated shutdown by the named road, and prints what happens in which order.

#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QPromise>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <csignal>
#include <cstdio>
#include <memory>

#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Shutdown = Actorio::CoordinatedShutdown;

namespace {

void say(const char *what)
{
    std::puts(what);
    std::fflush(stdout);
}

struct Quit
{
};

} // namespace

class Quitter : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Quit &) { QCoreApplication::quit(); }

protected:
    void tearDown(const Actorio::StopReason &) override { say("actor ends"); }
};

namespace {

// A task that takes some turns of the event loop, so that it only ends if that goes on.
QFuture<void> takeTime(const std::function<void()> &meanwhile)
{
    auto promise = std::make_shared<QPromise<void>>();
    promise->start();
    QTimer::singleShot(20ms, qApp, [promise, meanwhile] {
        if (meanwhile)
            meanwhile();
        QTimer::singleShot(20ms, qApp, [promise] {
            say("task ends");
            promise->finish();
        });
    });
    return promise->future();
}

void raiseSignal(const QString &name)
{
    (void)std::raise(name.startsWith(u"int") ? SIGINT : SIGTERM);
}

void formerHandler(int)
{
    constexpr char Text[] = "former handler\n"; // stdio is not for handlers of signals
    (void)!::write(STDOUT_FILENO, Text, sizeof Text - 1);
}

int takeRoad(const QString &road, QCoreApplication &app)
{
    Shutdown &shutdown = Shutdown::instance();
    const auto actor =
            road == u"term-restored" ? Actorio::ActorRef<Quitter>() : Actorio::spawn<Quitter>();
    std::function<void()> meanwhile;
    const auto soon = [&](auto code) { QTimer::singleShot(0, &app, code); };
    shutdown.addTask(Shutdown::ServiceStop, u"task"_s, [&] {
        say(shutdown.reason() == Shutdown::Reason::Interrupted          ? "task of int"
                    : shutdown.reason() == Shutdown::Reason::Terminated ? "task of term"
                    : shutdown.reason() == Shutdown::Reason::Quit       ? "task of quit"
                                                                        : "task of run");
        return takeTime(meanwhile);
    });
    const auto run = [&] {
        QObject::connect(&app, &QCoreApplication::aboutToQuit, &app, [] { say("about to quit"); });
        const int status = app.exec();
        say("exec returns");
        return status;
    };

    if (road == u"quit") {
        soon([] { QCoreApplication::quit(); });
    } else if (road == u"quit-in-actor") {
        soon([actor] { actor.tell(Quit()); });
    } else if (road == u"exit-7") {
        soon([] { QCoreApplication::exit(7); });
    } else if (road == u"exit-7-quit-again") {
        meanwhile = [actor] {
            QCoreApplication::quit();
            actor.tell(Quit());
        };
        soon([] { QCoreApplication::exit(7); });
    } else if (road == u"exit-7-exit-again") {
        meanwhile = [] { QCoreApplication::exit(9); };
        soon([] { QCoreApplication::exit(7); });
    } else if (road == u"quit-in-nested-loop") {
        soon([] {
            QTimer::singleShot(0, qApp, [] { QCoreApplication::quit(); });
            QEventLoop().exec();
            say("nested loop returns");
        });
    } else if (road == u"run-then-quit") {
        soon([&] { shutdown.run(); });
        meanwhile = [] { QCoreApplication::exit(7); };
    } else if (road == u"run-without-exec") {
        shutdown.run();
        shutdown.wait();
        say("wait returns");
        return 3;
    } else if (road == u"slow-task") {
        shutdown.setDeadline(Shutdown::ServiceStop, 100ms);
        shutdown.addTask(Shutdown::ServiceStop, u"sleeper"_s, [] {
            static QPromise<void> never;
            never.start();
            return never.future();
        });
        soon([] { QCoreApplication::exit(7); });
    } else if (road == u"int" || road == u"term") {
        if (!shutdown.handleSignals() || !shutdown.handleSignals())
            return 1;
        soon([road] { raiseSignal(road); });
    } else if (road == u"wait-for-signal") {
        shutdown.handleSignals();
        soon([] { say("ready"); });
    } else if (road == u"int-in-nested-loop") {
        shutdown.handleSignals();
        soon([] {
            QTimer::singleShot(0, qApp, [] { raiseSignal(u"int"_s); });
            QEventLoop().exec();
            say("nested loop returns");
        });
    } else if (road == u"int-before-exec") {
        shutdown.handleSignals();
        raiseSignal(road);
        for (int i = 0; i < 10; ++i) { // a loop that exit() does not end
            QCoreApplication::processEvents();
            QThread::msleep(1);
        }
    } else if (road == u"int-twice" || road == u"term-twice") {
        shutdown.handleSignals();
        meanwhile = [road] { raiseSignal(road); };
        soon([road] { raiseSignal(road); });
    } else if (road == u"int-term") {
        shutdown.handleSignals();
        meanwhile = [] { raiseSignal(u"term"_s); };
        soon([] { raiseSignal(u"int"_s); });
    } else if (road == u"int-when-stuck") {
        shutdown.handleSignals();
        soon([] {
            raiseSignal(u"int"_s);
            raiseSignal(u"int"_s); // the main thread has not even looked
            say("goes on");
        });
    } else if (road == u"int-unasked") {
        soon([] { raiseSignal(u"int"_s); });
    } else if (road == u"int-ignored") {
        (void)std::signal(SIGINT, SIG_IGN);
        shutdown.handleSignals();
        soon([] {
            raiseSignal(u"int"_s);
            QTimer::singleShot(50ms, qApp, [] { QCoreApplication::exit(7); });
        });
    } else if (road == u"term-restored") {
        (void)std::signal(SIGTERM, formerHandler);
        {
            Shutdown mine({}, nullptr);
            if (!mine.handleSignals() || shutdown.handleSignals())
                return 1;
        }
        raiseSignal(road);
        return shutdown.handleSignals() ? 3 : 1;
    } else {
        std::fprintf(stderr, "what is road '%s'?\n", qPrintable(road));
        return 1;
    }
    return run();
}

} // namespace

int main(int argc, char **argv)
{
    qSetMessagePattern(u"%{type} %{category}: %{message}"_s);
    QCoreApplication app(argc, argv);
    return takeRoad(QString::fromLocal8Bit(argc > 1 ? argv[1] : ""), app);
}

#include "shutdownroads.moc"
