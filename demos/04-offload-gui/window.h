// SPDX-License-Identifier: MIT
// An ordinary window, that knows nothing of actors.
#pragma once

#include <QtCore/QElapsedTimer>
#include <QtCore/QString>
#include <QtGui/QImage>
#include <QtGui/QStandardItemModel>
#include <QtWidgets/QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
class QProgressBar;
class QPushButton;
QT_END_NAMESPACE

class Window : public QWidget
{
    Q_OBJECT
public:
    Window();

    // How it went.
    QString report() const;

public Q_SLOTS:
    void begin();
    void setProgress(int files, int ofFiles);
    void addThumbnail(const QString &name, const QImage &thumbnail);
    void addError(const QString &name, const QString &error);
    void end(const QString &result);

Q_SIGNALS:
    void importRequested();
    void cancelRequested(); // also when it is closed

protected:
    void closeEvent(QCloseEvent *event) override;

private:
    void tick();

    QStandardItemModel m_thumbnails;
    QLabel *const m_clock;
    QLabel *const m_errors;
    QLabel *const m_summary;
    QProgressBar *const m_bar;
    QPushButton *const m_import;
    QPushButton *const m_cancel;
    QElapsedTimer m_sinceBegin;
    QElapsedTimer m_sinceTick;
    qint64 m_longestGap = 0;
    int m_ticks = 0; // since it began
};
