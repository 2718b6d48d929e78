// SPDX-License-Identifier: MIT
#pragma once

#include "host.h"
#include "life.h"
#include "listening.h"
#include "stage.h"

#include <Actorio/Actorio>

#include <QtCore/QString>
#include <QtCore/QStringList>
#include <QtTest/QTest>

#include <memory>
#include <stdexcept>
#include <utility>

// A supervisor's child, that notes its start and its end with its name.
class Member : public Host
{
    Q_OBJECT
public:
    explicit Member(Journal *journal, Do setUp = {}, Do tearDown = {})
        : Host(std::move(setUp), std::move(tearDown)), m_journal(*journal)
    {
    }
    using Host::receive;

protected:
    void setUp() override
    {
        m_journal.note(QStringLiteral("+") + self().name());
        Host::setUp();
    }
    void tearDown(const Actorio::StopReason &reason) override
    {
        m_journal.note(QStringLiteral("-") + self().name());
        Host::tearDown(reason);
    }

private:
    Journal &m_journal;
};

inline const Do failNow = [](Host &) { throw std::runtime_error("boom"); };
inline const Do declines = [](Host &) { throw Actorio::StopActor(); };

// The value that an actor answers an ask with, or the code of the SupervisorError instead.
template<class R>
std::pair<R, int> answerTo(QFuture<R> future)
{
    if (!waitForFinished(future))
        return {R(), -2};
    try {
        future.waitForFinished();
        return {future.result(), -1};
    } catch (const Actorio::SupervisorError &error) {
        return {R(), error.code()};
    }
}
inline int codeOf(QFuture<void> future)
{
    if (!waitForFinished(future))
        return -2;
    try {
        future.waitForFinished();
        return -1;
    } catch (const Actorio::SupervisorError &error) {
        return error.code();
    }
}

// A test of supervisors: with a journal, and a system whose time is the test's.
class FamilyTest : public QObject
{
protected:
    void begin()
    {
        QTest::failOnWarning(QRegularExpression(QStringLiteral(".*")));
        journal = std::make_unique<Journal>();
        stage = std::make_unique<Stage>();
    }
    void end()
    {
        stage.reset();
        journal.reset();
    }
    static void expect(const QString &warning)
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(warning));
    }
    Actorio::ChildSpec member(const QString &id,
                              Actorio::RestartType type = Actorio::RestartType::Permanent,
                              Do setUp = {}, Do tearDown = {}) const
    {
        return Actorio::child<Member>({.id = id, .restart = type}, journal.get(), std::move(setUp),
                                      std::move(tearDown));
    }
    Actorio::ActorRef<Actorio::Supervisor> start(const QList<Actorio::ChildSpec> &children,
                                                 const Actorio::SupervisorOptions &options = {})
    {
        return stage->system.spawn<Actorio::Supervisor>({.name = QStringLiteral("sup")}, children,
                                                        options);
    }
    // Its actor, as it runs now; null if it does not.
    static Actorio::ActorRef<Member> find(const Actorio::ActorRef<Actorio::Supervisor> &supervisor,
                                          const QString &id)
    {
        const auto found = supervisor.ask(Actorio::Supervisor::Find{id}).future();
        return waitForFinished(found) ? found.result().actor.as<Member>()
                                      : Actorio::ActorRef<Member>();
    }
    QStringList noted() const { return journal->entries(); }

    std::unique_ptr<Journal> journal;
    std::unique_ptr<Stage> stage;
};
