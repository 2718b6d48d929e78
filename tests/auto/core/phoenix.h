// SPDX-License-Identifier: MIT
#pragma once

#include "host.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QString>
#include <QtTest/QTest>

#include <atomic>
#include <stdexcept>
#include <utility>

// What all the objects that one actor has been have in common.
struct Lives
{
    Journal journal;
    std::atomic<int> built{0};
    std::atomic<int> deleted{0};
};

// Fails as its test says, and writes down which of its objects it is. What it notes begins with that number.
class Phoenix : public Host
{
    Q_OBJECT
public:
    explicit Phoenix(Lives *lives, Do setUp = {}, Do tearDown = {})
        : Host(std::move(setUp), std::move(tearDown)), m_lives(*lives), m_number(++m_lives.built)
    {
    }
    ~Phoenix() override
    {
        note(QStringLiteral("deleted"));
        ++m_lives.deleted;
    }

    using Host::addInput;
    using Host::addTimer;
    using Host::receive;
    using Host::watch;

    int number() const { return m_number; }
    void note(const QString &what)
    {
        m_lives.journal.note(QString::number(m_number) + u' ' + what);
        if (!isInItsThread())
            m_lives.journal.note(QStringLiteral("in a wrong thread"));
    }

Q_SIGNALS:
    void sang(int number);

public Q_SLOTS:
    QString receive(const QString &text)
    {
        note(text);
        return QString::number(m_number);
    }
    void receive(const Actorio::Terminated &) { note(QStringLiteral("Terminated")); }

protected:
    void tearDown(const Actorio::StopReason &reason) override
    {
        note(QStringLiteral("tearDown ") + reason.message());
        Host::tearDown(reason);
    }
    void childStopped(const Actorio::ChildStopped &event) override
    {
        note(QStringLiteral("childStopped ") + event.child.name());
    }

private:
    Lives &m_lives;
    const int m_number;
};

// Fails whoever does it.
inline const Do boom = [](Host &) { throw std::runtime_error("boom"); };

// Where the actors of a row live.
inline void addPlaces()
{
    QTest::addColumn<std::function<Actorio::Placement()>>("place");
    using Place = std::function<Actorio::Placement()>;
    QTest::newRow("main thread") << Place(Actorio::mainThread);
    QTest::newRow("pool") << Place(Actorio::pool);
    QTest::newRow("dedicated thread") << Place(Actorio::dedicatedThread);
}
