// SPDX-License-Identifier: MIT
#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QTextStream>

using namespace Qt::StringLiterals;

struct Greet // a message: any movable type
{
    QString name;
};

class Greeter : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    // An actor's protocol is its `receive` slots; what one returns is the reply.
    QString receive(const Greet &greet) { return u"Hello %1!"_s.arg(greet.name); }
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);

    Actorio::Scoped<Greeter> greeter; // starts here; stops at the end of main(), which waits for it
    const QString reply = greeter.ask(Greet{u"World"_s}).result();
    QTextStream(stdout) << reply << Qt::endl;
}

#include "main.moc"
