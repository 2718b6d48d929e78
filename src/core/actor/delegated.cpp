// SPDX-License-Identifier: MIT
#include <Actorio/delegated.h>

namespace Actorio::Detail {

ReplyPromiseBase &ReplyPromiseBase::operator=(ReplyPromiseBase &&other) noexcept
{
    if (this != &other) {
        drop();
        m_asker = std::move(other.m_asker);
        m_isAsk = other.m_isAsk;
    }
    return *this;
}

ReplyPromiseBase::~ReplyPromiseBase()
{
    drop();
}

AskBase *ReplyPromiseBase::ask() const noexcept
{
    return m_isAsk ? static_cast<AskBase *>(m_asker.get()) : nullptr;
}

void ReplyPromiseBase::fail(std::exception_ptr error)
{
    if (!error)
        return drop();
    if (AskBase *const asked = ask())
        asked->settleError(std::move(error));
    m_asker = nullptr;
}

bool ReplyPromiseBase::isCanceled() const
{
    const AskBase *const asked = ask();
    return asked && asked->isSettled();
}

void ReplyPromiseBase::drop()
{
    if (AskBase *const asked = ask())
        asked->breakPromise(QStringLiteral("dropped the promise of its reply"));
    m_asker = nullptr;
}

} // namespace Actorio::Detail
