// SPDX-License-Identifier: MIT
// usage: windowroads <road>   a program with a window that ends with a coordinated shutdown, and prints in which order.

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QTimer>
#include <QtGui/QCloseEvent>
#include <QtWidgets/QApplication>
#include <QtWidgets/QWidget>

#include <cstdio>
#include <functional>
#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Shutdown = Actorio::CoordinatedShutdown;

namespace {

void say(const char *what)
{
    std::puts(what);
    std::fflush(stdout);
}

class Window : public QWidget
{
public:
    int refusals = 0;

protected:
    void closeEvent(QCloseEvent *event) override
    {
        const bool refuses = refusals-- > 0;
        say(refuses ? "window refuses" : "window closes");
        event->setAccepted(!refuses);
    }
};

class Progress : public QWidget
{
public:
    std::function<void()> painted;

protected:
    void paintEvent(QPaintEvent *) override
    {
        if (painted)
            std::exchange(painted, {})();
    }
};

} // namespace

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    const QString road = QString::fromLocal8Bit(argc > 1 ? argv[1] : "");
    Shutdown &shutdown = Shutdown::instance();
    Window window;
    window.show();
    Progress progress;
    shutdown.addTask(Shutdown::ServiceStop, u"task"_s, [&] {
        say("task");
        auto promise = std::make_shared<QPromise<void>>();
        promise->start();
        const auto end = [promise] {
            say("task ends");
            promise->finish();
        };
        if (road == u"window-in-a-phase") {
            progress.painted = [end] {
                say("paints");
                end();
            };
            progress.show();
        } else {
            QTimer::singleShot(20ms, &app, end);
        }
        return promise->future();
    });
    QTimer::singleShot(0, &app, [&] {
        if (road == u"last-window-closed")
            return void(window.close());
        window.refusals = road == u"quit-refused" ? 1 : 0;
        QCoreApplication::quit();
        if (road == u"quit-refused") {
            QTimer::singleShot(50ms, &app, [&] {
                say(shutdown.isBegun() ? "begun" : "not begun");
                QCoreApplication::quit();
            });
        }
    });
    const int status = app.exec();
    std::printf("exec returns %d\n", status);
    return status;
}
