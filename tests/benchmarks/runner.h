// SPDX-License-Identifier: MIT
#pragma once

#include "bench.h"

#include <QtCore/QString>
#include <QtCore/QStringList>

#include <optional>
#include <vector>

// Runs workloads in child processes: each under each event dispatcher, all candidates in turn, again and again, so that
// what else the machine does meets them all alike.
namespace Bench {

struct Settings
{
    int repeat = 5;
    bool isQuick = false;
    bool breaksCounts = false;
};

// What one candidate reached, once a repetition.
struct Series
{
    QString workload;
    QString candidate; // empty: Actorio
    QString dispatcher; // empty: it has nothing to do with Qt's
    QString unit;
    std::vector<double> values;

    QString label() const;
};

// The count of a run in this process.
qint64 countOf(const Workload &workload, const Candidate &candidate, const Settings &settings);

class Runner
{
public:
    explicit Runner(const Settings &settings);

    // The event dispatchers that there are: "glib", "unix".
    QStringList dispatchers() const;
    // Nothing: it failed, and said why on stderr.
    std::optional<std::vector<Series>> run(const Workload &workload) const;
    // What `program --version` prints; empty if it is not there.
    static QString versionOf(const QString &program);

private:
    struct Flavour
    {
        QString dispatcher;
        bool avoidsGlib;
    };

    bool runOnce(const Workload &workload, std::vector<Series> &all) const;
    bool runHere(const Workload &workload, const Flavour &flavour,
                 const std::vector<size_t> &candidates, std::vector<Series> &all) const;
    bool runElsewhere(const Workload &workload, const Candidate &candidate, const Flavour &flavour,
                      std::vector<Series> &all) const;

    const Settings m_settings;
    std::vector<Flavour> m_flavours;
};

} // namespace Bench
