// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/inputhandler.h>
#include <Actorio/detail/inputsource.h>
#include <Actorio/detail/ref.h>

#include <QtCore/qstring.h>

#include <utility>

namespace Actorio {

/// What addInput() and addTimer() return: a hold on a source of events that are no messages. Copies share it; dropping them
/// changes nothing. For the actor's own thread.
/// \since 0.1
class ACTORIO_EXPORT Input
{
public:
    /// As often as there is something.
    static constexpr int Endless = Detail::InputSource::Endless;

    /// One of no source.
    Input() noexcept = default;

    /// Whether its handler may still be called.
    bool isActive() const noexcept;
    /// From here on its handler is not called any more, not even for what is there already. Does nothing the second time.
    void cancel();
    /// Calls `handler`, which takes the error's text or nothing, and may be a coroutine, once when the source gives nothing more:
    /// its device is closed, at its end or could not begin, its object is destroyed, its future has been handled, its limit is
    /// reached. The text says what went wrong, or that the object or device was destroyed; else it is empty. Called in turn with
    /// messages, after all that was there; at once if it has ended already; never after cancel(), and not as the actor stops.
    template<class F>
        requires Detail::HandlerFor<F, const QString &>
    Input &onEnd(F handler)
    {
        setEndHandler(
                [handler = std::move(handler), text = QString()](const QString &error) mutable {
                    text = error; // a coroutine may have it by reference
                    return Detail::callHandler(handler, std::as_const(text));
                });
        return *this;
    }

    /// \cond
    // For the library.
    explicit Input(Detail::Ref<Detail::InputSource> source) noexcept : m_source(std::move(source))
    {
    }
    /// \endcond

private:
    void setEndHandler(Detail::InputSource::EndHandler handler);

    Detail::Ref<Detail::InputSource> m_source;
};

} // namespace Actorio
