// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qloggingcategory.h>

namespace Actorio::Detail {

Q_DECLARE_LOGGING_CATEGORY(lcCore) // actorio.core
Q_DECLARE_LOGGING_CATEGORY(lcDeadLetters) // actorio.deadletters

} // namespace Actorio::Detail
