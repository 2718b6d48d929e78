// SPDX-License-Identifier: MIT
#include "bench_caf.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace BenchCaf {

namespace {
bool countsAreBroken = false;
}

void check(const char *what, Count seen, Count expected)
{
    if (seen == expected && !countsAreBroken)
        return;
    std::fprintf(stderr, "wrong count: %s: %lld, expected %lld\n", what,
                 static_cast<long long>(seen), static_cast<long long>(expected));
    std::fflush(nullptr);
    std::_Exit(1);
}

void breakCounts()
{
    countsAreBroken = true;
}

System::System(std::size_t threads) : m_config(threads), m_system(m_config) { }

} // namespace BenchCaf

using namespace BenchCaf;

// bench_caf <workload> <count>: prints what it reached.
int main(int argc, char **argv)
{
    const std::map<std::string, double (*)(Count)> workloads{
            {"tell", tell},
            {"tell-4", tellFour},
            {"counting", counting},
            {"pingpong", pingPong},
            {"pingpong-threads", pingPongThreads},
            {"ring", ring},
            {"ask-1", askOne},
            {"ask-100", askHundred},
            {"ask-threads", askThreads},
            {"forkjoin", forkJoin},
    };
    if (argc == 2 && std::string(argv[1]) == "--version") {
        std::printf("%d.%d.%d\n", CAF_MAJOR_VERSION, CAF_MINOR_VERSION, CAF_PATCH_VERSION);
        return 0;
    }
    const auto workload = argc < 3 ? workloads.end() : workloads.find(argv[1]);
    const Count count = argc < 3 ? 0 : std::atoll(argv[2]);
    if (workload == workloads.end() || count < 1) {
        std::fputs("usage: bench_caf <workload> <count> [--break-counts]\n", stderr);
        return 2;
    }
    if (argc > 3 && std::string(argv[3]) == "--break-counts")
        breakCounts();
    workload->second(std::max<Count>(1, count / 20)); // as actorio_bench warms up
    std::printf("%.6f\n", workload->second(count));
    return 0;
}
