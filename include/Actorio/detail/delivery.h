// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/anyfuture.h>
#include <Actorio/detail/receives.h>
#include <Actorio/detail/typeinfo.h>
#include <Actorio/error.h>
#include <Actorio/global.h>

#include <memory>

namespace Actorio::Detail {

class AskBase;
class Envelope;

// One call of a handler: takes what the handler returns to whoever asked.
class ACTORIO_EXPORT Delivery
{
public:
    explicit Delivery(Envelope &envelope) noexcept;

    Envelope &envelope() const noexcept { return m_envelope; }
    // The handler returned `value`, which may be moved from.
    void returned(const TypeInterface *type, void *value);
    void returnedNothing()
    {
        if (m_isAsk)
            settleNothing();
    }
    // Calls a handler that returns nothing. One that throws StopActor has done so as one that calls stop().
    template<class Handler>
    void callVoid(Handler handler)
    {
        try {
            handler();
        } catch (const StopActor &) {
            returnedNothing();
            throw;
        }
        returnedNothing();
    }
    // The handler returned something that the untyped way cannot take.
    void returnedUnusable(const TypeInterface *type);
    // The handler goes on until `future` has finished.
    void returnedFuture(AnyFuture future) { m_future = std::move(future); }
    // The answer comes later, from a promise or a delegate.
    void returnedDelegated() noexcept { }

    bool hasFuture() const noexcept { return static_cast<bool>(m_future); }
    AnyFuture takeFuture() noexcept { return std::move(m_future); }

private:
    void settleNothing();

    Envelope &m_envelope;
    const bool m_isAsk;
    AnyFuture m_future;
};

template<class A, class M>
void callReceive(A &actor, M &message, Delivery &delivery)
{
    using R = std::remove_cvref_t<decltype(actor.receive(std::move(message)))>;
    if constexpr (std::is_void_v<R>) {
        delivery.callVoid([&] { actor.receive(std::move(message)); });
    } else if constexpr (IsFuture<R>) {
        delivery.returnedFuture(AnyFuture(actor.receive(std::move(message))));
    } else if constexpr (IsDelegated<R>) {
        (void)actor.receive(std::move(message));
        delivery.returnedDelegated();
    } else {
        R reply = actor.receive(std::move(message));
        delivery.returned(typeOf<R>(), std::addressof(reply));
    }
}

} // namespace Actorio::Detail
