// SPDX-License-Identifier: MIT
#include "actor/futurewatch_p.h"

namespace Actorio::Detail {

FutureWatch::FutureWatch(const AnyFuture &future, std::function<void()> finished)
{
    QObject::connect(&m_watcher, &QFutureWatcherBase::finished, &m_watcher, std::move(finished));
    m_watcher.setFuture(future.toVoid());
}

void FutureWatch::onProgress(const std::function<void()> &changed)
{
    QObject::connect(&m_watcher, &QFutureWatcherBase::progressRangeChanged, &m_watcher, changed);
    QObject::connect(&m_watcher, &QFutureWatcherBase::progressValueChanged, &m_watcher, changed);
}

void FutureWatchDeleter::operator()(FutureWatch *watch) const noexcept
{
    delete watch;
}

} // namespace Actorio::Detail
