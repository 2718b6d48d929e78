// SPDX-License-Identifier: MIT
#include "bench.h"
#include "report.h"
#include "runner.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QCommandLineParser>
#include <QtCore/QCoreApplication>

#include <algorithm>
#include <cstdio>

using namespace Bench;
using namespace Qt::StringLiterals;

namespace {

// In the order in which they run.
Workloads allWorkloads()
{
    Workloads workloads;
    addTell(workloads);
    addAllocations(workloads);
    addPingPong(workloads);
    addAsk(workloads);
    addForkJoin(workloads);
    addRing(workloads);
    addChameneos(workloads);
    addBig(workloads);
    addCounting(workloads);
    addMemory(workloads);
    addIdle(workloads);
    addFlood(workloads);
    addChildren(workloads);
    addScale(workloads);
    addSignal(workloads);
    addTimers(workloads);
    addWakeUp(workloads);
    addSupervision(workloads);
    addSockets(workloads);
    return workloads;
}

QString dispatcherName()
{
    const QString name =
            QString::fromLatin1(QAbstractEventDispatcher::instance()->metaObject()->className());
    return name.contains("Glib"_L1)    ? u"glib"_s
            : name.contains("UNIX"_L1) ? u"unix"_s
                                       : name.toLower();
}

// A child's part: the named candidates of one workload, once. Prints a value a line.
int runChild(const QStringList &arguments, const Settings &settings)
{
    const Workloads workloads = allWorkloads();
    const auto workload =
            std::find_if(workloads.begin(), workloads.end(),
                         [&](const Workload &one) { return one.name == arguments.value(0); });
    require("the workload exists", workload != workloads.end());
    for (const QString &index : arguments.mid(1)) {
        const Candidate &candidate = workload->candidates.at(index.toUInt());
        const qint64 count = countOf(*workload, candidate, settings);
        // Makes what a process makes once, and shows the processor the way.
        if (!workload->isIsolated)
            candidate.run(share(count, 20));
        std::printf("%.6f\n", candidate.run(count));
    }
    return 0;
}

Workloads chosen(const QStringList &names)
{
    Workloads workloads = allWorkloads();
    std::erase_if(workloads, [&](const Workload &workload) {
        return !names.isEmpty()
                && std::none_of(names.begin(), names.end(),
                                [&](const QString &name) { return workload.name.contains(name); });
    });
    return workloads;
}

bool isSkipped(const Workload &workload)
{
    if (workload.obstacle.isEmpty())
        return false;
    std::fprintf(stderr, "%s: skipped, as %s\n", qPrintable(workload.name),
                 qPrintable(workload.obstacle));
    return true;
}

int list(const Workloads &workloads)
{
    for (const Workload &workload : workloads) {
        if (isSkipped(workload))
            continue;
        std::printf("%s (%s): %s\n", qPrintable(workload.name), qPrintable(workload.unit),
                    qPrintable(workload.description));
    }
    return 0;
}

int runAll(const Workloads &workloads, const Settings &settings, const QString &markdown)
{
    const Runner runner(settings);
    Report report;
    QStringList failed;
    if (Runner::versionOf(u"bench_caf"_s).isEmpty())
        std::fputs("without CAF: bench_caf was not built\n", stderr);
    int number = 0;
    for (const Workload &workload : workloads) {
        if (isSkipped(workload))
            continue;
        std::fprintf(stderr, "[%d/%zu] %s: %s\n", ++number, workloads.size(),
                     qPrintable(workload.name), qPrintable(workload.description));
        if (const auto all = runner.run(workload))
            report.add(workload, *all);
        else
            failed.append(workload.name);
    }
    if (!markdown.isEmpty() && !report.writeMarkdown(markdown, settings)) {
        std::fprintf(stderr, "%s cannot be written\n", qPrintable(markdown));
        return 2;
    }
    if (failed.isEmpty())
        return 0;
    std::fprintf(stderr, "FAILED: %s\n", qPrintable(failed.join(u' ')));
    return 1;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
            u"Measures Actorio beside raw Qt and, where it is built, CAF.\nPrints `workload value "
            u"unit` and `ratio workload/baseline value`: medians. A workload's name ends with the "
            u"candidate (:signal; none: Actorio) and Qt's event dispatcher (@glib)."_s);
    parser.addHelpOption();
    parser.addPositionalArgument(u"workload"_s,
                                 u"Runs those whose name contains this; all without one."_s,
                                 u"[workload...]"_s);
    const QCommandLineOption listOption(u"list"_s, u"Lists the workloads."_s);
    const QCommandLineOption repeat(u"repeat"_s, u"How often each is run (5)."_s, u"times"_s,
                                    u"5"_s);
    const QCommandLineOption quick(u"quick"_s, u"A smoke test: small counts, once."_s);
    const QCommandLineOption markdown(u"markdown"_s, u"Writes a table, too."_s, u"file"_s);
    QCommandLineOption breaks(u"break-counts"_s, u"Expects wrong counts: each must fail."_s);
    QCommandLineOption child(u"child"_s);
    QCommandLineOption dispatcher(u"dispatcher"_s);
    for (QCommandLineOption *const option : {&breaks, &child, &dispatcher})
        option->setFlags(QCommandLineOption::HiddenFromHelp);
    parser.addOptions({listOption, repeat, quick, markdown, breaks, child, dispatcher});
    parser.process(application);

    Settings settings;
    settings.isQuick = parser.isSet(quick);
    settings.breaksCounts = parser.isSet(breaks);
    settings.repeat = settings.isQuick && !parser.isSet(repeat)
            ? 1
            : std::max(1, parser.value(repeat).toInt());

    if (parser.isSet(dispatcher)) {
        std::printf("%s\n", qPrintable(dispatcherName()));
        return 0;
    }
    if (parser.isSet(child)) {
        if (settings.breaksCounts)
            breakCounts();
        return runChild(parser.positionalArguments(), settings);
    }
    const Workloads workloads = chosen(parser.positionalArguments());
    if (parser.isSet(listOption))
        return list(workloads);
    if (workloads.empty()) {
        std::fputs("no workload has such a name; --list shows them\n", stderr);
        return 2;
    }
    return runAll(workloads, settings, parser.value(markdown));
}
