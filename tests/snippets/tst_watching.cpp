// SPDX-License-Identifier: MIT
// The code of docs/guide/watching.md.
#include <Actorio/Actorio>

#include <QtTest/QTest>

using namespace Qt::StringLiterals;

class Session : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(int number) { return number; }
};

struct Join
{
    Actorio::ActorRef<> who;
};
struct Leave
{
    Actorio::ActorRef<> who;
};

//! [watch]
class Room : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Join &join)
    {
        m_members.insert(join.who);
        watch(join.who);
    }
    void receive(const Leave &leave)
    {
        m_members.remove(leave.who);
        unwatch(leave.who);
    }
    void receive(const Actorio::Terminated &end)
    {
        m_members.remove(end.ref);
        qInfo() << end.ref.name() << "has left:" << end.reason.message();
    }
    //! [watch]
    qsizetype receive(int) { return m_members.size(); }

private:
    QSet<Actorio::ActorRef<>> m_members;
};

class tst_Watching : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void watch();
    void terminated();
};

void tst_Watching::watch()
{
    Actorio::Scoped<Room> room;
    Actorio::Scoped<Session> one({.name = u"one"_s});
    Actorio::Scoped<Session> two({.name = u"two"_s});
    room.tell(Join{one});
    room.tell(Join{two});
    room.tell(Leave{two});
    QCOMPARE(room.ask(0).result(), 1);
    QTest::ignoreMessage(QtInfoMsg, QRegularExpression(u"\"one\" has left: \"stopped\""_s));
    QCOMPARE(one.stop().kind(), Actorio::StopReason::Stopped);
    QTRY_COMPARE(room.ask(0).result(), 0);
}

void tst_Watching::terminated()
{
    QString heard;
    const auto session = Actorio::spawn<Session>();
    //! [terminated]
    session.terminated().then(this, [&](const Actorio::StopReason &reason) {
        heard = reason.message(); // in this object's thread
    });
    //! [terminated]
    session.stop();
    QTRY_COMPARE(heard, u"stopped"_s);
}

QTEST_GUILESS_MAIN(tst_Watching)
#include "tst_watching.moc"
