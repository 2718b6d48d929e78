// SPDX-License-Identifier: MIT
#include <Actorio/delegated.h>

#include <Actorio/error.h>

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
    if (AskBase *const asked = ask(); asked && !asked->isSettled()) {
        asked->settleError(std::make_exception_ptr(
                BrokenPromise(QStringLiteral("The promise of a reply to %1 was dropped")
                                      .arg(typeName(asked->messageType())))));
    }
    m_asker = nullptr;
}

} // namespace Actorio::Detail
