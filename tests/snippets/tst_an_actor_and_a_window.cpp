// SPDX-License-Identifier: MIT
// The code of docs/guide/an-actor-and-a-window.md.
#include <Actorio/Actorio>

#include <QtConcurrent/QtConcurrentRun>
#include <QtCore/QFutureWatcher>
#include <QtCore/QPointer>
#include <QtCore/QThread>
#include <QtTest/QTest>
#include <QtWidgets/QApplication>
#include <QtWidgets/QDialog>
#include <QtWidgets/QLabel>
#include <QtWidgets/QLineEdit>
#include <QtWidgets/QProgressBar>
#include <QtWidgets/QPushButton>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

//! [importer]
struct Start
{
};

class Importer : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const QString &filter) { m_filter = filter; }
    QFuture<void> receive(const Start &)
    {
        for (int percent = 0; percent <= 100; ++percent) {
            Q_EMIT progressed(percent);
            co_await 1ms; // stands for a part of the work
        }
        Q_EMIT imported(u"all that is named "_s + m_filter);
    }

Q_SIGNALS:
    void progressed(int percent);
    void imported(const QString &what);

private:
    QString m_filter;
};
//! [importer]

//! [window]
class Window : public QWidget
{
    Q_OBJECT
public:
    Window()
    {
        auto *const filter = new QLineEdit(this);
        auto *const start = new QPushButton(u"Start"_s, this);
        auto *const bar = new QProgressBar(this);
        auto *const label = new QLabel(this);
        auto importer = Actorio::spawn<Importer>({.owner = this, .name = u"importer"_s});

        // In: a signal becomes a message, its argument or what a function makes.
        Actorio::connect(filter, &QLineEdit::textChanged, importer, Actorio::latestOnly());
        Actorio::connect(start, &QPushButton::clicked, importer, [] { return Start{}; });
        // Out: an actor's signal arrives in the window's thread.
        Actorio::connect(importer, &Importer::progressed, bar, &QProgressBar::setValue);
        Actorio::connect(importer, &Importer::imported, label, &QLabel::setText);
    }
};
//! [window]

struct Render
{
    int rows;
};

class Renderer : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<int> receive(const Render &render)
    {
        return QtConcurrent::run(
                [](QPromise<int> &promise, int rows) {
                    promise.setProgressRange(0, rows);
                    for (int row = 0; row < rows && !promise.isCanceled(); ++row) {
                        QThread::msleep(1);
                        promise.setProgressValue(row + 1);
                    }
                    promise.addResult(rows);
                },
                render.rows);
    }
};

//! [dialog]
class RenderDialog : public QDialog
{
    Q_OBJECT
public:
    explicit RenderDialog(const Actorio::ActorRef<Renderer> &renderer)
    {
        using Watcher = QFutureWatcher<int>;
        auto *const bar = new QProgressBar(this);
        auto *const cancel = new QPushButton(u"Cancel"_s, this);
        connect(&m_image, &Watcher::progressRangeChanged, bar, &QProgressBar::setRange);
        connect(&m_image, &Watcher::progressValueChanged, bar, &QProgressBar::setValue);
        connect(&m_image, &Watcher::finished, this, &QDialog::accept);
        connect(cancel, &QPushButton::clicked, &m_image, &Watcher::cancel);
        m_image.setFuture(renderer.ask(Render{100}));
    }
    ~RenderDialog() override { m_image.cancel(); } // nobody needs it any more

private:
    QFutureWatcher<int> m_image;
};
//! [dialog]

//! [presenter]
struct Refresh
{
};

class Presenter
    : public Actorio::Actor // lives in the main thread, and may therefore touch its widgets
{
    Q_OBJECT
public:
    Presenter(QLabel *label, Actorio::ActorRef<Renderer> renderer)
        : m_label(label), m_renderer(std::move(renderer))
    {
    }

public Q_SLOTS:
    QFuture<void> receive(const Refresh &)
    {
        m_label->setText(u"rendering"_s);
        auto image = m_renderer.ask(Render{10});
        const int rows = co_await image; // the window goes on
        if (m_label) // it may have gone meanwhile
            m_label->setText(u"%1 rows"_s.arg(rows));
    }

private:
    const QPointer<QLabel> m_label;
    const Actorio::ActorRef<Renderer> m_renderer;
};
//! [presenter]

class tst_AnActorAndAWindow : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
#ifdef __SANITIZE_THREAD__
        QSKIP("ThreadSanitizer does not see how a stock Qt hands signals and work over");
#endif
    }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void window()
    {
        Window window;
        window.findChild<QLineEdit *>()->setText(u"a"_s);
        window.findChild<QLineEdit *>()->setText(u"ab"_s);
        window.findChild<QPushButton *>()->click();
        QTRY_COMPARE(window.findChild<QLabel *>()->text(), u"all that is named ab"_s);
        QCOMPARE(window.findChild<QProgressBar *>()->value(), 100);
    }

    void connections()
    {
        QPushButton start;
        QProgressBar bar;
        QPushButton *const button = &start;
        Actorio::Scoped<Importer> importer;
        //! [connect]
        Actorio::connect(button, &QPushButton::clicked, importer, [] { return Start{}; });
        Actorio::connect(importer, &Importer::progressed, &bar, &QProgressBar::setValue);
        //! [connect]
        button->click();
        QTRY_COMPARE(bar.value(), 100);
    }

    void windowClosedInTheMiddle()
    {
        auto window = std::make_unique<Window>();
        window->findChild<QPushButton *>()->click();
        QTRY_VERIFY(window->findChild<QProgressBar *>()->value() > 0);
        window.reset();
        QTRY_COMPARE(Actorio::ActorSystem::instance().actorCount(), 0);
    }

    void dialog()
    {
        Actorio::Scoped<Renderer> renderer;
        RenderDialog dialog(renderer);
        dialog.open();
        QTRY_VERIFY(!dialog.isVisible());
        QCOMPARE(dialog.findChild<QProgressBar *>()->value(), 100);
    }

    void dialogCancelled()
    {
        Actorio::Scoped<Renderer> renderer;
        RenderDialog dialog(renderer);
        dialog.open();
        QTRY_VERIFY(dialog.findChild<QProgressBar *>()->value() > 0);
        dialog.findChild<QPushButton *>()->click();
        QTRY_VERIFY(!dialog.isVisible());
        QVERIFY(dialog.findChild<QProgressBar *>()->value() < 100);
    }

    void presenter()
    {
        Actorio::Scoped<Renderer> renderer;
        auto *const label = new QLabel;
        //! [main thread]
        auto presenter = Actorio::spawn<Presenter>({.owner = label, .on = Actorio::mainThread()},
                                                   label, renderer);
        //! [main thread]
        presenter.tell(Refresh{});
        QTRY_COMPARE(label->text(), u"rendering"_s);
        QTRY_COMPARE(label->text(), u"10 rows"_s);
        presenter.tell(Refresh{});
        QTRY_COMPARE(label->text(), u"rendering"_s);
        delete label;
        QTRY_VERIFY(!presenter.isRunning());
    }
};

QTEST_MAIN(tst_AnActorAndAWindow)
#include "tst_an_actor_and_a_window.moc"
