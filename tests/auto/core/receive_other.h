// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/Actorio>

#include <QtCore/QString>

// What tst_receive needs from a second file: types that it cannot see, some with the names of its own.

struct Later; // complete in receive_other.cpp only, so that moc's table has no type for it

namespace Deep::Down {
struct Later; // the same, by a name that means another type elsewhere

class LateActor : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(const ::Later &later);
    QString receive(const Deep::Down::Later &later);

protected:
    void handleMessage(const Actorio::Message &message) override;
};

// An actor whose slots name a type as code inside their namespace does.
class ShortNamed : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(const Later &later);

protected:
    void handleMessage(const Actorio::Message &message) override;
};
} // namespace Deep::Down

// Sends the types that are complete in the other file.
QString askWithLater(const Actorio::ActorRef<> &actor, const QString &text);
QString askWithDeepLater(const Actorio::ActorRef<> &actor, int number);

// An actor that takes the other file's {anonymous}::Twin and {anonymous}::Double, and the asks with them.
Actorio::ActorRef<> spawnOtherTwins();
QString askWithOtherTwin(const Actorio::ActorRef<> &actor);
QString askWithOtherDouble(const Actorio::ActorRef<> &actor);
