// SPDX-License-Identifier: MIT
#pragma once

#include "runner.h"

#include <QtCore/QString>
#include <QtCore/QStringList>

#include <vector>

// What a run says: lines for programs and people, and a table for documents.
namespace Bench {

class Report
{
public:
    // Prints `workload value unit` for each series, and `ratio workload/baseline value` for each baseline: medians.
    void add(const Workload &workload, const std::vector<Series> &all);
    bool writeMarkdown(const QString &path, const Settings &settings) const;

private:
    QStringList m_rows;
};

} // namespace Bench
