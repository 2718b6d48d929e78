// SPDX-License-Identifier: MIT
#include "kernel/logging_p.h"

namespace Actorio::Detail {

Q_LOGGING_CATEGORY(lcCore, "actorio.core")
Q_LOGGING_CATEGORY(lcDeadLetters, "actorio.deadletters")

} // namespace Actorio::Detail
