// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace Bench {

// How often this thread has allocated memory so far: by malloc and its like, which `new` calls too.
std::int64_t allocationCount();

} // namespace Bench
