// SPDX-License-Identifier: MIT
#include "../shared/unattended.h"
#include "names.h"

#include <Actorio/Actorio>

#include <QtCore/QStringListModel>
#include <QtWidgets/QApplication>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QListView>
#include <QtWidgets/QVBoxLayout>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct Find // answered with the names that contain the text
{
    QString text;
};

// Searches, which takes a while. It lives in a thread of the pool.
class Index : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<QStringList> receive(const Find &find)
    {
        QStringList hits;
        for (qsizetype i = 0; i < m_names.size(); ++i) {
            if (m_names.at(i).contains(find.text, Qt::CaseInsensitive))
                hits.append(m_names.at(i));
            if (i % 2000 == 0)
                co_await 1ms; // as if a disk was slow; a cancelled search ends here
        }
        co_return hits;
    }

protected:
    void setUp() override { m_names = makeNames(); }

private:
    QStringList m_names;
};

// Has one search running at most: that for the newest text.
class Searcher : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const QString &text)
    {
        m_answer.cancel(); // nobody listens to the older search any more,
        if (!m_search.isFinished()) {
            m_search.cancel(); // so that it need not go on, if it still does
            ++m_superseded;
        }
        m_search = m_index.ask(Find{text});
        m_answer = addInput(m_search, [this, text](const QStringList &names) {
            Q_EMIT found(text, names, m_superseded);
        });
    }

Q_SIGNALS:
    void found(const QString &text, const QStringList &names, int superseded);

protected:
    void setUp() override { m_index = spawn<Index>(); }

private:
    Actorio::ActorRef<Index> m_index;
    QFuture<QStringList> m_search;
    Actorio::Input m_answer;
    int m_superseded = 0;
};

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    QWidget window;
    auto *const edit = new QLineEdit;
    auto *const hits = new QStringListModel(&window);
    auto *const view = new QListView;
    auto *const summary = new QLabel(u"Type a part of a name"_s);
    auto *const layout = new QVBoxLayout(&window);
    layout->addWidget(edit);
    layout->addWidget(view);
    layout->addWidget(summary);
    view->setModel(hits);
    view->setUniformItemSizes(true);
    window.setWindowTitle(u"Search as you type"_s);
    window.resize(420, 480);

    // What is typed is told to the searcher. A text that it has not taken yet is replaced by a newer one.
    const auto searcher = Actorio::spawn<Searcher>({.owner = &window, .on = Actorio::mainThread()});
    Actorio::connect(edit, &QLineEdit::textChanged, searcher, Actorio::latestOnly());

    Unattended unattended(window);
    unattended.type(edit, u"marlin"_s);
    const auto show = [&](const QString &text, const QStringList &names, int superseded) {
        hits->setStringList(names);
        summary->setText(u"%1 names with “%2”, %3 searches superseded"_s.arg(names.size())
                                 .arg(text)
                                 .arg(superseded));
        if (text == edit->text())
            unattended.finish(summary->text());
    };
    Actorio::connect(searcher, &Searcher::found, &window, show);

    window.show();
    return app.exec();
}

#include "main.moc"
