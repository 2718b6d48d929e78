// SPDX-License-Identifier: MIT
#include "bench_caf.h"

// Actors that come and go: see ../bench_forkjoin.cpp.
namespace BenchCaf {

namespace {

caf::behavior shortLived(caf::event_based_actor *self, Tally *tally)
{
    return {[self, tally](int number) {
        tally->count(number);
        self->quit();
    }};
}

void spawner(caf::event_based_actor *self, Count count, Tally *tally)
{
    for (Count i = 0; i < count; ++i)
        self->send(self->spawn(shortLived, tally), static_cast<int>(i));
}

} // namespace

double forkJoin(Count count)
{
    Tally tally(count);
    double rate = 0;
    {
        System system(1);
        const Stopwatch stopwatch;
        system->spawn(spawner, count, &tally);
        tally.wait();
        system->await_all_actors_done();
        rate = stopwatch.perSecond(count);
    }
    tally.checkAll();
    return rate;
}

} // namespace BenchCaf
