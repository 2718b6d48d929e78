// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/inputsource.h>
#include <Actorio/detail/ref.h>

#include <QtCore/qstring.h>

#include <concepts>
#include <functional>
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
    /// Calls `handler`, which takes the error's text or nothing, once when the source gives nothing more: its device was closed
    /// or has come to its end, its object was destroyed, its future has been handled, its limit is reached. The text is
    /// empty unless something went wrong. Called in turn with messages, after all that was there; at the next
    /// opportunity if the source has ended already; never after cancel(), and not because the actor stops.
    template<class F>
        requires(std::invocable<F &, const QString &> || std::invocable<F &>)
    Input &onEnd(F handler)
    {
        if constexpr (std::invocable<F &, const QString &>)
            setEndHandler(std::move(handler));
        else
            setEndHandler([handler = std::move(handler)](const QString &) mutable { handler(); });
        return *this;
    }

    /// \cond
    // For the library.
    explicit Input(Detail::Ref<Detail::InputSource> source) noexcept : m_source(std::move(source))
    {
    }
    /// \endcond

private:
    void setEndHandler(std::function<void(const QString &)> handler);

    Detail::Ref<Detail::InputSource> m_source;
};

} // namespace Actorio
