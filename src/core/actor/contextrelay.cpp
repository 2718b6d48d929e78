// SPDX-License-Identifier: MIT
#include <Actorio/detail/contextrelay.h>

namespace Actorio::Detail {

ContextRelay::ContextRelay() = default;

ContextRelay::~ContextRelay() = default;

void ContextRelay::notify() noexcept
{
    Q_EMIT outcome(QPrivateSignal());
    delete this;
}

} // namespace Actorio::Detail
