// SPDX-License-Identifier: MIT
#include <Actorio/detail/delivery.h>

#include <Actorio/detail/askstate.h>

namespace Actorio::Detail {

void Delivery::returned(const TypeInterface *type, void *value)
{
    if (AskBase *const ask = m_envelope.ask())
        ask->settleValue(type, value);
}

void Delivery::settleNothing()
{
    m_envelope.ask()->settleNothing();
}

void Delivery::returnedUnusable(const TypeInterface *type)
{
    if (AskBase *const ask = m_envelope.ask()) {
        ask->breakPromise(QStringLiteral("answers with %1, which has no default constructor: that "
                                         "takes a typed reference")
                                  .arg(typeName(type)));
    }
}

} // namespace Actorio::Detail
