// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/typeinfo.h>
#include <Actorio/global.h>

#include <QtCore/qfuture.h>

#include <utility>

namespace Actorio::Detail {

// A QFuture<T> is its shared state and nothing else, so that a future of an unknown T (a slot's
// return value, known to moc by name only) can be watched through the base of that state.
template<class T>
const QFutureInterfaceBase &stateOf(const QFuture<T> &future) noexcept
{
    static_assert(sizeof(QFuture<T>) == sizeof(QFutureInterfaceBase));
    return reinterpret_cast<const QFutureInterfaceBase &>(future);
}

// A QFuture<T> of any T. It is kept with its type: the last typed copy holds the results.
class ACTORIO_EXPORT AnyFuture
{
public:
    AnyFuture() noexcept = default;
    template<class T>
    explicit AnyFuture(QFuture<T> future) : AnyFuture(typeOf<QFuture<T>>(), &future)
    {
    }
    // Moves the QFuture<T> that `type` describes out of `future`.
    AnyFuture(const TypeInterface *type, void *future);
    AnyFuture(AnyFuture &&other) noexcept
    {
        if (other)
            *this = std::move(other);
    }
    AnyFuture &operator=(AnyFuture &&other) noexcept;
    ~AnyFuture()
    {
        if (m_type)
            m_type->dtor(m_type, m_storage);
    }

    explicit operator bool() const noexcept { return m_type != nullptr; }
    const TypeInterface *type() const noexcept { return m_type; }
    void *data() noexcept { return m_storage; }
    const QFutureInterfaceBase &state() const noexcept
    {
        return *reinterpret_cast<const QFutureInterfaceBase *>(m_storage);
    }
    // A view of the same state, without the results.
    QFuture<void> toVoid() const;
    bool isFinished() const { return state().isFinished(); }
    // Cancelled, or its promise dropped, without an exception.
    bool isCancelledOnly() const;
    // Throws what the finished future failed with: its exception, or Cancelled.
    void rethrowFailure();
    // The value of a finished QFuture<T>; throws what it failed with.
    template<class T>
    T value();

private:
    [[noreturn]] static void throwWithoutResult();

    const TypeInterface *m_type = nullptr;
    alignas(QFutureInterfaceBase) std::byte m_storage[sizeof(QFutureInterfaceBase)];
};

// The result of a finished future that has one, without resetting a state that others may look at.
template<class T>
T resultOf(const QFuture<T> &future)
{
    const T &result = *future.constBegin();
    if constexpr (std::is_copy_constructible_v<T>)
        return T(result);
    else
        return T(std::move(const_cast<T &>(result)));
}

template<class T>
T AnyFuture::value()
{
    rethrowFailure();
    if constexpr (!std::is_void_v<T>) {
        if (state().resultCount() == 0)
            throwWithoutResult();
        return resultOf(*static_cast<QFuture<T> *>(data()));
    }
}

} // namespace Actorio::Detail
