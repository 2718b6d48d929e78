// SPDX-License-Identifier: MIT
#include <Actorio/stopreason.h>

#include <Actorio/error.h>

#include <QtCore/qdebug.h>
#include <QtCore/qmetaobject.h>

#ifdef __GNUG__
#    include <cstdlib>
#    include <cxxabi.h>
#endif

namespace Actorio {

namespace {

// The type of the exception that is being handled, where the compiler tells.
QString currentExceptionType()
{
#ifdef __GNUG__
    if (const std::type_info *const type = abi::__cxa_current_exception_type()) {
        int status = 0;
        char *const name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
        const QString text = QString::fromLatin1(name ? name : type->name());
        std::free(name);
        return text;
    }
#endif
    return QStringLiteral("unknown");
}

} // namespace

StopReason StopReason::failure(std::exception_ptr exception) noexcept
{
    StopReason reason(Failed);
    reason.m_exception = std::move(exception);
    return reason;
}

QString StopReason::message() const
{
    if (m_exception) {
        try {
            std::rethrow_exception(m_exception);
        } catch (const Error &error) {
            return error.message();
        } catch (const std::exception &error) {
            return QString::fromUtf8(error.what());
        } catch (...) {
            return QStringLiteral("an exception of type %1").arg(currentExceptionType());
        }
    }
    switch (m_kind) {
    case Stopped:
        return QStringLiteral("stopped");
    case Failed:
        return QStringLiteral("failed");
    case Killed:
        return QStringLiteral("killed");
    case NoActor:
        return QStringLiteral("no actor");
    }
    return {};
}

QDebug operator<<(QDebug debug, const StopReason &reason)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "StopReason("
                              << QMetaEnum::fromType<StopReason::Kind>().valueToKey(reason.kind());
    if (reason.isFailure())
        debug << ", " << reason.message();
    return debug << ')';
}

} // namespace Actorio
