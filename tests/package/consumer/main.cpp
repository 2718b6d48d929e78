// SPDX-License-Identifier: MIT
#include <Actorio/ActorRef>
#include <Actorio/Actorio>
#include <Actorio/actorref.h>

#include <QtCore/QCoreApplication>
#include <QtCore/QTextStream>

static_assert(ACTORIO_VERSION >= ACTORIO_VERSION_CHECK(0, 1, 0));

using namespace Qt::StringLiterals;

struct Greet
{
    QString name;
};

class Greeter : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(const Greet &greet) { return u"Hello %1!"_s.arg(greet.name); }
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);

    const Actorio::ActorRef<Greeter> greeter = Actorio::spawn<Greeter>();
    const QString typed = greeter.ask(Greet{u"World"_s}).result();
    const Actorio::ActorRef<> any = greeter;
    const QString untyped = any.ask<QString>(Greet{u"again"_s}).result();
    greeter.stop();

    QTextStream(stdout) << typed << ' ' << untyped << Qt::endl;
}

#include "main.moc"
