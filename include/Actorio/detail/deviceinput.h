// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/inputhandler.h>
#include <Actorio/detail/inputsource.h>

#include <QtCore/qbytearray.h>
#include <QtCore/qiodevice.h>
#include <QtCore/qobject.h>
#include <QtCore/qpointer.h>

#include <algorithm>
#include <array>
#include <optional>

namespace Actorio::Detail {

// A device with bytes to read.
class ACTORIO_EXPORT DeviceSource : public InputSource
{
public:
    static constexpr qint64 ChunkSize = qint64(64) * 1024;
    static constexpr qint64 BufferSize =
            4 * ChunkSize; // of devices that can limit it, and have no limit yet

protected:
    DeviceSource(QIODevice *device, int limit);

    QIODevice *device() const noexcept { return m_device; }
    // As much as there is, and no more than a chunk; empty: its device has failed, or has nothing after all.
    QByteArray readChunk();
    virtual qint64 available() const;
    // A handler that reads by itself, and has left everything, waits for more than that.
    void noteCall()
    {
        m_before = available();
        m_hasNews = false;
    }
    void waitForMore() { m_unwanted = available() == m_before && !m_hasNews ? m_before : 0; }
    // In readyRead().
    virtual void bytesCame() { }
    bool waitsForMore() const noexcept { return m_unwanted > 0; }

    using Connections = std::array<QMetaObject::Connection, 5>;
    // The last of them is for what only some classes say.
    virtual QMetaObject::Connection connectState() { return {}; }
    // Its other side has gone already, or was never there.
    virtual bool hasEnded() const { return false; }
    // The device will never give anything any more; what it has is still read.
    void end();
    // Empty: nothing went wrong.
    virtual QString deviceError() const;

private:
    void arm() override;
    News look() override;
    void disarm() noexcept override;
    QString errorText() const override;

    QPointer<QIODevice> m_device;
    Connections m_connections;
    QString m_error;
    qint64 m_unwanted = 0; // bytes that its handler has left
    qint64 m_before = 0; // bytes when it was called
    bool m_hasNews = false; // more have come since
    bool m_hasBegun = false; // it has been looked at
    bool m_isOver = false;
    bool m_isClosed = false; // and what it had is lost
};

// The class that declares a member function: of a device that is being destroyed no more may be left than that.
template<class F>
struct DeclarerOf;
template<class R, class D>
struct DeclarerOf<R (D::*)() const>
{
    using Type = D;
};

template<class D, class H>
class DeviceInput final : public DeviceSource
{
public:
    DeviceInput(D *device, H handler, int limit)
        : DeviceSource(device, limit), m_handler(std::move(handler))
    {
        if constexpr (HasBufferSize) {
            m_isLimited = device->readBufferSize() == 0;
            if (m_isLimited)
                device->setReadBufferSize(BufferSize);
        }
    }

    static constexpr bool TakesBytes = takenCount<H, std::tuple<QByteArray>>() == 1;
    static constexpr bool TakesDevice = !TakesBytes && takenCount<H, std::tuple<D *>>() == 1;

private:
    // Sockets and processes know how they stand.
    static constexpr bool IsSocket = requires { D::UnconnectedState; };
    static constexpr bool IsProcess = requires { D::NotRunning; };
    static constexpr bool HasBufferSize = requires(D *device) {
        device->setReadBufferSize(qint64());
        device->readBufferSize();
    };
    static constexpr bool HasDatagrams = requires(D *device) {
        device->hasPendingDatagrams();
        device->pendingDatagramSize();
    };

    template<class State>
    static bool isOver(State state)
    {
        if constexpr (IsSocket)
            return state == State(D::UnconnectedState);
        else
            return state == State(D::NotRunning);
    }
    // One that is not open has either not begun, or has failed.
    bool hasEnded() const override
    {
        if constexpr (IsSocket || IsProcess) {
            D *const device = static_cast<D *>(this->device());
            return isOver(device->state())
                    && (device->isOpen() || !DeviceSource::deviceError().isEmpty());
        } else {
            return false;
        }
    }

    // They could not connect or start, say.
    QMetaObject::Connection connectState() override
    {
        if constexpr (IsSocket || IsProcess) {
            return QObject::connect(
                    static_cast<D *>(device()), &D::stateChanged, device(),
                    [self = Ref<DeviceInput>(this)](auto state) {
                        if (isOver(state))
                            self->end();
                    },
                    Qt::DirectConnection);
        } else {
            return {};
        }
    }
    // That the other side has hung up is no error.
    QString deviceError() const override
    {
        if constexpr (requires { D::RemoteHostClosedError; }) {
            using Declarer = typename DeclarerOf<decltype(&D::error)>::Type;
            if (static_cast<Declarer *>(device())->error() == D::RemoteHostClosedError)
                return {};
        } else if constexpr (requires { D::PeerClosedError; }) {
            using Declarer = typename DeclarerOf<decltype(&D::error)>::Type;
            if (static_cast<Declarer *>(device())->error() == D::PeerClosedError)
                return {};
        }
        return DeviceSource::deviceError();
    }
    qint64 available() const override
    {
        if constexpr (HasDatagrams) {
            // By the first one, which may be empty. A socket that is bound need not be open.
            D *const socket = static_cast<D *>(device());
            return socket && socket->isValid() && socket->hasPendingDatagrams()
                    ? std::max<qint64>(1, socket->pendingDatagramSize())
                    : 0;
        } else {
            return DeviceSource::available();
        }
    }

    // As it is read later, the dispatcher may tell of a datagram that has been read meanwhile. QUdpSocket says nothing more then
    // until somebody tries to read.
    void bytesCame() override
    {
        if constexpr (HasDatagrams) {
            D *const socket = static_cast<D *>(device());
            if (socket->hasPendingDatagrams())
                return;
            const QSignalBlocker blocker(
                    socket); // no error; one that comes just now is lost, as datagrams may be
            socket->readDatagram(nullptr, 0);
        }
    }
    void release() noexcept override { m_handler.reset(); }
    AnyFuture fire() override
    {
        if constexpr (!TakesBytes) {
            noteCall();
            return callHandler(*m_handler, static_cast<D *>(device()));
        } else if constexpr (HasDatagrams) {
            D *const socket = static_cast<D *>(device());
            m_chunk.resize(std::max<qint64>(0, socket->pendingDatagramSize()));
            m_chunk.truncate(
                    std::max<qint64>(0, socket->readDatagram(m_chunk.data(), m_chunk.size())));
            return callHandler(*m_handler, std::move(m_chunk));
        } else {
            m_chunk = readChunk();
            if (m_chunk.isEmpty()) {
                takeBackCall();
                return {};
            }
            return callHandler(*m_handler, std::move(m_chunk));
        }
    }

    void handled() noexcept override { m_chunk = {}; }
    void goOn() override
    {
        if constexpr (!TakesBytes) {
            waitForMore();
            // What it waits for may be larger than our limit.
            if constexpr (HasBufferSize) {
                D *const limited =
                        m_isLimited && waitsForMore() ? static_cast<D *>(device()) : nullptr;
                if (limited && available() >= limited->readBufferSize())
                    limited->setReadBufferSize(2 * limited->readBufferSize());
            }
        }
    }

    std::optional<H> m_handler;
    QByteArray m_chunk; // that it was called with
    bool m_isLimited = false; // by this
};

template<class H, class D>
concept HandlerForDevice = HandlerFor<H, QByteArray> || HandlerFor<H, D *>;

} // namespace Actorio::Detail
