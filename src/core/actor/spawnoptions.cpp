// SPDX-License-Identifier: MIT
#include <Actorio/spawnoptions.h>

#include <QtCore/qthread.h>

namespace Actorio {

Placement sameThread()
{
    return Placement(Placement::Kind::Thread, QThread::currentThread());
}

} // namespace Actorio
