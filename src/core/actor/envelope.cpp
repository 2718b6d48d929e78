// SPDX-License-Identifier: MIT
#include <Actorio/detail/envelope.h>

#include <Actorio/detail/askstate.h>

namespace Actorio::Detail {

Entry::~Entry() = default;

void Envelope::dispose() noexcept
{
    // As a rule nobody else has it. Acquire: sees what the others did before they let go.
    if (m_references.load(std::memory_order_acquire) == 1
        || m_references.fetch_sub(1, std::memory_order_acq_rel) == 1)
        delete this;
}

void Envelope::failAsk() noexcept
{
    if (AskBase *const asker = ask())
        asker->withdraw(AskBase::Reason::ActorStopped);
}

void Envelope::refused() noexcept
{
    failAsk();
    dispose();
}

bool Envelope::claim()
{
    return true;
}

bool Envelope::invoke(Actor *, const QMetaObject *, Delivery &)
{
    return false;
}

AskBase *Envelope::askOf(Address *sender) noexcept
{
    return static_cast<AskBase *>(sender);
}

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
