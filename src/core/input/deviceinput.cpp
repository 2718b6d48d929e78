// SPDX-License-Identifier: MIT
#include <Actorio/detail/deviceinput.h>

#include <Actorio/detail/ref.h>
#include <Actorio/error.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qfiledevice.h>
#include <QtCore/qthread.h>

#include <algorithm>
#include <utility>

namespace Actorio::Detail {

DeviceSource::DeviceSource(QIODevice *device, int limit) : InputSource(limit), m_device(device)
{
    if (!device)
        throw Error(QStringLiteral("An input needs a device, not a null pointer"));
    if (device->thread() != QThread::currentThread())
        throw Error(QStringLiteral("An actor listens to a device in its own thread (%1) only, and "
                                   "%2 lives in %3")
                            .arg(QThread::currentThread()->objectName(),
                                 QString::fromLatin1(device->metaObject()->className()),
                                 device->thread() ? device->thread()->objectName()
                                                  : QStringLiteral("none")));
}

void DeviceSource::arm()
{
    QIODevice *const device = m_device;
    const Ref<DeviceSource> self(this);
    m_connections = {QObject::connect(
                             device, &QIODevice::readyRead, device,
                             [self] {
                                 self->bytesCame();
                                 self->m_unwanted = 0;
                                 self->m_hasNews = true;
                                 self->notify();
                             },
                             Qt::DirectConnection),
                     QObject::connect(
                             device, &QIODevice::readChannelFinished, device,
                             [self] { self->end(); }, Qt::DirectConnection),
                     QObject::connect(
                             device, &QIODevice::aboutToClose, device,
                             [self] {
                                 self->m_isClosed = true;
                                 self->end();
                             },
                             Qt::DirectConnection),
                     QObject::connect(
                             device, &QObject::destroyed, device,
                             [self] {
                                 if (!self->m_isOver)
                                     self->m_error = QStringLiteral("The device was destroyed");
                                 self->m_isOver = true;
                                 self->notify();
                             },
                             Qt::DirectConnection),
                     connectState()};
    notify();
}

void DeviceSource::end()
{
    if (!m_isOver)
        m_error = deviceError();
    m_isOver = true;
    notify();
}

// Some set their error only after they have said that they are at their end.
QString DeviceSource::errorText() const
{
    return m_error.isEmpty() && m_device && !m_isClosed ? deviceError() : m_error;
}

QString DeviceSource::deviceError() const
{
    const QString text = m_device->errorString();
    return text == QCoreApplication::translate("QIODevice", "Unknown error") ? QString() : text;
}

InputSource::News DeviceSource::look()
{
    if (!m_device || m_isClosed)
        return News::End;
    // Not before: whoever adds it may connect it in the same handler.
    if (!std::exchange(m_hasBegun, true) && hasEnded())
        m_isOver = true;
    if (available() > m_unwanted)
        return News::Something;
    // A file tells nobody that it has grown, or is opened.
    if (qobject_cast<QFileDevice *>(m_device)) {
        if (!m_device->isOpen() && !std::exchange(m_isOver, true)) {
            m_error = deviceError();
            if (m_error.isEmpty())
                m_error = QStringLiteral("The file is not open");
        }
        if (!m_device->isSequential() && m_device->atEnd())
            return News::End;
    }
    return m_isOver ? News::End : News::Nothing;
}

qint64 DeviceSource::available() const
{
    return m_device && m_device->isReadable() ? m_device->bytesAvailable() : 0;
}

QByteArray DeviceSource::readChunk()
{
    QByteArray chunk(std::min(available(), ChunkSize), Qt::Uninitialized);
    const qint64 count = m_device->read(chunk.data(), chunk.size());
    if (count < 0) {
        end();
        m_isClosed = true; // or it would fail again and again
        if (m_error.isEmpty())
            m_error = QStringLiteral("The device could not be read");
    } else if (count == 0) {
        m_unwanted = available(); // until it says that there is more
    }
    chunk.truncate(std::max<qint64>(0, count));
    return chunk;
}

void DeviceSource::disarm() noexcept
{
    for (QMetaObject::Connection &connection : m_connections)
        QObject::disconnect(std::exchange(connection, {}));
}

} // namespace Actorio::Detail
