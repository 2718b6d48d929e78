// SPDX-License-Identifier: MIT
// How the input of a socket or a process ends: the other side hangs up, or was never there.
#include "listening.h"
#include "sockets.h"

#include <QtCore/QProcess>
#include <QtTest/QTest>

#include <type_traits>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Scoped;

class tst_InputSocketsEnd : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aTcpSocketIsHungUp() { aSocketIsHungUp<Tcp>(); }
    void aLocalSocketIsHungUp() { aSocketIsHungUp<Local>(); }
    void thisSideHangsUpTcp() { thisSideHangsUp<Tcp>(); }
    void thisSideHangsUpALocalSocket() { thisSideHangsUp<Local>(); }
    void aTcpSocketIsConnectedAgain() { aSocketIsUsedAgain<Tcp>(false); }
    void aLocalSocketIsConnectedAgain() { aSocketIsUsedAgain<Local>(false); }
    void aTcpSocketIsConnectedAgainLater() { aSocketIsUsedAgain<Tcp>(true); }
    void aLocalSocketIsConnectedAgainLater() { aSocketIsUsedAgain<Local>(true); }
    // The last: ThreadSanitizer allows no new thread after a fork.
    void aDeviceThatNeverOpened_data();
    void aDeviceThatNeverOpened();
    void aProcessThatCrashed();

private:
    template<class Pair>
    void aSocketIsUsedAgain(bool isAddedFirst);
    template<class Pair>
    void aSocketIsHungUp();
    template<class Pair>
    void thisSideHangsUp();
};

// That is no error.
template<class Pair>
void tst_InputSocketsEnd::aSocketIsHungUp()
{
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    Scoped<Client> client(&journal, [connectTo = pair.connectTo()](Client &c) {
        auto *const socket = new typename Pair::Socket(&c);
        c.inputs = {c.addInput(socket, &Client::onBytes)};
        c.noteEnd();
        connectTo(*socket);
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    peer->write("bye");
    Pair::disconnect(*peer);
    QTRY_COMPARE(journal.entries(), (QStringList{u"bye"_s, u"end"_s}));
    settle(client);
    QCOMPARE(journal.entries().size(), 2);
}

template<class Pair>
void tst_InputSocketsEnd::thisSideHangsUp()
{
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    Scoped<Client> client(&journal, [connectTo = pair.connectTo()](Client &c) {
        auto *const socket = new typename Pair::Socket(&c);
        c.inputs = {c.addInput(socket, [&c, socket](const QByteArray &bytes) {
            c.onBytes(bytes);
            Pair::disconnect(*socket);
        })};
        c.noteEnd();
        connectTo(*socket);
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    peer->write("bye");
    QTRY_COMPARE(journal.entries(), (QStringList{u"bye"_s, u"end"_s}));
    settle(client);
    QCOMPARE(journal.entries().size(), 2);
}

namespace {

// Nobody listens there.
void connectInVain(QTcpSocket &socket)
{
    socket.connectToHost(QHostAddress(QHostAddress::LocalHost), 1);
}
void connectInVain(QLocalSocket &socket)
{
    socket.connectToServer(u"/nobody/there"_s);
}
void connectInVain(QProcess &process)
{
    process.start(u"/nobody/there"_s, QStringList());
}

} // namespace

void tst_InputSocketsEnd::aDeviceThatNeverOpened_data()
{
    QTest::addColumn<Do>("begin");
    const auto rows = []<class D>(const char *name, std::type_identity<D>) {
        const auto add = [](Client &c, D *device) {
            c.inputs = {c.addInput(device, &Client::onBytes)};
            c.noteEnd();
        };
        QTest::addRow("%s, added before", name) << Do([add](Client &c) {
            auto *const device = new D(&c);
            add(c, device);
            connectInVain(*device);
        });
        QTest::addRow("%s, added after", name) << Do([add](Client &c) {
            auto *const device = new D(&c);
            connectInVain(*device);
            add(c, device);
        });
        QTest::addRow("%s, added when it has failed", name) << Do([add](Client &c) {
            auto *const device = new D(&c);
            QObject::connect(device, &D::errorOccurred, &c, [&c, add, device] {
                c.addTimer(Actorio::once(0ms), [&c, add, device] { add(c, device); });
            });
            connectInVain(*device);
        });
    };
    rows("tcp", std::type_identity<QTcpSocket>());
    rows("local", std::type_identity<QLocalSocket>());
    rows("process", std::type_identity<QProcess>());
}

void tst_InputSocketsEnd::aDeviceThatNeverOpened()
{
    QFETCH(const Do, begin);
    Journal journal;
    Scoped<Client> client(&journal, begin);
    QTRY_COMPARE(journal.entries().size(), 1);
    const QString text = journal.entries()[0];
    QVERIFY2(text.startsWith(u"end"_s) && text.size() > 3, qPrintable(text));
    settle(client);
    QCOMPARE(journal.entries().size(), 1);
}

template<class Pair>
void tst_InputSocketsEnd::aSocketIsUsedAgain(bool isAddedFirst)
{
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    Scoped<Client> client(&journal, [isAddedFirst, connectTo = pair.connectTo()](Client &c) {
        auto *const socket = new typename Pair::Socket(&c);
        c.inputs = {c.addInput(socket, &Client::onBytes)};
        c.inputs[0].onEnd([&c, socket, connectTo, isAddedFirst] {
            if (!isAddedFirst)
                connectTo(*socket);
            c.inputs = {c.addInput(socket, &Client::onBytes)};
            c.noteEnd();
            if (isAddedFirst)
                connectTo(*socket);
        });
        connectInVain(*socket);
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    peer->write("after all");
    Pair::disconnect(*peer);
    QTRY_COMPARE(journal.entries(), (QStringList{u"after all"_s, u"end"_s}));
}

void tst_InputSocketsEnd::aProcessThatCrashed()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        auto *const process = new QProcess(&c);
        c.inputs = {c.addInput(process, &Client::onBytes)};
        c.noteEnd();
        process->start(u"sh"_s, {u"-c"_s, u"echo last words; kill -KILL $$"_s});
    });
    QTRY_COMPARE(journal.entries().size(), 2);
    QCOMPARE(journal.entries()[0], u"last words\n"_s);
    const QString text = journal.entries()[1];
    QVERIFY2(text.startsWith(u"end"_s) && text.size() > 3, qPrintable(text));
}

QTEST_GUILESS_MAIN(tst_InputSocketsEnd)

#include "tst_input_sockets_end.moc"
