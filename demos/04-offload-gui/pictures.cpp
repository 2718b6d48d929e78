// SPDX-License-Identifier: MIT
#include "pictures.h"

#include <QtCore/QFile>
#include <QtGui/QImage>
#include <QtGui/QPainter>
#include <QtGui/QPainterPath>

#include <cmath>

using namespace Qt::StringLiterals;

namespace {

constexpr int Count = 48;
constexpr QSize Size(2000, 1500);

// A sun over hills, at another time of the day each.
QImage landscape(int number)
{
    const double day = double(number) / Count;
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
    for (int number = 1; number <= Count; ++number) {
        const QString name = u"%1/picture %2.jpg"_s.arg(folder).arg(number, 2, 10, QChar(u'0'));
        landscape(number).save(name, "JPG", 80);
    }
    QFile broken(folder + u"/picture 13.jpg"_s);
    if (broken.open(QIODevice::WriteOnly))
        broken.write("This is no picture.");
}
