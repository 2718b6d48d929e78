// SPDX-License-Identifier: MIT
#include "flood.h"

#include <QtGui/QLinearGradient>
#include <QtGui/QPainter>
#include <QtWidgets/QApplication>
#include <QtWidgets/QWidget>

#include <cstdio>
#include <map>

// The longest gap in the main loop of a program whose window is painted while the messages arrive.
namespace Bench {

namespace {

constexpr int frameInterval = 1000 / 60; // ms

// Something that moves, so that each frame is another one.
class Window : public QWidget
{
public:
    Window()
    {
        resize(640, 480);
        m_frameTimer.setTimerType(Qt::PreciseTimer);
        connect(&m_frameTimer, &QTimer::timeout, this, qOverload<>(&QWidget::update));
        m_frameTimer.start(frameInterval);
    }
    int frames() const { return m_frames; }

protected:
    void paintEvent(QPaintEvent *) override
    {
        ++m_frames;
        QPainter painter(this);
        const int x = m_frames % width();
        QLinearGradient gradient(x, 0, x + width(), height());
        gradient.setColorAt(0, Qt::darkBlue);
        gradient.setColorAt(1, Qt::yellow);
        gradient.setSpread(QGradient::ReflectSpread);
        painter.fillRect(rect(), gradient);
        painter.drawText(rect(), Qt::AlignCenter, QString::number(m_frames));
    }

private:
    QTimer m_frameTimer;
    int m_frames = 0;
};

} // namespace
} // namespace Bench

using namespace Qt::StringLiterals;

// bench_widgets actor|signal <count>: prints what was measured.
int main(int argc, char **argv)
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    const std::map<QString, double (*)(qint64)> workloads{
            {u"actor"_s, Bench::gapByActor},
            {u"signal"_s, Bench::gapBySignals},
    };
    const QStringList arguments = application.arguments();
    const auto workload = workloads.find(arguments.value(1));
    const qint64 count = arguments.value(2).toLongLong();
    if (workload == workloads.end() || count < 1) {
        std::fputs("usage: bench_widgets actor|signal <count> [--break-counts]\n", stderr);
        return 2;
    }
    if (arguments.value(3) == u"--break-counts"_s)
        Bench::breakCounts();
    Bench::Window window;
    window.show();
    while (window.frames() < 3)
        application.processEvents(QEventLoop::WaitForMoreEvents);
    const int framesBefore = window.frames();
    const double longest = workload->second(count);
    Bench::require("the window was painted meanwhile, unless signals kept it from that",
                   workload->first == u"signal"_s || window.frames() > framesBefore);
    std::printf("%.6f\n", longest);
    return 0;
}
