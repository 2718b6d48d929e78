// SPDX-License-Identifier: MIT
#include "runner.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QFileInfo>
#include <QtCore/QProcess>
#include <QtCore/QProcessEnvironment>

#include <algorithm>
#include <cstdio>

namespace Bench {

using namespace Qt::StringLiterals;

namespace {

constexpr int patience = 10 * 60 * 1000;

QString pathOf(const QString &program)
{
    return program.isEmpty() ? QCoreApplication::applicationFilePath()
                             : QCoreApplication::applicationDirPath() + u'/' + program;
}

// What the program prints, by lines; nothing if it failed.
std::optional<QStringList> outputOf(const QString &program, const QStringList &arguments,
                                    bool avoidsGlib)
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (avoidsGlib)
        environment.insert(u"QT_NO_GLIB"_s, u"1"_s);
    else
        environment.remove(u"QT_NO_GLIB"_s);
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(pathOf(program), arguments, QIODevice::ReadOnly);
    if (!process.waitForFinished(patience)) {
        std::fprintf(stderr, "%s %s: %s\n", qPrintable(pathOf(program)),
                     qPrintable(arguments.join(u' ')), qPrintable(process.errorString()));
        process.kill();
        process.waitForFinished();
        return {};
    }
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0) {
        std::fprintf(stderr, "%s %s: ended with %d\n", qPrintable(pathOf(program)),
                     qPrintable(arguments.join(u' ')), process.exitCode());
        return {};
    }
    return QString::fromUtf8(process.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts);
}

void addValue(std::vector<Series> &all, const Workload &workload, const Candidate &candidate,
              const QString &dispatcher, double value)
{
    auto series = std::find_if(all.begin(), all.end(), [&](const Series &one) {
        return one.candidate == candidate.name && one.dispatcher == dispatcher;
    });
    if (series == all.end())
        series = all.insert(all.end(),
                            {workload.name, candidate.name, dispatcher, workload.unit, {}});
    series->values.push_back(value);
}

} // namespace

bool programExists(const QString &program)
{
    return QFileInfo::exists(pathOf(program));
}

QString Series::label() const
{
    return workload + (candidate.isEmpty() ? QString() : u':' + candidate)
            + (dispatcher.isEmpty() ? QString() : u'@' + dispatcher);
}

qint64 countOf(const Workload &workload, const Candidate &candidate, const Settings &settings)
{
    return settings.isQuick ? share(candidate.count, workload.quickDivisor) : candidate.count;
}

Runner::Runner(const Settings &settings) : m_settings(settings)
{
    for (const bool avoidsGlib : {false, true}) {
        const auto output = outputOf({}, {u"--dispatcher"_s}, avoidsGlib);
        const QString dispatcher = output ? output->value(0) : QString();
        const bool isKnown =
                std::any_of(m_flavours.begin(), m_flavours.end(), [&](const Flavour &flavour) {
                    return flavour.dispatcher == dispatcher;
                });
        if (!dispatcher.isEmpty() && !isKnown)
            m_flavours.push_back({dispatcher, avoidsGlib});
    }
}

QStringList Runner::dispatchers() const
{
    QStringList names;
    for (const Flavour &flavour : m_flavours)
        names.append(flavour.dispatcher);
    return names;
}

std::optional<std::vector<Series>> Runner::run(const Workload &workload) const
{
    std::vector<Series> all;
    for (int i = 0; i < m_settings.repeat; ++i) {
        if (!runOnce(workload, all))
            return {};
    }
    return all;
}

bool Runner::runOnce(const Workload &workload, std::vector<Series> &all) const
{
    std::vector<size_t> here;
    for (size_t i = 0; i < workload.candidates.size(); ++i) {
        if (workload.candidates[i].command.isEmpty())
            here.push_back(i);
    }
    for (const Flavour &flavour : m_flavours) {
        if (!workload.isIsolated) {
            if (!here.empty() && !runHere(workload, flavour, here, all))
                return false;
            continue;
        }
        for (const size_t candidate : here) {
            if (!runHere(workload, flavour, {candidate}, all))
                return false;
        }
    }
    for (const Candidate &candidate : workload.candidates) {
        if (candidate.command.isEmpty())
            continue;
        const std::vector<Flavour> any{{{}, false}};
        for (const Flavour &flavour : candidate.commandHasLoop ? m_flavours : any) {
            if (!runElsewhere(workload, candidate, flavour, all))
                return false;
        }
    }
    return true;
}

bool Runner::runHere(const Workload &workload, const Flavour &flavour,
                     const std::vector<size_t> &candidates, std::vector<Series> &all) const
{
    QStringList arguments{u"--child"_s};
    if (m_settings.isQuick)
        arguments.append(u"--quick"_s);
    if (m_settings.breaksCounts)
        arguments.append(u"--break-counts"_s);
    arguments.append(workload.name);
    for (const size_t candidate : candidates)
        arguments.append(QString::number(candidate));
    const auto output = outputOf({}, arguments, flavour.avoidsGlib);
    if (!output || size_t(output->size()) != candidates.size())
        return false;
    for (size_t i = 0; i < candidates.size(); ++i) {
        addValue(all, workload, workload.candidates[candidates[i]], flavour.dispatcher,
                 output->at(qsizetype(i)).toDouble());
    }
    return true;
}

bool Runner::runElsewhere(const Workload &workload, const Candidate &candidate,
                          const Flavour &flavour, std::vector<Series> &all) const
{
    const QString &program = candidate.command.at(0);
    if (!programExists(program))
        return true; // it was not built, and need not be
    QStringList arguments{candidate.command.at(1),
                          QString::number(countOf(workload, candidate, m_settings))};
    if (m_settings.breaksCounts)
        arguments.append(u"--break-counts"_s);
    const auto output = outputOf(program, arguments, flavour.avoidsGlib);
    if (!output || output->size() != 1)
        return false;
    addValue(all, workload, candidate, flavour.dispatcher, output->constFirst().toDouble());
    return true;
}

QString Runner::versionOf(const QString &program)
{
    if (!programExists(program))
        return {};
    const auto output = outputOf(program, {u"--version"_s}, false);
    return output ? output->value(0) : QString();
}

} // namespace Bench
