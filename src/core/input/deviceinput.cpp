// SPDX-License-Identifier: MIT
#include <Actorio/detail/deviceinput.h>

#include <Actorio/detail/ref.h>
#include <Actorio/error.h>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qfiledevice.h>
#include <QtCore/qthread.h>

namespace Actorio::Detail {

namespace {

// Empty: there was none.
QString errorOf(const QIODevice &device)
{
    const QString text = device.errorString();
    return text == QCoreApplication::translate("QIODevice", "Unknown error") ? QString() : text;
}

} // namespace

DeviceSource::DeviceSource(QIODevice *device, bool isOver, int limit)
    : InputSource(limit), m_device(device), m_isOver(isOver)
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
                                 self->m_left = 0;
                                 self->m_hasNews = true;
                                 self->notify();
                             },
                             Qt::DirectConnection),
                     QObject::connect(
                             device, &QIODevice::readChannelFinished, device,
                             [self, device] { self->end(errorOf(*device)); }, Qt::DirectConnection),
                     QObject::connect(
                             device, &QIODevice::aboutToClose, device,
                             [self, device] {
                                 self->m_isClosed = true;
                                 self->end(errorOf(*device));
                             },
                             Qt::DirectConnection),
                     QObject::connect(
                             device, &QObject::destroyed, device,
                             [self] { self->end(QStringLiteral("The device was destroyed")); },
                             Qt::DirectConnection)};
    notify();
}

void DeviceSource::end(const QString &error)
{
    if (!m_isOver)
        m_error = error;
    m_isOver = true;
    notify();
}

InputSource::News DeviceSource::look()
{
    if (!m_device || m_isClosed)
        return News::End;
    if (m_device->isReadable() && available() > m_left)
        return News::Something;
    // A file tells nobody that it has grown.
    const bool isAtEndOfFile = m_device->isOpen() && !m_device->isSequential()
            && qobject_cast<QFileDevice *>(m_device) && m_device->atEnd();
    return m_isOver || isAtEndOfFile ? News::End : News::Nothing;
}

QByteArray DeviceSource::readChunk()
{
    return m_device->read(ChunkSize);
}

void DeviceSource::disarm() noexcept
{
    for (QMetaObject::Connection &connection : m_connections)
        QObject::disconnect(std::exchange(connection, {}));
}

} // namespace Actorio::Detail
