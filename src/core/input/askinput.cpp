// SPDX-License-Identifier: MIT
#include <Actorio/detail/askinput.h>

namespace Actorio::Detail {

void AskSource::arm()
{
    ref(); // the ask's
    if (ask().attach(this)) {
        ask().armTimeout();
    } else {
        deref();
        notify();
    }
}

InputSource::News AskSource::look()
{
    return ask().isSettled() ? News::Something : News::Nothing;
}

void AskSource::settled() noexcept
{
    notifyFromAnywhere();
    deref();
}

} // namespace Actorio::Detail
