// SPDX-License-Identifier: MIT
#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QProcess>
#include <QtCore/QTextStream>

#include <chrono>
#include <stdexcept>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// Stands for what is at the other end of a serial line: this program itself, started with `--sensor`.
int sensor()
{
    QTextStream out(stdout);
    for (int i = 0; i < 5; ++i) {
        out << "temperature " << 20 + i << Qt::endl;
        out << "humid" << Qt::flush; // the rest of the line takes its time
        std::this_thread::sleep_for(20ms);
        out << "ity " << 60 - i << Qt::endl;
    }
    return 0;
}

class Meter : public Actorio::Actor
{
    Q_OBJECT
protected:
    void setUp() override // in the actor's own thread, where what it listens to belongs
    {
        auto *const process = new QProcess(this);
        process->start(QCoreApplication::applicationFilePath(), {u"--sensor"_s});
        addInput(process, &Meter::onBytes).onEnd([this](const QString &error) {
            m_out << m_lines << " lines" << (error.isEmpty() ? QString() : u", then "_s + error)
                  << Qt::endl;
            stop();
        });
        expectLine();
    }

private:
    void onBytes(QProcess *process) // takes lines, and leaves what is none yet
    {
        while (process->canReadLine()) {
            const QStringList words =
                    QString::fromUtf8(process->readLine()).simplified().split(u' ');
            m_out << words.value(0) << " is " << words.value(1) << Qt::endl;
            ++m_lines;
            expectLine();
        }
    }
    void expectLine() // the timer of the line before has the same name: it is replaced
    {
        addTimer(Actorio::once(10s).named(u"silence"_s), &Meter::onSilence);
    }
    void onSilence() { throw std::runtime_error("The sensor has been silent for ten seconds"); }

    QTextStream m_out{stdout};
    int m_lines = 0;
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    if (app.arguments().contains(u"--sensor"_s))
        return sensor();

    Actorio::Scoped<Meter> meter;
    meter.terminated().waitForFinished();
    return meter.stop().isFailure() ? 1 : 0;
}

#include "main.moc"
