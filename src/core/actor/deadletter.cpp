// SPDX-License-Identifier: MIT
#include <Actorio/deadletter.h>

#include <QtCore/qdebug.h>
#include <QtCore/qmetaobject.h>

namespace Actorio {

QDebug operator<<(QDebug debug, const DeadLetter &letter)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "DeadLetter(" << letter.type.name() << " to " << letter.recipient;
    if (letter.sender)
        debug << " from " << letter.sender;
    return debug << ", " << QMetaEnum::fromType<DeadLetter::Cause>().valueToKey(letter.cause)
                 << ')';
}

} // namespace Actorio
