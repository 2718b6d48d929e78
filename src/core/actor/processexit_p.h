// SPDX-License-Identifier: MIT
#pragma once

namespace Actorio::Detail {

// The end of the process: shuts the systems down when `exit()` is called with the application still there, and
// ends with _Exit() when a thread that had to be given up would run on into the destruction of static objects.
namespace ProcessExit {

// Called with every spawn: cheap after the first time in a thread.
void watch();
void threadGivenUp();

} // namespace ProcessExit

} // namespace Actorio::Detail
