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
    // What has the factory: a coroutine that it is may need that for longer than this.
    virtual Ref<Counted> maker() const = 0;
    AnyFuture &future() noexcept { return m_future; }
    void handled() noexcept override { m_future = AnyFuture(); }

private:
    void arm() override { goOn(); }
    News look() override;
    void goOn() override;
    void disarm() noexcept override { m_watch.reset(); }

    AnyFuture m_future; // a handler may have it by reference
    FutureWatchPointer m_watch;
};

template<class T, class Factory, class H>
class FutureInput final : public FutureSource
{
public:
    FutureInput(Factory factory, H handler, int limit)
        : FutureSource(limit), m_maker(new Maker(std::move(factory))), m_handler(std::move(handler))
    {
    }

private:
    struct Maker final : Counted
    {
        explicit Maker(Factory &&factory) : make(std::move(factory)) { }
        Factory make;
    };

    AnyFuture next() override { return AnyFuture(QFuture<T>(m_maker->make())); }
    Ref<Counted> maker() const override { return m_maker; }
    void release() noexcept override
    {
        FutureSource::handled();
        m_handler.reset();
        m_maker = nullptr;
    }
    AnyFuture fire() override { return callWithOutcome<T>(*m_handler, future(), m_value); }
    void handled() noexcept override
    {
        m_value.reset();
        FutureSource::handled();
    }

    Ref<Maker> m_maker;
    std::optional<H> m_handler;
    ValuePlace<T> m_value;
};

} // namespace Actorio::Detail
