// SPDX-License-Identifier: MIT
#include "receive_other.h"

using namespace Qt::StringLiterals;

struct Later
{
    QString text;
};

struct Deep::Down::Later
{
    int number;
};

namespace {

// As in tst_receive.cpp, with the same layout.
struct Twin
{
    int value;
};
// As in tst_receive.cpp, with another layout.
struct Double
{
    QString text;
};
} // namespace

class OtherTwins : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(const Twin &twin) { return u"other twin %1"_s.arg(twin.value); }
    QString receive(const Double &twin) { return u"other double "_s + twin.text; }

protected:
    void handleMessage(const Actorio::Message &) override { reply(u"unhandled"_s); }
};

QString Deep::Down::LateActor::receive(const ::Later &later)
{
    return u"later "_s + later.text;
}

QString Deep::Down::LateActor::receive(const Deep::Down::Later &later)
{
    return u"deep %1"_s.arg(later.number);
}

void Deep::Down::LateActor::handleMessage(const Actorio::Message &)
{
    reply(u"unhandled"_s);
}

QString Deep::Down::ShortNamed::receive(const Later &later)
{
    return u"short %1"_s.arg(later.number);
}

void Deep::Down::ShortNamed::handleMessage(const Actorio::Message &)
{
    reply(u"unhandled"_s);
}

QString askWithLater(const Actorio::ActorRef<> &actor, const QString &text)
{
    return actor.ask<QString>(::Later{text}).result();
}

QString askWithDeepLater(const Actorio::ActorRef<> &actor, int number)
{
    return actor.ask<QString>(Deep::Down::Later{number}).result();
}

Actorio::ActorRef<> spawnOtherTwins()
{
    return Actorio::spawn<OtherTwins>();
}

QString askWithOtherTwin(const Actorio::ActorRef<> &actor)
{
    return actor.ask<QString>(Twin{2}).result();
}

QString askWithOtherDouble(const Actorio::ActorRef<> &actor)
{
    return actor.ask<QString>(Double{u"two"_s}).result();
}

#include "receive_other.moc"
