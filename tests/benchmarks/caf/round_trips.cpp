// SPDX-License-Identifier: MIT
#include "bench_caf.h"

#include <vector>

// To and fro: see ../bench_pingpong.cpp, ../bench_ring.cpp and ../bench_ask.cpp.
namespace BenchCaf {

namespace {

using MeetAtom = caf::atom_constant<caf::atom("meet")>;
using BeginAtom = caf::atom_constant<caf::atom("begin")>;

// Passes the number on, one more if there is a tally, and ends with the last one.
struct PassState
{
    caf::actor next;
};

caf::behavior passer(caf::stateful_actor<PassState> *self, Tally *tally)
{
    return {[self](MeetAtom, const caf::actor &next) { self->state.next = next; },
            [self, tally](int number) {
                if (!tally) {
                    self->send(self->state.next, number);
                    return;
                }
                tally->count(number);
                if (!tally->isComplete())
                    self->send(self->state.next, number + 1);
            }};
}

caf::behavior answerer(caf::event_based_actor *)
{
    return {[](int question) { return question; }};
}

// Each answer brings the next ask: as many are under way as there were beginnings.
void askNext(caf::stateful_actor<Count> *self, const caf::actor &other, Tally *tally,
             Count questions)
{
    if (self->state == questions)
        return;
    self->request(other, caf::infinite, static_cast<int>(self->state++))
            .then([self, other, tally, questions](int answer) {
                tally->count(answer);
                askNext(self, other, tally, questions);
            });
}

caf::behavior asker(caf::stateful_actor<Count> *self, const caf::actor &other, Tally *tally,
                    Count questions)
{
    self->state = 0;
    return {[self, other, tally, questions](BeginAtom) { askNext(self, other, tally, questions); }};
}

void end(std::initializer_list<caf::actor> actors)
{
    for (const caf::actor &actor : actors)
        caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

template<caf::spawn_options Options>
double playPingPong(Count rounds)
{
    Tally tally(rounds);
    double rate = 0;
    {
        System system(1);
        const caf::actor counting = system->spawn<Options>(passer, &tally);
        const caf::actor returning = system->spawn<Options>(passer, nullptr);
        caf::anon_send(counting, MeetAtom::value, returning);
        caf::anon_send(returning, MeetAtom::value, counting);
        const Stopwatch stopwatch;
        caf::anon_send(returning, 0);
        tally.wait();
        rate = stopwatch.perSecond(rounds);
        end({counting, returning});
    }
    tally.checkAll();
    return rate;
}

template<caf::spawn_options Options>
double ask(Count count, int underWay)
{
    Tally tally(count);
    double rate = 0;
    {
        System system(1);
        const caf::actor answering = system->spawn<Options>(answerer);
        const caf::actor asking = system->spawn<Options>(asker, answering, &tally, count);
        const Stopwatch stopwatch;
        for (int i = 0; i < underWay; ++i)
            caf::anon_send(asking, BeginAtom::value);
        tally.wait();
        rate = stopwatch.perSecond(count);
        end({asking, answering});
    }
    tally.checkAll();
    return rate;
}

} // namespace

double pingPong(Count count)
{
    return playPingPong<caf::no_spawn_options>(count);
}

double pingPongThreads(Count count)
{
    return playPingPong<caf::detached>(count);
}

double ring(Count count)
{
    constexpr std::size_t size = 100;
    Tally tally(count);
    double rate = 0;
    {
        System system(1);
        std::vector<caf::actor> actors;
        for (std::size_t i = 0; i < size; ++i)
            actors.push_back(system->spawn(passer, &tally));
        for (std::size_t i = 0; i < size; ++i)
            caf::anon_send(actors[i], MeetAtom::value, actors[(i + 1) % size]);
        const Stopwatch stopwatch;
        caf::anon_send(actors.front(), 0);
        tally.wait();
        rate = stopwatch.perSecond(count);
        for (const caf::actor &actor : actors)
            end({actor});
    }
    tally.checkAll();
    return rate;
}

double askOne(Count count)
{
    return ask<caf::no_spawn_options>(count, 1);
}

double askHundred(Count count)
{
    return ask<caf::no_spawn_options>(count, 100);
}

double askThreads(Count count)
{
    return ask<caf::detached>(count, 1);
}

} // namespace BenchCaf
