// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/inputhandler.h>
#include <Actorio/detail/inputsource.h>
#include <Actorio/detail/ref.h>
#include <Actorio/detail/timerentry.h>
#include <Actorio/signalpolicy.h>

#include <QtCore/qobject.h>

#include <array>
#include <memory>
#include <optional>

namespace Actorio::Detail {

// A signal of an object in any thread. What is emitted waits here, in its order, until the actor handles it.
class ACTORIO_EXPORT SignalSource : public InputSource, private TimerEntry
{
public:
    // The arguments of one emission.
    class ACTORIO_EXPORT Emission : public Pooled
    {
    public:
        Emission() = default;
        Emission(const Emission &) = delete;
        virtual ~Emission();
        std::unique_ptr<Emission> next;
    };

    // In the emitter's thread.
    void emitted(std::unique_ptr<Emission> emission);
    void senderDestroyed();

protected:
    SignalSource(const QObject *sender, std::optional<SignalPolicy> policy, int limit);
    ~SignalSource() override;

    using Connections = std::array<QMetaObject::Connection, 2>;
    virtual Connections connectSignal() = 0;
    std::unique_ptr<Emission> takeFirst();
    void release() noexcept override;

private:
    void arm() override;
    News look() override;
    void disarm() noexcept override;
    QString errorText() const override;
    void expired() noexcept override;

    const std::optional<SignalPolicy> m_policy;
    Connections m_connections;
    TimePoint m_notBefore = TimePoint::min(); // by the policy
    // Guarded by the mutex.
    std::unique_ptr<Emission> m_first;
    Emission *m_last = nullptr;
    bool m_isSenderGone = false;
};

template<class Sender, class Signal, class H, class... Args>
class SignalInput final : public SignalSource
{
public:
    SignalInput(const Sender *sender, Signal signal, H handler, std::optional<SignalPolicy> policy,
                int limit)
        : SignalSource(sender, policy, limit), m_sender(sender), m_signal(signal),
          m_handler(std::move(handler))
    {
    }

private:
    struct Arguments final : Emission
    {
        explicit Arguments(const std::decay_t<Args> &...args) : all(args...) { }
        std::tuple<std::decay_t<Args>...> all;
    };

    Connections connectSignal() override
    {
        // Direct, whatever the thread: nothing queues up elsewhere. What is connected keeps this alive.
        return {QObject::connect(
                        m_sender, m_signal, m_sender,
                        [self = Ref<SignalInput>(this)](const std::decay_t<Args> &...args) {
                            self->emitted(std::make_unique<Arguments>(args...));
                        },
                        Qt::DirectConnection),
                QObject::connect(
                        m_sender, &QObject::destroyed, m_sender,
                        [self = Ref<SignalInput>(this)] { self->senderDestroyed(); },
                        Qt::DirectConnection)};
    }
    void release() noexcept override
    {
        SignalSource::release();
        m_handler.reset();
    }
    AnyFuture fire() override
    {
        m_handled = takeFirst();
        return std::apply(
                [this](auto &...args) { return callHandler(*m_handler, std::move(args)...); },
                static_cast<Arguments &>(*m_handled).all);
    }

    void handled() noexcept override { m_handled.reset(); }

    const Sender *const m_sender; // used while it is connected only
    const Signal m_signal;
    std::optional<H> m_handler;
    std::unique_ptr<Emission> m_handled;
};

} // namespace Actorio::Detail
