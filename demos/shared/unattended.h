// SPDX-License-Identifier: MIT
// Nothing that a program of yours needs: it lets tests, and `./dev demo` without a display, run a demo that has a window.
//   ACTORIO_DEMO_SCREENSHOT=file.png   when the demo's work is done, its window is saved as a picture and closed
//   ACTORIO_DEMO_CLOSE_AFTER=20        its window is closed after so many milliseconds, in the middle of its work
//   ACTORIO_DEMO_CANCEL=1              Cancel is pressed at the first entry of its list, and Import when that has been done
#pragma once

#include <QtCore/QAbstractItemModel>
#include <QtCore/QCoreApplication>
#include <QtCore/QTextStream>
#include <QtCore/QTimer>
#include <QtGui/QPixmap>
#include <QtWidgets/QAbstractButton>
#include <QtWidgets/QAbstractItemView>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QWidget>

#include <chrono>
#include <utility>

class Unattended : public QObject
{
public:
    explicit Unattended(QWidget &window)
        : m_window(window), m_screenshot(qEnvironmentVariable("ACTORIO_DEMO_SCREENSHOT"))
    {
        const int closeAfter =
                qEnvironmentVariableIntValue("ACTORIO_DEMO_CLOSE_AFTER", &m_closesEarly);
        if (m_closesEarly) {
            QTimer::singleShot(closeAfter, this, [this] {
                QTextStream(stdout) << "closing" << Qt::endl;
                m_window.close();
            });
        }
        if (qEnvironmentVariableIsSet("ACTORIO_DEMO_CANCEL")) {
            const auto *const list = window.findChild<QAbstractItemView *>()->model();
            m_firstEntry = connect(
                    list, &QAbstractItemModel::rowsInserted, this,
                    [this] {
                        if (!disconnect(std::exchange(m_firstEntry, {})))
                            return;
                        m_isCancelling = true;
                        press(QStringLiteral("Cancel"));
                    },
                    Qt::QueuedConnection);
        }
    }

    // Types `text` as somebody would who types fast, where nobody is there to do it.
    void type(QLineEdit *edit, const QString &text)
    {
        if (!isOn())
            return;
        m_isTyping = true;
        auto *const key = new QTimer(edit);
        key->callOnTimeout(edit, [=, this, length = 0]() mutable {
            edit->setText(text.left(++length));
            m_isTyping = length < text.size();
            if (!m_isTyping)
                key->stop();
        });
        key->start(std::chrono::milliseconds(20));
    }

    // The demo's work is done, and `summary` says how.
    void finish(const QString &summary)
    {
        if (!isOn() || m_isTyping || !m_window.isVisible())
            return;
        QTextStream(stdout) << summary << Qt::endl;
        if (std::exchange(m_isCancelling, false))
            return press(QStringLiteral("Import"));
        if (m_screenshot.isEmpty())
            return;
        if (m_window.grab().save(m_screenshot))
            m_window.close();
        else
            QCoreApplication::exit(1);
    }

private:
    bool isOn() const { return m_closesEarly || !m_screenshot.isEmpty(); }
    void press(const QString &text)
    {
        const auto buttons = m_window.findChildren<QAbstractButton *>();
        for (QAbstractButton *const button : buttons) {
            if (button->text() == text)
                button->click();
        }
    }

    QWidget &m_window;
    const QString m_screenshot;
    QMetaObject::Connection m_firstEntry;
    bool m_isCancelling = false;
    bool m_closesEarly = false;
    bool m_isTyping = false;
};
