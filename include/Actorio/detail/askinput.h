// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/askstate.h>
#include <Actorio/detail/inputhandler.h>
#include <Actorio/detail/inputsource.h>

#include <optional>

namespace Actorio::Detail {

// An ask, whose answer arrives without a QFuture.
class ACTORIO_EXPORT AskSource : public InputSource, private AskListener
{
protected:
    AskSource() : InputSource(1) { }
    virtual AskBase &ask() const noexcept = 0;

private:
    void arm() override;
    News look() override;
    void disarm() noexcept override { }
    void settled() noexcept override; // any thread
};

template<class R, class H>
class AskInput final : public AskSource
{
public:
    AskInput(AskHandle<R> ask, H handler) : m_ask(std::move(ask)), m_handler(std::move(handler)) { }

private:
    AskBase &ask() const noexcept override { return *m_ask; }
    void release() noexcept override { m_handler.reset(); }
    AnyFuture fire() override
    {
        if constexpr (OutcomeHandler<H, R>::TakesFuture) {
            QPromise<R> promise;
            promise.start();
            m_future = promise.future();
            m_ask->moveTo(promise);
            return callHandler(*m_handler, std::move(m_future));
        } else if constexpr (OutcomeHandler<H, R>::TakesValue) {
            return callHandler(
                    *m_handler,
                    std::move(m_value.emplace(m_ask->isShared() ? m_ask->read() : m_ask->take())));
        } else {
            m_ask->rethrowError();
            return callHandler(*m_handler);
        }
    }

    void handled() noexcept override
    {
        m_value.reset();
        m_future = {};
    }

    const AskHandle<R> m_ask;
    std::optional<H> m_handler;
    ValuePlace<R> m_value;
    std::conditional_t<OutcomeHandler<H, R>::TakesFuture, QFuture<R>, std::monostate> m_future;
};

} // namespace Actorio::Detail
