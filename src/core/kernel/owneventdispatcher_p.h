// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

class QAbstractEventDispatcher;

namespace Actorio::Detail {

// The library's own event dispatcher, for a thread that has not started. Null: there is none for this platform, or the
// system refuses, so that it has to be Qt's.
std::unique_ptr<QAbstractEventDispatcher> makeOwnEventDispatcher();

} // namespace Actorio::Detail
