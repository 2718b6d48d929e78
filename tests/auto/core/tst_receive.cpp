// SPDX-License-Identifier: MIT
#include "receive_other.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QTimer>
#include <QtCore/QVariant>
#include <QtTest/QTest>

#include <any>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <variant>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::Scoped;

namespace {

template<class A, class M>
concept CanTell =
        requires(const ActorRef<A> &actor, M &&message) { actor.tell(std::forward<M>(message)); };

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

template<class T>
struct Box
{
    T value;
};

enum class Colour { Red, Green };

struct NoDefault
{
    explicit NoDefault(int number) : value(number) { }
    int value;
};

struct MoveOnly
{
    std::unique_ptr<int> value;
};

struct CopyOnly
{
    explicit CopyOnly(int number) : value(number) { }
    CopyOnly(const CopyOnly &) = default;
    CopyOnly(CopyOnly &&) = delete;
    CopyOnly &operator=(const CopyOnly &) = default;
    CopyOnly &operator=(CopyOnly &&) = delete;
    int value;
};

// Has a copy constructor only, so that a move copies.
struct Copied
{
    Copied() = default;
    explicit Copied(int number) : value(number) { }
    Copied(const Copied &) = default;
    Copied &operator=(const Copied &) = default;
    int value = 0;
};

struct Large
{
    std::array<char, 1 << 20> bytes{};
    friend bool operator==(const Large &a, const Large &b) { return a.bytes == b.bytes; }
};

struct alignas(64) Aligned
{
    Aligned() { check(); }
    Aligned(const Aligned &) { check(); }
    Aligned &operator=(const Aligned &) = default;
    void check() const
    {
        if (reinterpret_cast<quintptr>(this) % 64 != 0)
            ++misaligned;
    }
    static inline std::atomic<int> misaligned{0};
    char payload[100] = {};
};

// Counts the objects of its class that exist.
struct Counted
{
    Counted() { ++alive; }
    Counted(const Counted &) { ++alive; }
    Counted(Counted &&) noexcept { ++alive; }
    Counted &operator=(const Counted &) = default;
    Counted &operator=(Counted &&) = default;
    ~Counted() { --alive; }
    static inline std::atomic<int> alive{0};
};

} // namespace

namespace Outer::Inner {
struct Point
{
    int x;
};
} // namespace Outer::Inner

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

// Takes messages that are special in some way, and tells what it saw of them.
class Catcher : public Actorio::Actor
{
    Q_OBJECT
public:
    // Beside the slots: moc cannot pass by value what does not copy.
    int receive(MoveOnly message) { return *message.value; }

public Q_SLOTS:
    int receive(const std::unique_ptr<int> &message) { return *message; }
    int receive(const CopyOnly &message) { return message.value; }
    Copied receive(Copied message) { return message; }
    Large receive(const Large &message) { return message; }
    QByteArray receive(QByteArray message) { return message; }
    int receive(NoDefault message) { return message.value; }
    int receive(const Outer::Inner::Point &point) { return point.x; }
    QString receive(const Box<int> &box) { return u"int %1"_s.arg(box.value); }
    QString receive(const Box<QString> &box) { return u"QString "_s + box.value; }
    QString receive(const Box<Twin> &box) { return u"Twin %1"_s.arg(box.value.value); }
    Colour receive(Colour colour) { return colour; }
    int receive(const int *pointer) { return *pointer; }
    QString receive(QObject *object) { return object->objectName(); }
    Aligned receive(const Aligned &message)
    {
        message.check();
        return message;
    }
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

class Replies : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    NoDefault receive(int number) { return NoDefault(number); }
    QFuture<NoDefault> receive(short number) { co_return NoDefault(number); }
    MoveOnly receive(bool) { return {std::make_unique<int>(7)}; }
};

// Takes counted messages in every way there is.
class Sink : public Actorio::Actor
{
    Q_OBJECT
public:
    enum class Way { Coroutine };
    explicit Sink(std::binary_semaphore *gate = nullptr) : m_gate(gate) { }

public Q_SLOTS:
    int receive(const Counted &) { return Counted::alive; }
    int receive(Box<Counted>) { return Counted::alive; }
    QFuture<int> receive(const Box<Box<Counted>> &)
    {
        QPromise<void> promise;
        promise.start();
        QObject waiting; // not the actor, which is busy
        QTimer::singleShot(0, &waiting, [&] { promise.finish(); });
        co_await promise.future();
        co_return Counted::alive;
    }
    void receive(std::shared_ptr<Counted>) { throw std::runtime_error("refused by the handler"); }
    void receive(bool) { }
    void receive(std::binary_semaphore *entered)
    {
        entered->release();
        m_gate->acquire();
    }

protected:
    void handleMessage(const Actorio::Message &) override { }

private:
    std::binary_semaphore *m_gate;
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
    void takesMoveOnlyMessages();
    void takesCopyOnlyMessages();
    void takesLargeMessages();
    void takesMessagesWithoutDefaultConstructor();
    void takesTypesOfNamespacesAndTemplates();
    void takesEnumsAndPointers();
    void takesTypesThatHoldAnything();
    void tellsHiddenTypesOfTwoFilesApart();
    void tellsLocalTypesApart();
    void resolvesATypeThatWasIncompleteForMoc();
    void takesNoNamesakeForATypeThatWasIncompleteForMoc();
    void inheritsSlotsAndPrefersTheMostDerived();
    void repliesWithoutDefaultConstructor();
    void repliesThatOnlyMove();
    void namesBothTypesOfAWrongReply();
    void keepsTheAlignmentOfMessagesAndReplies();
    void destroysAHandledMessageOnce();
    void destroysAFailedMessageOnce();
    void destroysADeadLetterOnce();
    void destroysARefusedMessageOnce();
    void destroysATimedOutMessageOnce();
    void destroysACancelledMessageOnce();
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

void tst_Receive::takesMoveOnlyMessages()
{
    const Scoped<Catcher> actor;
    const ActorRef<> any = actor;
    QCOMPARE(actor.ask(MoveOnly{std::make_unique<int>(1)}).result(), 1);
    QCOMPARE(actor.ask(std::make_unique<int>(2)).result(), 2);
    QCOMPARE(any.ask<int>(std::make_unique<int>(3)).result(), 3);
    QVERIFY((!std::is_copy_constructible_v<MoveOnly>));
    // The function beside the slots is not part of the untyped protocol.
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"failed, and nobody heard of it: .*MoveOnly"_s));
    QVERIFY_THROWS_EXCEPTION(Actorio::UnhandledMessage, any.ask<int>(MoveOnly{}).result());
    any.terminated().waitForFinished();
}

void tst_Receive::takesCopyOnlyMessages()
{
    const Scoped<Catcher> actor;
    const ActorRef<> any = actor;
    const CopyOnly message(5);
    QCOMPARE(actor.ask(message).result(), 5);
    QCOMPARE(any.ask<int>(message).result(), 5);
    QCOMPARE(actor.ask(Copied(6)).result().value, 6);
    QCOMPARE(any.ask<Copied>(Copied(7)).result().value, 7);
}

void tst_Receive::takesLargeMessages()
{
    const Scoped<Catcher> actor;
    const ActorRef<> any = actor;
    const auto large = std::make_unique<Large>();
    for (std::size_t i = 0; i < large->bytes.size(); ++i)
        large->bytes[i] = static_cast<char>(i * 31);
    QVERIFY(actor.ask(*large).result() == *large);
    QVERIFY(any.ask<Large>(*large).result() == *large);
    const QByteArray bytes(1 << 20, 'x');
    QCOMPARE(actor.ask(bytes).result(), bytes);
    QCOMPARE(any.ask<QByteArray>(bytes).result(), bytes);
}

void tst_Receive::takesMessagesWithoutDefaultConstructor()
{
    const Scoped<Catcher> actor;
    const ActorRef<> any = actor;
    QCOMPARE(actor.ask(NoDefault(3)).result(), 3);
    QCOMPARE(any.ask<int>(NoDefault(4)).result(), 4);
}

void tst_Receive::takesTypesOfNamespacesAndTemplates()
{
    const Scoped<Catcher> actor;
    const ActorRef<> any = actor;
    QCOMPARE(actor.ask(Outer::Inner::Point{1}).result(), 1);
    QCOMPARE(any.ask<int>(Outer::Inner::Point{2}).result(), 2);
    QCOMPARE(actor.ask(Box<int>{3}).result(), u"int 3"_s);
    QCOMPARE(any.ask<QString>(Box<int>{4}).result(), u"int 4"_s);
    QCOMPARE(actor.ask(Box<QString>{u"a"_s}).result(), u"QString a"_s);
    QCOMPARE(any.ask<QString>(Box<QString>{u"b"_s}).result(), u"QString b"_s);
    QCOMPARE(actor.ask(Box<Twin>{{5}}).result(), u"Twin 5"_s);
    QCOMPARE(any.ask<QString>(Box<Twin>{{6}}).result(), u"Twin 6"_s);
    QVERIFY((!CanTell<Catcher, Box<short>>));
}

void tst_Receive::takesEnumsAndPointers()
{
    const Scoped<Catcher> actor;
    const ActorRef<> any = actor;
    QCOMPARE(actor.ask(Colour::Green).result(), Colour::Green);
    QCOMPARE(any.ask<Colour>(Colour::Green).result(), Colour::Green);
    const int number = 8;
    QCOMPARE(actor.ask(&number).result(), 8);
    QCOMPARE(any.ask<int>(&number).result(), 8);
    QObject object;
    object.setObjectName(u"object"_s);
    QCOMPARE(actor.ask(&object).result(), u"object"_s);
    QCOMPARE(any.ask<QString>(&object).result(), u"object"_s);
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

void tst_Receive::repliesWithoutDefaultConstructor()
{
    const Scoped<Replies> actor;
    const ActorRef<> any = actor;
    QCOMPARE(actor.ask(1).result().value, 1);
    QCOMPARE(actor.ask(short(2)).result().value, 2);
    QCOMPARE(any.ask<NoDefault>(short(3)).result().value, 3);
    try {
        any.ask<NoDefault>(4).result();
        QFAIL("an untyped ask got a reply that moc cannot pass");
    } catch (const Actorio::BrokenPromise &error) {
        QVERIFY2(error.message().contains(u"NoDefault"_s), error.what());
        QVERIFY2(error.message().contains(u"default constructor"_s), error.what());
        QVERIFY2(error.message().contains(actor.path()), error.what());
    }
    QCOMPARE(actor.ask(5).result().value, 5); // the actor goes on
}

void tst_Receive::repliesThatOnlyMove()
{
    const Scoped<Replies> actor;
    QCOMPARE(*actor.ask(true).result().value, 7);
    QCOMPARE(*ActorRef<>(actor).ask<MoveOnly>(true).result().value, 7);
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

void tst_Receive::keepsTheAlignmentOfMessagesAndReplies()
{
    const Scoped<Catcher> actor;
    for (int i = 0; i < 8; ++i) { // an accident would not hold every time
        actor.ask(Aligned()).waitForFinished();
        ActorRef<>(actor).ask<Aligned>(Aligned()).waitForFinished();
    }
    QCOMPARE(Aligned::misaligned, 0);
}

void tst_Receive::destroysAHandledMessageOnce()
{
    {
        Scoped<Sink> actor;
        const ActorRef<> any = actor;
        QVERIFY(actor.ask(Counted()).result() >= 1);
        QVERIFY(any.ask<int>(Counted()).result() >= 1);
        QVERIFY(actor.ask(Box<Counted>()).result() >= 2); // the parameter and the message
        QVERIFY(any.ask<int>(Box<Counted>()).result() >= 2);
        QVERIFY(actor.ask(Box<Box<Counted>>()).result() >= 1);
        QVERIFY(any.ask<int>(Box<Box<Counted>>()).result() >= 1);
        QVERIFY(any.tell(Box<Box<Box<Counted>>>())); // to handleMessage()
        actor.drain();
        actor.terminated().waitForFinished();
    }
    QTRY_COMPARE(Counted::alive, 0);
}

void tst_Receive::destroysAFailedMessageOnce()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"refused by the handler"_s));
    {
        const Scoped<Sink> actor;
        QVERIFY_THROWS_EXCEPTION(std::runtime_error,
                                 actor.ask(std::make_shared<Counted>()).result());
        actor.terminated().waitForFinished();
    }
    QTRY_COMPARE(Counted::alive, 0);
}

void tst_Receive::destroysADeadLetterOnce()
{
    const quint64 before = Actorio::ActorSystem::instance().deadLetterCount();
    std::binary_semaphore gate(0);
    std::binary_semaphore entered(0);
    {
        Scoped<Sink> actor(Actorio::SpawnOptions{.on = Actorio::dedicatedThread()}, &gate);
        QVERIFY(actor.tell(&entered));
        entered.acquire();
        for (int i = 0; i < 5; ++i)
            QVERIFY(actor.tell(Counted()));
        QCOMPARE(Counted::alive, 5);
        ActorRef<>(actor).stop();
        gate.release();
    }
    QTRY_COMPARE(Counted::alive, 0);
    QCOMPARE(Actorio::ActorSystem::instance().deadLetterCount() - before, 5);
}

void tst_Receive::destroysARefusedMessageOnce()
{
    Scoped<Sink> actor;
    actor.stop();
    QVERIFY(!actor.tell(Counted()));
    QVERIFY(!ActorRef<>(actor).tell(Counted()));
    QVERIFY(!ActorRef<Sink>().tell(Counted()));
    QVERIFY_THROWS_EXCEPTION(Actorio::ActorStopped, actor.ask(Counted()).result());
    QVERIFY_THROWS_EXCEPTION(Actorio::ActorStopped, ActorRef<Sink>().ask(Counted()).result());
    QCOMPARE(Counted::alive, 0);
}

void tst_Receive::destroysATimedOutMessageOnce()
{
    std::binary_semaphore gate(0);
    std::binary_semaphore entered(0);
    {
        const Scoped<Sink> actor(Actorio::SpawnOptions{.on = Actorio::dedicatedThread()}, &gate);
        QVERIFY(actor.tell(&entered));
        entered.acquire();
        QVERIFY_THROWS_EXCEPTION(Actorio::Timeout, actor.ask(Counted(), 1ms).result());
        gate.release();
        actor.ask(true).waitForFinished();
        QTRY_COMPARE(Counted::alive, 0); // as soon as its turn has come
    }
    QCOMPARE(Counted::alive, 0);
}

void tst_Receive::destroysACancelledMessageOnce()
{
    std::binary_semaphore gate(0);
    std::binary_semaphore entered(0);
    {
        const Scoped<Sink> actor(Actorio::SpawnOptions{.on = Actorio::dedicatedThread()}, &gate);
        QVERIFY(actor.tell(&entered));
        entered.acquire();
        Actorio::Ask<int> ask = actor.ask(Counted());
        ask.cancel();
        QVERIFY_THROWS_EXCEPTION(Actorio::Cancelled, ask.result());
        gate.release();
        actor.ask(true).waitForFinished();
        QTRY_COMPARE(Counted::alive, 0);
    }
    QCOMPARE(Counted::alive, 0);
}

QTEST_GUILESS_MAIN(tst_Receive)
#include "tst_receive.moc"
