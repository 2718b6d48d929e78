// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/frame.h>
#include <Actorio/error.h>

#include <QtCore/qobject.h>

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace Actorio {

namespace Detail {

// What nextEmission() says.
template<class Sender, class C, class... Args>
struct NextEmission
{
    const Sender *sender;
    void (C::*signal)(Args...);
};

// The arguments of a signal, without the private one that has nothing in it.
template<class... Args>
struct EmissionValue
{
    using All = std::tuple<std::decay_t<Args>...>;
    static constexpr std::size_t Count = [] {
        if constexpr (sizeof...(Args) > 0)
            return sizeof...(Args)
                    - std::size_t(std::is_empty_v<std::tuple_element_t<sizeof...(Args) - 1, All>>);
        else
            return std::size_t(0);
    }();
    // Nothing, the value, or a tuple of values.
    static auto of(All &&all)
    {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            if constexpr (Count == 1)
                return std::get<0>(std::move(all));
            else if constexpr (Count > 1)
                return std::tuple(std::get<I>(std::move(all))...);
        }(std::make_index_sequence<Count>());
    }
};

template<class Sender, class C, class... Args>
class EmissionAwaiter
{
public:
    EmissionAwaiter(FrameBase &frame, const NextEmission<Sender, C, Args...> &emission)
        : m_frame(frame), m_emission(emission)
    {
        if (!emission.sender)
            throw Error(QStringLiteral("A null pointer emits no signal that could be awaited"));
    }
    EmissionAwaiter(const EmissionAwaiter &) = delete;
    ~EmissionAwaiter() { end(); }

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle)
    {
        m_wait = Ref<Wait>(new Wait(m_frame.await(handle)));
        const auto [sender, signal] = m_emission;
        m_connections[0] = QObject::connect(
                sender, signal, sender,
                [wait = m_wait](const std::decay_t<Args> &...args) {
                    if (!wait->claim())
                        return;
                    try {
                        wait->values.emplace(args...);
                    } catch (...) { // not the emitter's failure
                        wait->error = std::current_exception();
                    }
                    FrameToken::goOn(wait);
                },
                Qt::DirectConnection);
        m_connections[1] = QObject::connect(
                sender, &QObject::destroyed, sender,
                [wait = m_wait] {
                    if (wait->claim())
                        FrameToken::goOn(wait);
                },
                Qt::DirectConnection);
    }
    auto await_resume()
    {
        const Ref<Wait> wait = m_wait;
        end();
        if (wait->error)
            std::rethrow_exception(wait->error);
        if (!wait->values)
            throw BrokenPromise(QStringLiteral(
                    "The object was destroyed before it emitted the awaited signal"));
        return EmissionValue<Args...>::of(std::move(*wait->values));
    }

private:
    struct Wait final : FrameToken
    {
        explicit Wait(FrameToken &&token) : FrameToken(std::move(token)) { }
        // Of whoever has claimed it.
        std::optional<typename EmissionValue<Args...>::All> values;
        std::exception_ptr error;
    };

    void end() noexcept
    {
        if (!m_wait)
            return;
        m_wait->revoke();
        m_wait = nullptr;
        for (QMetaObject::Connection &connection : m_connections)
            QObject::disconnect(connection);
    }

    FrameBase &m_frame;
    const NextEmission<Sender, C, Args...> m_emission;
    Ref<Wait> m_wait;
    QMetaObject::Connection m_connections[2];
};

} // namespace Detail

/// To be awaited in a coroutine of an actor: `co_await nextEmission(socket, &QTcpSocket::connected)` goes on when `sender`, an object
/// in any thread, has emitted `signal`, with its arguments: nothing, the value, or a tuple of them. Throws BrokenPromise
/// when the sender is destroyed first. What it has emitted before does not count.
/// \since 0.1
template<std::derived_from<QObject> Sender, class C, class... Args>
    requires std::derived_from<Sender, C>
Detail::NextEmission<Sender, C, Args...> nextEmission(const Sender *sender,
                                                      void (C::*signal)(Args...))
{
    return {sender, signal};
}

} // namespace Actorio
