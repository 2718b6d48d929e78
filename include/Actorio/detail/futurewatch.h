// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <memory>

namespace Actorio::Detail {

// Calls back when a future that belongs to others has finished.
class FutureWatch;
struct ACTORIO_EXPORT FutureWatchDeleter
{
    void operator()(FutureWatch *watch) const noexcept;
};
using FutureWatchPointer = std::unique_ptr<FutureWatch, FutureWatchDeleter>;

} // namespace Actorio::Detail
