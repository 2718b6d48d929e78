// SPDX-License-Identifier: MIT
// Something to search in: nothing in here is about actors.
#pragma once

#include <QtCore/QRandomGenerator>
#include <QtCore/QStringList>

// Some hundred thousand names of places that do not exist, the same ones each time.
inline QStringList makeNames()
{
    const QStringList syllables = QStringLiteral("al an ar bel bri cas da den dor el fen gar hol "
                                                 "is ka lin lo mar mon na nor ol pen ra ros "
                                                 "sa sel ta tor ul ver wen wy")
                                          .split(QChar(u' '));
    QRandomGenerator random(42);
    QStringList names;
    names.reserve(300'000);
    while (names.size() < 300'000) {
        QString name;
        for (int left = random.bounded(2, 5); left > 0; --left)
            name += syllables.at(random.bounded(int(syllables.size())));
        name.front() = name.front().toUpper();
        names.append(name);
    }
    names.removeDuplicates();
    return names;
}
