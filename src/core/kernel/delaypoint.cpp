// SPDX-License-Identifier: MIT
#include "kernel/delaypoint_p.h"

namespace Actorio::Detail {

std::atomic<DelayHook> delayHook{nullptr};

} // namespace Actorio::Detail
