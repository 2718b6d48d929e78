// SPDX-License-Identifier: MIT
#include "flood.h"

// The longest gap in the main loop: of a program without windows, and of one whose window is painted meanwhile.
namespace Bench {

using namespace Qt::StringLiterals;

void addFlood(Workloads &workloads)
{
    constexpr qint64 count = 5'000'000;
    workloads.push_back(
            {.name = u"flood"_s,
             .unit = u"ms"_s,
             .description = u"longest gap between 1 ms ticks in the main loop while 5 million "
                            u"messages arrive there"_s,
             .candidates = {{{}, count, gapByActor}, {u"signal"_s, count, gapBySignals}},
             .isIsolated = true});
    const auto painted = [](const QString &name, const QString &what) {
        return Candidate{name, count, {}, {u"bench_widgets"_s, what}, true};
    };
    workloads.push_back({.name = u"flood-painted"_s,
                         .unit = u"ms"_s,
                         .description = u"the same while a window is painted 60 times a second"_s,
                         .candidates = {painted({}, u"actor"_s), painted(u"signal"_s, u"signal"_s)},
                         .obstacle = programExists(u"bench_widgets"_s)
                                 ? QString()
                                 : u"bench_widgets was not built: there is no Qt6::Widgets"_s});
}

} // namespace Bench
