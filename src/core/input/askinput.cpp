// SPDX-License-Identifier: MIT
#include <Actorio/detail/askinput.h>

#include <QtCore/qmutex.h>

namespace Actorio::Detail {

void AskSource::arm()
{
    ref(); // the ask's
    if (ask().attach(this)) {
        ask().armTimeout();
    } else {
        deref();
        notify();
    }
}

InputSource::News AskSource::look()
{
    return ask().isSettled() ? News::Something : News::Nothing;
}

void AskSource::settled() noexcept
{
    {
        const QMutexLocker locker(&mutex());
        notifyLocked();
    }
    deref();
}

} // namespace Actorio::Detail
