// SPDX-License-Identifier: MIT
#include "bench_caf.h"

#include <latch>
#include <thread>
#include <vector>

// Messages one way: see ../bench_tell.cpp and ../bench_counting.cpp.
namespace BenchCaf {

namespace {

caf::behavior counter(caf::event_based_actor *, Tally *tally)
{
    return {[tally](int number) { tally->count(number); }};
}

double produce(Count count, int producers)
{
    Tally tally(count);
    double rate = 0;
    {
        System system(1);
        const caf::actor receiver = system->spawn(counter, &tally);
        std::latch ready(producers);
        std::latch go(1);
        std::vector<std::jthread> threads;
        for (int i = 0; i < producers; ++i) {
            threads.emplace_back([&, i] {
                ready.count_down();
                go.wait();
                const Count end = count * (i + 1) / producers;
                for (Count number = count * i / producers; number < end; ++number)
                    caf::anon_send(receiver, static_cast<int>(number));
            });
        }
        ready.wait();
        const Stopwatch stopwatch;
        go.count_down();
        tally.wait();
        rate = stopwatch.perSecond(count);
        threads.clear();
        caf::anon_send_exit(receiver, caf::exit_reason::user_shutdown);
    }
    tally.checkAll();
    return rate;
}

using SumAtom = caf::atom_constant<caf::atom("sum")>;

caf::behavior summer(caf::stateful_actor<Count> *self)
{
    self->state = 0;
    return {[self](int number) { self->state += number; }, [self](SumAtom) { return self->state; }};
}

void producer(caf::event_based_actor *self, Count count, const caf::actor &to,
              std::promise<Count> *sum)
{
    for (Count i = 0; i < count; ++i)
        self->send(to, static_cast<int>(i));
    self->request(to, caf::infinite, SumAtom::value).then([self, to, sum](Count value) {
        self->send_exit(to, caf::exit_reason::user_shutdown);
        sum->set_value(value);
    });
}

} // namespace

double tell(Count count)
{
    return produce(count, 1);
}

double tellFour(Count count)
{
    return produce(count, 4);
}

double counting(Count count)
{
    std::promise<Count> sum;
    System system(1);
    const caf::actor to = system->spawn(summer);
    const Stopwatch stopwatch;
    system->spawn(producer, count, to, &sum);
    const Count value = sum.get_future().get();
    const double rate = stopwatch.perSecond(count);
    check("the sum of the numbers", value, count * (count - 1) / 2);
    return rate;
}

} // namespace BenchCaf
