// SPDX-License-Identifier: MIT
// expect: Error: an actor awaits an Ask, a QFuture, a time span, nextEmission(), or what is made to be awaited.
#include "actors.h"

class Awaiting : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<int> receive(const QFuture<int> &future)
    {
#ifdef CONTROL
        co_return co_await future;
#else
        co_return co_await 42;
#endif
    }
};
