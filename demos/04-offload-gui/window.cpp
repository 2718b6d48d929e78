// SPDX-License-Identifier: MIT
#include "window.h"

#include <QtCore/QTime>
#include <QtCore/QTimer>
#include <QtGui/QPainter>
#include <QtWidgets/QGridLayout>
#include <QtWidgets/QLabel>
#include <QtWidgets/QListView>
#include <QtWidgets/QProgressBar>
#include <QtWidgets/QPushButton>
#include <QtWidgets/QStyle>

#include <algorithm>
#include <chrono>

using namespace Qt::StringLiterals;

namespace {

constexpr QSize ThumbnailSize(120, 90);

}

Window::Window()
    : m_clock(new QLabel), m_errors(new QLabel), m_summary(new QLabel), m_bar(new QProgressBar),
      m_import(new QPushButton(u"Import"_s)), m_cancel(new QPushButton(u"Cancel"_s))
{
    setWindowTitle(u"Thumbnails"_s);
    m_errors->setStyleSheet(u"color: #b00020"_s);
    m_clock->setFont(QFont(u"monospace"_s));

    auto *const view = new QListView;
    view->setModel(&m_thumbnails);
    view->setViewMode(QListView::IconMode);
    view->setResizeMode(QListView::Adjust);
    view->setMovement(QListView::Static);
    view->setEditTriggers(QListView::NoEditTriggers);
    view->setUniformItemSizes(true);
    view->setIconSize(ThumbnailSize);
    view->setGridSize(QSize(140, 124));

    auto *const layout = new QGridLayout(this);
    layout->addWidget(m_summary, 0, 0);
    layout->addWidget(m_clock, 0, 1, 1, 3, Qt::AlignRight);
    layout->addWidget(view, 1, 0, 1, 4);
    layout->addWidget(m_errors, 2, 0, 1, 4);
    layout->addWidget(m_bar, 3, 0, 1, 2);
    layout->addWidget(m_import, 3, 2);
    layout->addWidget(m_cancel, 3, 3);
    layout->setColumnStretch(0, 1);
    resize(900, 640);

    connect(m_import, &QPushButton::clicked, this, &Window::importRequested);
    connect(m_cancel, &QPushButton::clicked, this, &Window::cancelRequested);
    auto *const timer = new QTimer(this);
    timer->setTimerType(Qt::PreciseTimer);
    timer->callOnTimeout(this, &Window::tick);
    timer->start(std::chrono::milliseconds(10));
}

void Window::begin()
{
    m_sinceBegin.start();
    m_ticks = 0;
    m_thumbnails.clear();
    m_errors->clear();
    m_summary->setText(u"Importing"_s);
    m_bar->setRange(0, 0); // until it is known how much there is to do
    m_import->setEnabled(false);
    m_cancel->setEnabled(true);
}

void Window::setProgress(int files, int ofFiles)
{
    m_bar->setRange(0, ofFiles);
    m_bar->setValue(files);
}

void Window::addThumbnail(const QString &name, const QImage &thumbnail)
{
    m_thumbnails.appendRow(new QStandardItem(QIcon(QPixmap::fromImage(thumbnail)), name));
}

void Window::addError(const QString &name, const QString &error)
{
    QPixmap pixmap(ThumbnailSize);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    style()->standardIcon(QStyle::SP_MessageBoxWarning).paint(&painter, pixmap.rect());
    m_thumbnails.appendRow(new QStandardItem(QIcon(pixmap), name));
    m_errors->setText(m_errors->text() + u"%1: %2  "_s.arg(name, error));
}

void Window::end(const QString &result)
{
    m_summary->setText(u"%1 after %2 ms"_s.arg(result).arg(m_sinceBegin.elapsed()));
    m_import->setEnabled(true);
    m_cancel->setEnabled(false);
    m_bar->setMaximum(std::max(m_bar->maximum(), 1));
}

QString Window::report() const
{
    return u"%1, %2 in the list, errors: %3; the clock ticked %4 times"_s.arg(m_summary->text())
            .arg(m_thumbnails.rowCount())
            .arg(m_errors->text().trimmed())
            .arg(m_ticks);
}

void Window::closeEvent(QCloseEvent *event)
{
    Q_EMIT cancelRequested();
    QWidget::closeEvent(event);
}

// Whoever holds up this thread is seen here.
void Window::tick()
{
    if (m_sinceTick.isValid())
        m_longestGap = std::max(m_longestGap, m_sinceTick.elapsed());
    m_sinceTick.start();
    ++m_ticks;
    m_clock->setText(u"%1 · longest gap %2 ms"_s.arg(QTime::currentTime().toString(u"hh:mm:ss.zzz"),
                                                     QString::number(m_longestGap)));
}
