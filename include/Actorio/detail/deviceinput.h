// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/inputhandler.h>
#include <Actorio/detail/inputsource.h>

#include <QtCore/qbytearray.h>
#include <QtCore/qiodevice.h>
#include <QtCore/qobject.h>
#include <QtCore/qpointer.h>

#include <array>

#include <optional>

namespace Actorio::Detail {

// A device with bytes to read.
class ACTORIO_EXPORT DeviceSource : public InputSource
{
public:
    static constexpr qint64 ChunkSize = 64 * 1024;
    static constexpr qint64 BufferSize =
            4 * ChunkSize; // of devices that can limit it, and have no limit yet

protected:
    // `isOver`: its other side has gone already.
    DeviceSource(QIODevice *device, bool isOver, int limit);

    QIODevice *device() const noexcept { return m_device; }
    QByteArray readChunk();
    qint64 available() const { return m_device ? m_device->bytesAvailable() : 0; }
    // A handler that reads by itself, and has left everything, waits for more than that.
    void noteCall()
    {
        m_before = available();
        m_hasNews = false;
    }
    void waitForMore() { m_left = available() == m_before && !m_hasNews ? m_before : 0; }
private:
    void arm() override;
    News look() override;
    void disarm() noexcept override;
    QString errorText() const override { return m_error; }
    void end(const QString &error);

    QPointer<QIODevice> m_device;
    std::array<QMetaObject::Connection, 4> m_connections;
    QString m_error;
    qint64 m_left = 0; // bytes that its handler did not want
    qint64 m_before = 0; // bytes when it was called
    bool m_hasNews = false; // more have come since
    bool m_isOver;
    bool m_isClosed = false; // and what it had is lost
};

template<class D, class H>
class DeviceInput final : public DeviceSource
{
public:
    DeviceInput(D *device, H handler, int limit)
        : DeviceSource(device, isOver(device), limit), m_handler(std::move(handler))
    {
        if constexpr (requires {
                          device->setReadBufferSize(BufferSize);
                          device->readBufferSize();
                      }) {
            if (device && device->readBufferSize() == 0)
                device->setReadBufferSize(BufferSize);
        }
    }

    static constexpr bool TakesBytes = takenCount<H, std::tuple<QByteArray>>() == 1;
    static constexpr bool TakesDevice = !TakesBytes && takenCount<H, std::tuple<D *>>() == 1;

private:
    // Sockets and processes know, but say so only when it happens.
    static bool isOver(D *device)
    {
        if constexpr (requires { static_cast<int>(device->state()); })
            return device && device->isOpen() && static_cast<int>(device->state()) == 0;
        else
            return false;
    }
    void release() noexcept override { m_handler.reset(); }
    AnyFuture fire() override
    {
        if constexpr (TakesBytes) {
            return callHandler(*m_handler, std::move(m_chunk = readChunk()));
        } else {
            noteCall();
            return callHandler(*m_handler, static_cast<D *>(device()));
        }
    }

    void handled() noexcept override { m_chunk = {}; }
    void goOn() override
    {
        if constexpr (!TakesBytes)
            waitForMore();
    }

    std::optional<H> m_handler;
    QByteArray m_chunk; // that it was called with
};

template<class H, class D>
concept HandlerForDevice = HandlerFor<H, QByteArray> || HandlerFor<H, D *>;

} // namespace Actorio::Detail
