// SPDX-License-Identifier: MIT
#pragma once

#include "checkedhost.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QString>
#include <QtCore/QStringList>
#include <QtTest/QTest>

#include <vector>

// Spawned, and set up.
inline std::vector<Actorio::ActorRef<Host>>
spawnHosts(int count, Actorio::Placement on, QObject *owner, Life &life, Journal *journal = nullptr)
{
    std::vector<Actorio::ActorRef<Host>> actors;
    const int before = life.setUps;
    for (int i = 0; i < count; ++i) {
        actors.push_back(Actorio::spawn<CheckedHost>(
                {.owner = owner, .on = on, .name = journal ? QString::number(i) : QString()}, &life,
                journal));
    }
    if (!waitUntil([&] { return life.setUps == before + count; }))
        qFatal("the actors do not start");
    return actors;
}

inline QStringList countedDown(int count)
{
    QStringList names;
    while (count > 0)
        names.append(QString::number(--count));
    return names;
}

inline void bothPlaces()
{
    QTest::addColumn<bool>("isMain");
    QTest::newRow("the owner's thread") << true;
    QTest::newRow("another thread") << false;
}
