// SPDX-License-Identifier: MIT
#include "kernel/owneventdispatcher_p.h"

#include <QtCore/qabstracteventdispatcher.h>

#ifdef ACTORIO_HAS_EPOLL
#    include "kernel/linux/epolldispatcher_p.h"
#endif

namespace Actorio::Detail {

std::unique_ptr<QAbstractEventDispatcher> makeOwnEventDispatcher()
{
#ifdef ACTORIO_HAS_EPOLL
    return EpollDispatcher::make();
#else
    return nullptr;
#endif
}

} // namespace Actorio::Detail
