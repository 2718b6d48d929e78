// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/anyfuture.h>
#include <Actorio/detail/futurewatch.h>

#include <QtCore/qfuturewatcher.h>

#include <functional>

namespace Actorio::Detail {

// Calls back in this thread when a future of somebody else's has finished. By a watcher, never by then():
// a future has one continuation, and that is its owner's.
class FutureWatch
{
public:
    FutureWatch(const AnyFuture &future, std::function<void()> finished);
    void onProgress(const std::function<void()> &changed);

private:
    QFutureWatcher<void> m_watcher;
};

} // namespace Actorio::Detail
