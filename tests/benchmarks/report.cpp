// SPDX-License-Identifier: MIT
#include "report.h"

#include <Actorio/version.h>

#include <QtCore/QDate>
#include <QtCore/QFile>
#include <QtCore/QSysInfo>
#include <QtCore/QTextStream>
#include <QtCore/QThread>

#include <algorithm>
#include <cstdio>

namespace Bench {

using namespace Qt::StringLiterals;

namespace {

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Of each repetition, whose noise both have in common.
double medianRatio(const Series &one, const Series &baseline)
{
    std::vector<double> ratios;
    for (size_t i = 0; i < one.values.size(); ++i)
        ratios.push_back(baseline.values[i] != 0 ? one.values[i] / baseline.values[i] : 0);
    return median(std::move(ratios));
}

// As many digits as mean something.
QString plain(double value)
{
    return QString::number(value, 'f', value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 4);
}

QString forPeople(double value)
{
    if (value >= 1e6)
        return QString::number(value / 1e6, 'f', value >= 1e7 ? 1 : 2) + u" M"_s;
    if (value >= 1e4)
        return QString::number(value / 1e3, 'f', value >= 1e5 ? 0 : 1) + u" k"_s;
    return plain(value);
}

// The baselines of a candidate: those under the same dispatcher, and those that have none.
bool areComparable(const Series &one, const Series &baseline)
{
    return one.candidate.isEmpty() && !baseline.candidate.isEmpty()
            && (baseline.dispatcher.isEmpty() || baseline.dispatcher == one.dispatcher);
}

QString processor()
{
    QFile file(u"/proc/cpuinfo"_s);
    if (file.open(QIODevice::ReadOnly | QIODevice::Text)) {
        const QStringList lines = QString::fromUtf8(file.readAll()).split(u'\n');
        for (const QString &line : lines) {
            if (line.startsWith("model name"_L1))
                return line.section(u':', 1).trimmed();
        }
    }
    return QSysInfo::currentCpuArchitecture();
}

QString compiler()
{
#if defined(__clang__)
    return u"Clang "_s + QString::fromLatin1(__clang_version__);
#elif defined(__GNUC__)
    return u"GCC "_s + QString::fromLatin1(__VERSION__);
#else
    return u"another compiler"_s;
#endif
}

} // namespace

void Report::add(const Workload &workload, const std::vector<Series> &all)
{
    for (const Series &series : all) {
        std::printf("%s %s %s\n", qPrintable(series.label()),
                    qPrintable(plain(median(series.values))), qPrintable(series.unit));
    }
    for (const Series &one : all) {
        for (const Series &baseline : all) {
            if (areComparable(one, baseline)) {
                std::printf("ratio %s/%s %s\n", qPrintable(one.label()),
                            qPrintable(baseline.label()),
                            qPrintable(plain(medianRatio(one, baseline))));
            }
        }
    }
    std::fflush(stdout);

    m_rows.append(u"| **%1** | | %2 | | | |"_s.arg(workload.name, workload.description));
    for (const Series &series : all) {
        QString ratio;
        for (const Series &one : all) {
            if (areComparable(one, series))
                ratio += (ratio.isEmpty() ? u""_s : u" · "_s) + plain(medianRatio(one, series));
        }
        const auto [least, most] = std::minmax_element(series.values.begin(), series.values.end());
        m_rows.append(u"| %1 | %2 | %3 | %4–%5 | %6 | %7 |"_s.arg(
                series.candidate.isEmpty() ? u"Actorio"_s : series.candidate, series.dispatcher,
                forPeople(median(series.values)), forPeople(*least), forPeople(*most), series.unit,
                ratio));
    }
}

bool Report::writeMarkdown(const QString &path, const Settings &settings) const
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate | QIODevice::Text))
        return false;
    QTextStream out(&file);
    out << u"%1, %2 cores, %3 %4, %5; Qt %6, %7, Actorio %8"_s.arg(
            processor(), QString::number(QThread::idealThreadCount()), QSysInfo::kernelType(),
            QSysInfo::kernelVersion(), QSysInfo::prettyProductName(),
            QString::fromLatin1(qVersion()), compiler(), QStringLiteral(ACTORIO_VERSION_STR));
    if (const QString caf = Runner::versionOf(u"bench_caf"_s); !caf.isEmpty())
        out << ", CAF " << caf;
    out << ". " << QDate::currentDate().toString(Qt::ISODate) << ". Medians of " << settings.repeat
        << (settings.isQuick ? ", in a smoke test: they mean nothing.\n" : ".\n");
    out << "\nThe ratio is Actorio's value by the baseline's, the median of those of each "
           "repetition.\n\n"
           "| | dispatcher | median | least–most | unit | Actorio by this |\n"
           "|---|---|---:|---:|---|---:|\n";
    for (const QString &row : m_rows)
        out << row << "\n";
    out.flush();
    return file.error() == QFileDevice::NoError;
}

} // namespace Bench
