// SPDX-License-Identifier: MIT
#pragma once

#include "checkedhost.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QEventLoop>
#include <QtCore/QRegularExpression>
#include <QtCore/QString>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <utility>

// An event loop within a handler, in one of the forms in which people write them.
class Nested
{
public:
    enum Form { Exec, ProcessEvents, WaitForMoreEvents, QWait };
    static constexpr const char *Names[] = {"QEventLoop::exec()", "processEvents()",
                                            "processEvents(WaitForMoreEvents)", "QTest::qWait()"};

    explicit Nested(Form form) : m_form(form) { }
    void run()
    {
        switch (m_form) {
        case Exec:
            m_loop.exec();
            break;
        case ProcessEvents:
            while (!m_isOver)
                QCoreApplication::processEvents();
            break;
        case WaitForMoreEvents:
            while (!m_isOver)
                QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
            break;
        case QWait:
            while (!m_isOver)
                QTest::qWait(1);
            break;
        }
    }
    // Any thread, as long as it runs.
    void end()
    {
        m_isOver = true;
        QMetaObject::invokeMethod(&m_loop, &QEventLoop::quit, Qt::QueuedConnection);
    }
    // From within it.
    template<class Function>
    void later(Function function)
    {
        QTimer::singleShot(0, &m_loop, std::move(function));
    }

private:
    const Form m_form;
    std::atomic<bool> m_isOver{false};
    QEventLoop m_loop;
};

// Runs in a coroutine: a part, an await, and another part.
struct DoTwice
{
    Do first;
    QFuture<void> awaited;
    Do second;
};

class Nesting : public CheckedHost
{
    Q_OBJECT

public:
    using CheckedHost::CheckedHost;

    // Within a handler: starts a coroutine that nobody waits for.
    void startBeside(DoTwice work)
    {
        const Outside outside(*this); // its first part runs within this handler
        doTwice(std::move(work));
    }

    using CheckedHost::receive;

public Q_SLOTS:
    void receive(const Do &work) override { CheckedHost::receive(work); }
    QFuture<void> receive(const DoTwice &work) { return doTwice(work); }

private:
    QFuture<void> doTwice(DoTwice work)
    {
        {
            const Inside inside(*this);
            work.first(*this);
        }
        co_await work.awaited;
        const Inside inside(*this);
        work.second(*this);
    }
};

// What the tests of nested event loops begin and end with: a system of one thread, for each place and form.
class ReentrancyTest : public QObject
{
protected:
    static void placesAndForms()
    {
        QTest::addColumn<bool>("isMain");
        QTest::addColumn<int>("form");
        for (const bool isMain : {true, false}) {
            for (int form = Nested::Exec; form <= Nested::QWait; ++form)
                QTest::addRow("%s, %s", isMain ? "main thread" : "pool", Nested::Names[form])
                        << isMain << form;
        }
    }
    void begin()
    {
        QTest::failOnWarning(QRegularExpression(QStringLiteral(".*")));
        QFETCH(bool, isMain);
        QFETCH(int, form);
        m_isMain = isMain;
        m_form = static_cast<Nested::Form>(form);
        m_isShutDownWithin = false;
        m_life = std::make_unique<Life>();
        m_system = std::make_unique<Actorio::ActorSystem>(Actorio::SystemOptions{.threads = 1});
    }
    void end()
    {
        // A system that its own actor shut down could not join the thread that it was called in.
        QVERIFY(m_system->shutdown() || m_isShutDownWithin);
        m_system.reset();
    }

    // All of a test's actors share one thread.
    Actorio::ActorRef<Nesting> spawnHost(QObject *owner = nullptr)
    {
        return m_system->spawn<Nesting>({.owner = owner, .on = place(m_isMain)}, m_life.get());
    }

    std::unique_ptr<Life> m_life;
    std::unique_ptr<Actorio::ActorSystem> m_system;
    bool m_isMain = false;
    bool m_isShutDownWithin = false;
    Nested::Form m_form = Nested::Exec;
};
