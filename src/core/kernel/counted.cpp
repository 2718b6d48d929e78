// SPDX-License-Identifier: MIT
#include <Actorio/detail/counted.h>

namespace Actorio::Detail {

Counted::~Counted() = default;

} // namespace Actorio::Detail
