// SPDX-License-Identifier: MIT
// expect: Error: an input is a QFuture, an Ask, a function that makes them, a QIODevice *, or an object * and its signal; and a handler that takes what it gives.
#include "actors.h"

class Hearer : public Actorio::Actor
{
    Q_OBJECT
public:
    void onName(const QString &name);
    void onNumber(int number);
    void hear(const QObject *object)
    {
#ifdef CONTROL
        addInput(object, &QObject::objectNameChanged, &Hearer::onName);
#else
        addInput(object, &QObject::objectNameChanged, &Hearer::onNumber);
#endif
    }
};
