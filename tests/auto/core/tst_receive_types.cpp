// SPDX-License-Identifier: MIT
// Messages and replies of types that are special in some way, and how long messages live.
#include "cantell.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <array>
#include <atomic>
#include <memory>
#include <semaphore>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::Scoped;

namespace {

// A file's own types; receive_other.cpp has others of these names.
struct Twin
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

class tst_ReceiveTypes : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void takesMoveOnlyMessages();
    void takesCopyOnlyMessages();
    void takesLargeMessages();
    void takesMessagesWithoutDefaultConstructor();
    void takesTypesOfNamespacesAndTemplates();
    void takesEnumsAndPointers();
    void repliesWithoutDefaultConstructor();
    void repliesThatOnlyMove();
    void keepsTheAlignmentOfMessagesAndReplies();
    void destroysAHandledMessageOnce();
    void destroysAFailedMessageOnce();
    void destroysADeadLetterOnce();
    void destroysARefusedMessageOnce();
    void destroysATimedOutMessageOnce();
    void destroysACancelledMessageOnce();
};

void tst_ReceiveTypes::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

void tst_ReceiveTypes::takesMoveOnlyMessages()
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

void tst_ReceiveTypes::takesCopyOnlyMessages()
{
    const Scoped<Catcher> actor;
    const ActorRef<> any = actor;
    const CopyOnly message(5);
    QCOMPARE(actor.ask(message).result(), 5);
    QCOMPARE(any.ask<int>(message).result(), 5);
    QCOMPARE(actor.ask(Copied(6)).result().value, 6);
    QCOMPARE(any.ask<Copied>(Copied(7)).result().value, 7);
}

void tst_ReceiveTypes::takesLargeMessages()
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

void tst_ReceiveTypes::takesMessagesWithoutDefaultConstructor()
{
    const Scoped<Catcher> actor;
    const ActorRef<> any = actor;
    QCOMPARE(actor.ask(NoDefault(3)).result(), 3);
    QCOMPARE(any.ask<int>(NoDefault(4)).result(), 4);
}

void tst_ReceiveTypes::takesTypesOfNamespacesAndTemplates()
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

void tst_ReceiveTypes::takesEnumsAndPointers()
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

void tst_ReceiveTypes::repliesWithoutDefaultConstructor()
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

void tst_ReceiveTypes::repliesThatOnlyMove()
{
    const Scoped<Replies> actor;
    QCOMPARE(*actor.ask(true).result().value, 7);
    QCOMPARE(*ActorRef<>(actor).ask<MoveOnly>(true).result().value, 7);
}

void tst_ReceiveTypes::keepsTheAlignmentOfMessagesAndReplies()
{
    const Scoped<Catcher> actor;
    for (int i = 0; i < 8; ++i) { // an accident would not hold every time
        actor.ask(Aligned()).waitForFinished();
        ActorRef<>(actor).ask<Aligned>(Aligned()).waitForFinished();
    }
    QCOMPARE(Aligned::misaligned, 0);
}

void tst_ReceiveTypes::destroysAHandledMessageOnce()
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

void tst_ReceiveTypes::destroysAFailedMessageOnce()
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

void tst_ReceiveTypes::destroysADeadLetterOnce()
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

void tst_ReceiveTypes::destroysARefusedMessageOnce()
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

void tst_ReceiveTypes::destroysATimedOutMessageOnce()
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

void tst_ReceiveTypes::destroysACancelledMessageOnce()
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

QTEST_GUILESS_MAIN(tst_ReceiveTypes)
#include "tst_receive_types.moc"
