// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <functional>
#include <memory>

QT_BEGIN_NAMESPACE
class QObject;
QT_END_NAMESPACE

namespace Actorio::Detail {

// SIGINT and SIGTERM, told in the event loop of the thread that made it. The second of a kind has its default action. The former handlers
// come back with its end.
class ShutdownSignals
{
public:
    virtual ~ShutdownSignals() = default;
    // Null: there are none here, or somebody has them.
    static std::unique_ptr<ShutdownSignals> listen(std::function<void(bool isInterrupt)> came);
};

} // namespace Actorio::Detail
