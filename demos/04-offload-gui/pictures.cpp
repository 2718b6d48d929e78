// SPDX-License-Identifier: MIT
#include "pictures.h"

#include <QtCore/QBuffer>
#include <QtCore/QFile>
#include <QtGui/QImage>
#include <QtGui/QPainter>
#include <QtGui/QPainterPath>

#include <cmath>

using namespace Qt::StringLiterals;

namespace {

constexpr int Drawings = 40;
constexpr int Copies = 3;
constexpr QSize Size(2000, 1500);

// A sun over hills, at another time of the day each.
QImage landscape(int number)
{
    const double day = double(number) / Drawings;
    QImage image(Size, QImage::Format_RGB32);
    QPainter painter(&image);
    QLinearGradient sky(0, 0, 0, Size.height());
    sky.setColorAt(0, QColor::fromHsvF(float(std::fmod(0.55 + day, 1.0)), 0.6f, 0.9f));
    sky.setColorAt(1, QColor::fromHsvF(float(std::fmod(0.10 + day, 1.0)), 0.3f, 1.0f));
    painter.fillRect(image.rect(), sky);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(255, 240, 190));
    painter.drawEllipse(QPointF(Size.width() * (0.1 + 0.8 * day),
                                Size.height() * (0.6 - 0.4 * std::sin(day * 3.14))),
                        140, 140);
    for (int range = 0; range < 4; ++range) {
        QPainterPath hills(QPointF(0, Size.height()));
        for (int x = 0; x <= Size.width(); x += 20) {
            const double wave = std::sin(x * 0.002 * (range + 2) + number * (range + 1));
            hills.lineTo(x, Size.height() * (0.5 + 0.12 * range) + 90 * wave);
        }
        hills.lineTo(Size.width(), Size.height());
        painter.fillPath(hills, QColor::fromHsvF(0.38f, 0.5f, 0.7f - 0.14f * float(range)));
    }
    return image;
}

} // namespace

void makePictures(const QString &folder)
{
    for (int number = 0; number < Drawings; ++number) {
        QBuffer jpeg;
        jpeg.open(QIODevice::WriteOnly);
        landscape(number).save(&jpeg, "JPG", 80);
        for (int copy = 0; copy < Copies; ++copy) { // to draw takes longer than to write
            QFile file(u"%1/picture %2.jpg"_s.arg(folder).arg(copy * Drawings + number + 1, 3, 10,
                                                              QChar(u'0')));
            const bool isBroken = copy == 0 && number == 12;
            if (file.open(QIODevice::WriteOnly))
                file.write(isBroken ? QByteArray("This is no picture.") : jpeg.data());
        }
    }
}
