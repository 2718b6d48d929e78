// SPDX-License-Identifier: MIT
// expect: Error: connect a signal of an object or an actor with an actor that takes its first argument, or what a function makes of its arguments; or one of an actor with a slot of an object
#include "actors.h"

class Speaker : public Actorio::Actor
{
    Q_OBJECT
Q_SIGNALS:
    void said(const QString &text);
};

class Listening : public Actorio::Actor
{
    Q_OBJECT
public:
    void listenTo(const Actorio::ActorRef<Speaker> &speaker)
    {
#ifdef CONTROL
        Actorio::connect(speaker, &Speaker::said, Actorio::refTo(this));
#else
        Actorio::connect(speaker, &Speaker::said, this, &Listening::hear);
#endif
    }

public Q_SLOTS:
    void receive(const QString &text);
    void hear(const QString &text);
};
