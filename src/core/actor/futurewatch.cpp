// SPDX-License-Identifier: MIT
#include "actor/futurewatch_p.h"

namespace Actorio::Detail {

FutureWatch::FutureWatch(const AnyFuture &future, std::function<void()> finished)
{
    QObject::connect(&m_watcher, &QFutureWatcherBase::finished, &m_watcher, std::move(finished));
    m_watcher.setFuture(future.toVoid());
}

void FutureWatchDeleter::operator()(FutureWatch *watch) const noexcept
{
    delete watch;
}

} // namespace Actorio::Detail
