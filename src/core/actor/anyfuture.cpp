// SPDX-License-Identifier: MIT
#include <Actorio/detail/anyfuture.h>

#include <Actorio/error.h>

namespace Actorio::Detail {

AnyFuture::AnyFuture(const TypeInterface *type, void *future) : m_type(type)
{
    if (type->moveCtr)
        type->moveCtr(type, m_storage, future);
    else
        type->copyCtr(type, m_storage, future);
}

AnyFuture &AnyFuture::operator=(AnyFuture &&other) noexcept
{
    if (this == &other)
        return *this;
    // What goes with the results is the user's, and may look here.
    if (const TypeInterface *const former = std::exchange(m_type, nullptr))
        former->dtor(former, m_storage);
    m_type = other.m_type;
    if (m_type)
        m_type->moveCtr(m_type, m_storage, other.m_storage);
    return *this;
}

QFuture<void> AnyFuture::toVoid() const
{
    return QFuture<void>(const_cast<QFutureInterfaceBase *>(&state()));
}

bool AnyFuture::isCancelledOnly() const
{
    return state().isCanceled() && !state().hasException();
}

void AnyFuture::throwWithoutResult()
{
    throw BrokenPromise(QStringLiteral("The future has finished without a result"));
}

void AnyFuture::rethrowFailure()
{
    try {
        toVoid().waitForFinished(); // finished: throws, if anything
    } catch (const QUnhandledException &wrapped) {
        // How Qt hands on what is no QException.
        if (wrapped.exception())
            std::rethrow_exception(wrapped.exception());
        throw;
    }
    if (state().isCanceled() && state().resultCount() == 0)
        throw Cancelled(QStringLiteral("The future was cancelled, or its promise dropped"));
}

} // namespace Actorio::Detail
