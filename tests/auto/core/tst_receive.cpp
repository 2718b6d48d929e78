// SPDX-License-Identifier: MIT
// Which slot a message goes to, on the typed path and on the untyped one.
#include "cantell.h"
#include "receive_other.h"

#include <Actorio/Actorio>

#include <QtCore/QVariant>
#include <QtTest/QTest>

#include <any>
#include <functional>
#include <optional>
#include <variant>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::Scoped;

namespace {

struct Base
{
    int value = 0;
};
struct Derived : Base
{
};

// A file's own types; receive_other.cpp has others of these names.
struct Twin
{
    int value;
};
struct Double
{
    int value;
};

enum class Colour { Red, Green };

} // namespace

namespace Elsewhere {
struct Later
{
    void *nonsense[4] = {};
};
} // namespace Elsewhere

namespace {
namespace Hidden {
struct Later
{
    void *nonsense[4] = {};
};
} // namespace Hidden

} // namespace

// Answers with the type that its slot was declared with.
class Overloads : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(int) { return u"int"_s; }
    QString receive(short) { return u"short"_s; }
    QString receive(unsigned) { return u"unsigned"_s; }
    QString receive(qint64) { return u"qint64"_s; }
    QString receive(double) { return u"double"_s; }
    QString receive(float) { return u"float"_s; }
    QString receive(bool) { return u"bool"_s; }
    QString receive(char) { return u"char"_s; }
    QString receive(QChar) { return u"QChar"_s; }
    QString receive(const QString &) { return u"QString"_s; }
    QString receive(const QByteArray &) { return u"QByteArray"_s; }
    QString receive(const char *) { return u"const char *"_s; }
    QString receive(const Base &) { return u"Base"_s; }
    QString receive(const Derived &) { return u"Derived"_s; }
};

// Has one slot of each family that others convert to.
class Few : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(int) { return u"int"_s; }
    QString receive(const Base &) { return u"Base"_s; }
    QString receive(const QString &text) { return text; }

protected:
    void handleMessage(const Actorio::Message &) override { reply(u"unhandled"_s); }
};

// Takes types that are made from almost anything.
class Greedy : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(const QVariant &) { return u"QVariant"_s; }
    QString receive(const std::any &) { return u"any"_s; }
    QString receive(const std::function<int()> &function) { return QString::number(function()); }

protected:
    void handleMessage(const Actorio::Message &) override { reply(u"unhandled"_s); }
};

class TakesVariant : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(const std::variant<int, QString> &) { return u"variant"_s; }
};

class TakesBoth : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(int) { return u"int"_s; }
    QString receive(const std::variant<int, QString> &) { return u"variant"_s; }
};

class TakesOptional : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(const std::optional<int> &) { return u"optional"_s; }
};

class Twins : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(const Twin &twin) { return u"twin %1"_s.arg(twin.value); }
    QString receive(const Double &twin) { return u"double %1"_s.arg(twin.value); }

protected:
    void handleMessage(const Actorio::Message &) override { reply(u"unhandled"_s); }
};

class Parent : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(int) { return u"parent's int"_s; }
    QString receive(bool) { return u"parent's bool"_s; }
    virtual QString receive(double) { return u"parent's double"_s; }
};

class Child : public Parent
{
    Q_OBJECT
public:
    using Parent::receive;
public Q_SLOTS:
    QString receive(int) { return u"child's int"_s; }
    QString receive(const QString &) { return u"child's QString"_s; }
    QString receive(double) override { return u"child's double"_s; }
};

class tst_Receive : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void matchesTheExactTypeOnBothPaths();
    void takesNoConvertedMessage();
    void makesNoMessageOutOfAnother();
    void sendsAStringUnderConstructionAsItsString();
    void takesTypesThatHoldAnything();
    void tellsHiddenTypesOfTwoFilesApart();
    void tellsLocalTypesApart();
    void resolvesATypeThatWasIncompleteForMoc();
    void takesNoNamesakeForATypeThatWasIncompleteForMoc();
    void inheritsSlotsAndPrefersTheMostDerived();
    void namesBothTypesOfAWrongReply();
};

void tst_Receive::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

void tst_Receive::matchesTheExactTypeOnBothPaths()
{
    const Scoped<Overloads> actor;
    const ActorRef<> any = actor;
    const auto check = [&](auto message, const QString &slot) {
        QCOMPARE(actor.ask(message).result(), slot);
        QCOMPARE(any.ask<QString>(message).result(), slot);
    };
    check(1, u"int"_s);
    check(short(1), u"short"_s);
    check(1u, u"unsigned"_s);
    check(qint64(1), u"qint64"_s);
    check(1.0, u"double"_s);
    check(1.0f, u"float"_s);
    check(true, u"bool"_s);
    check('1', u"char"_s);
    check(QChar(u'1'), u"QChar"_s);
    check(u"1"_s, u"QString"_s);
    check(QByteArray("1"), u"QByteArray"_s);
    check("1", u"const char *"_s);
    check(Base(), u"Base"_s);
    check(Derived(), u"Derived"_s);
}

void tst_Receive::takesNoConvertedMessage()
{
    QVERIFY((CanTell<Few, int> && CanTell<Few, const int &> && CanTell<Few, int &>));
    QVERIFY((!CanTell<Few, short> && !CanTell<Few, unsigned> && !CanTell<Few, qint64>));
    QVERIFY((!CanTell<Few, bool> && !CanTell<Few, double> && !CanTell<Few, Colour>));
    QVERIFY((CanTell<Few, Base> && !CanTell<Few, Derived> && !CanTell<Few, Base *>));
    QVERIFY((CanTell<Few, QString> && !CanTell<Few, QChar> && !CanTell<Few, QStringView>));
    QVERIFY((!CanTell<Few, const char *> && !CanTell<Few, QByteArray>
             && !CanTell<Few, std::nullptr_t>));

    const Scoped<Few> actor;
    const ActorRef<> any = actor;
    const auto check = [&](auto message) {
        QCOMPARE(any.ask<QString>(message).result(), u"unhandled"_s);
    };
    check(short(1));
    check(1u);
    check(qint64(1));
    check(true);
    check(1.0);
    check(Colour::Red);
    check(Derived());
    check(QChar(u'1'));
    check(QByteArray("1"));
    QCOMPARE(any.ask<QString>(1).result(), u"int"_s);
}

void tst_Receive::makesNoMessageOutOfAnother()
{
    QVERIFY((CanTell<Greedy, QVariant> && CanTell<Greedy, std::any>
             && CanTell<Greedy, std::function<int()>>));
    QVERIFY((!CanTell<Greedy, int> && !CanTell<Greedy, QString>
             && !CanTell<Greedy, std::function<void()>>));
    QVERIFY((!CanTell<Greedy, int (*)()>));
    QVERIFY((CanTell<TakesVariant, std::variant<int, QString>>));
    QVERIFY((!CanTell<TakesVariant, int> && !CanTell<TakesVariant, QString>));
    QVERIFY((CanTell<TakesOptional, std::optional<int>>));
    QVERIFY((!CanTell<TakesOptional, int> && !CanTell<TakesOptional, std::nullopt_t>));
}

void tst_Receive::sendsAStringUnderConstructionAsItsString()
{
    const Scoped<Few> actor;
    const ActorRef<> any = actor;
    const QString name = u"World"_s;
    QCOMPARE(actor.ask(u"Hello "_s % name).result(), u"Hello World"_s);
    QCOMPARE(any.ask<QString>(u"Hello "_s % name % u'!').result(), u"Hello World!"_s);
    QVERIFY(actor.tell(u"Hello "_s % name));
    const QString hello = u"Hello "_s;
    const auto building = hello % name;
    QCOMPARE(any.ask<QString>(building).result(), u"Hello World"_s);
}

void tst_Receive::takesTypesThatHoldAnything()
{
    const Scoped<Greedy> actor;
    const ActorRef<> any = actor;
    QCOMPARE(actor.ask(QVariant(1)).result(), u"QVariant"_s);
    QCOMPARE(any.ask<QString>(QVariant(1)).result(), u"QVariant"_s);
    QCOMPARE(actor.ask(std::any(1)).result(), u"any"_s);
    QCOMPARE(any.ask<QString>(std::any(1)).result(), u"any"_s);
    const std::function<int()> function = [] { return 9; };
    QCOMPARE(actor.ask(function).result(), u"9"_s);
    QCOMPARE(any.ask<QString>(function).result(), u"9"_s);
    QCOMPARE(any.ask<QString>(1).result(), u"unhandled"_s);

    const Scoped<TakesVariant> variants;
    const std::variant<int, QString> variant = 1;
    QCOMPARE(variants.ask(variant).result(), u"variant"_s);
    QCOMPARE(ActorRef<>(variants).ask<QString>(variant).result(), u"variant"_s);
    const Scoped<TakesBoth> both;
    QCOMPARE(both.ask(variant).result(), u"variant"_s);
    QCOMPARE(both.ask(1).result(), u"int"_s);
}

void tst_Receive::tellsHiddenTypesOfTwoFilesApart()
{
    const Scoped<Twins> here;
    const Scoped<Actorio::Actor> there(spawnOtherTwins());
    const ActorRef<> any = here;
    // Each with the types of its own file.
    QCOMPARE(any.ask<QString>(Twin{1}).result(), u"twin 1"_s);
    QCOMPARE(any.ask<QString>(Double{1}).result(), u"double 1"_s);
    QCOMPARE(askWithOtherTwin(there), u"other twin 2"_s);
    QCOMPARE(askWithOtherDouble(there), u"other double two"_s);
    // Each with those of the other one, also where the layout is the same.
    QCOMPARE(there.ask<QString>(Twin{1}).result(), u"unhandled"_s);
    QCOMPARE(there.ask<QString>(Double{1}).result(), u"unhandled"_s);
    QCOMPARE(askWithOtherTwin(any), u"unhandled"_s);
    QCOMPARE(askWithOtherDouble(any), u"unhandled"_s);
}

void tst_Receive::tellsLocalTypesApart()
{
    const auto tellFirst = [](const ActorRef<> &inbox) {
        struct Local
        {
            int value;
        };
        return inbox.tell(Local{1});
    };
    struct Local
    {
        int value;
    };
    Actorio::Inbox inbox;
    QVERIFY(tellFirst(inbox.ref()));
    QVERIFY(inbox.ref().tell(Local{2}));
    const std::optional<Local> mine = inbox.waitFor<Local>(10s);
    QVERIFY(mine);
    QCOMPARE(mine->value, 2);
    QVERIFY(!inbox.waitFor<Local>(0s));
    QCOMPARE(inbox.count(), 1);
    QVERIFY(!inbox.waitForMessage(10s).is<Local>());
}

void tst_Receive::resolvesATypeThatWasIncompleteForMoc()
{
    const QMetaObject &table = Deep::Down::LateActor::staticMetaObject;
    QVERIFY(!table.method(table.methodOffset()).parameterMetaType(0).isValid());

    const Scoped<Deep::Down::LateActor> actor;
    QCOMPARE(askWithLater(actor, u"one"_s), u"later one"_s);
    QCOMPARE(askWithLater(actor, u"two"_s), u"later two"_s);
    QCOMPARE(askWithDeepLater(actor, 3), u"deep 3"_s);
    const Scoped<Deep::Down::ShortNamed> shortNamed;
    QCOMPARE(askWithDeepLater(shortNamed, 4), u"short 4"_s);
}

void tst_Receive::takesNoNamesakeForATypeThatWasIncompleteForMoc()
{
    const Scoped<Deep::Down::LateActor> actor;
    const Scoped<Deep::Down::ShortNamed> shortNamed;
    for (const ActorRef<> &any : {ActorRef<>(actor), ActorRef<>(shortNamed)}) {
        QCOMPARE(any.ask<QString>(Elsewhere::Later{}).result(), u"unhandled"_s);
        QCOMPARE(any.ask<QString>(Hidden::Later{}).result(), u"unhandled"_s);
    }
}

void tst_Receive::inheritsSlotsAndPrefersTheMostDerived()
{
    const Scoped<Child> child;
    const ActorRef<> any = child;
    QCOMPARE(child.ask(1).result(), u"child's int"_s);
    QCOMPARE(any.ask<QString>(1).result(), u"child's int"_s);
    QCOMPARE(child.ask(true).result(), u"parent's bool"_s);
    QCOMPARE(any.ask<QString>(true).result(), u"parent's bool"_s);
    QCOMPARE(child.ask(u""_s).result(), u"child's QString"_s);
    QCOMPARE(any.ask<QString>(u""_s).result(), u"child's QString"_s);
    // A reference to the base calls what its class declares; a virtual slot is overridden as ever.
    const ActorRef<Parent> parent = child;
    QCOMPARE(parent.ask(1).result(), u"parent's int"_s);
    QCOMPARE(parent.ask(1.0).result(), u"child's double"_s);
    QCOMPARE(any.ask<QString>(1.0).result(), u"child's double"_s);
}

void tst_Receive::namesBothTypesOfAWrongReply()
{
    const Scoped<Overloads> actor;
    const auto check = [&](auto &&ask) {
        try {
            ask.result();
            QFAIL("the reply was of another type");
        } catch (const Actorio::BrokenPromise &error) {
            QVERIFY2(error.message().contains(u"QString"_s), error.what());
            QVERIFY2(error.message().contains(u"QByteArray"_s), error.what());
            QVERIFY2(error.message().contains(u"double"_s), error.what()); // the message's type
            QVERIFY2(error.message().contains(actor.path()), error.what());
        }
    };
    check(ActorRef<>(actor).ask<QByteArray>(1.0));
    check(actor.ask<QByteArray>(1.0));
}

QTEST_GUILESS_MAIN(tst_Receive)
#include "tst_receive.moc"
