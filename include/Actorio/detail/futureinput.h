// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/futurewatch.h>
#include <Actorio/detail/inputhandler.h>
#include <Actorio/detail/inputsource.h>

#include <QtCore/qfuture.h>

#include <optional>

namespace Actorio::Detail {

// Futures, one after the other: the next is asked for when the one before has been handled.
class ACTORIO_EXPORT FutureSource : public InputSource
{
protected:
    explicit FutureSource(int limit) : InputSource(limit) { }
    ~FutureSource() override;

    virtual AnyFuture next() = 0;
    AnyFuture &future() noexcept { return m_future; }
    void handled() noexcept override { m_future = AnyFuture(); }

private:
    void arm() override { goOn(); }
    News look() override;
    void goOn() override;
    void disarm() noexcept override;

    AnyFuture m_future;
    FutureWatchPointer m_watch;
};

template<class T, class Factory, class H>
class FutureInput final : public FutureSource
{
public:
    FutureInput(Factory factory, H handler, int limit)
        : FutureSource(limit), m_factory(std::move(factory)), m_handler(std::move(handler))
    {
    }

private:
    AnyFuture next() override { return AnyFuture(QFuture<T>((*m_factory)())); }
    void release() noexcept override
    {
        m_handler.reset();
        m_factory.reset();
    }
    AnyFuture fire() override { return callWithOutcome<T>(*m_handler, future(), m_value); }
    void handled() noexcept override
    {
        m_value.reset();
        FutureSource::handled();
    }

    std::optional<Factory> m_factory;
    std::optional<H> m_handler;
    ValuePlace<T> m_value;
};

} // namespace Actorio::Detail
