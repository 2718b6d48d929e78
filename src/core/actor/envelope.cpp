// SPDX-License-Identifier: MIT
#include <Actorio/detail/envelope.h>

#include "kernel/logging_p.h"

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

bool Envelope::isThere() noexcept
{
    try {
        return claim();
    } catch (const std::exception &error) {
        qCWarning(lcCore).noquote()
                << "A" << typeName(m_type) << "is lost, as it could not be copied:" << error.what();
    } catch (...) {
        qCWarning(lcCore).noquote()
                << "A" << typeName(m_type) << "is lost, as it could not be copied";
    }
    return false;
}

bool Envelope::invoke(Actor *, const QMetaObject *, Delivery &)
{
    return false;
}

AskBase *Envelope::askOf(Address *sender) noexcept
{
    return static_cast<AskBase *>(sender);
}

} // namespace Actorio::Detail
