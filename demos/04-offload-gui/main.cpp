// SPDX-License-Identifier: MIT
#include "../shared/unattended.h"
#include "pictures.h"
#include "window.h"

#include <Actorio/Actorio>

#include <QtCore/QDir>
#include <QtCore/QFutureWatcher>
#include <QtCore/QTemporaryDir>
#include <QtCore/QThread>
#include <QtGui/QImageReader>
#include <QtWidgets/QApplication>

#include <stdexcept>
#include <vector>

using namespace Qt::StringLiterals;

struct Load // answered with the thumbnail
{
    QString path;
};
struct Import // answered with the number of thumbnails
{
    QString folder;
};

// Does the work. There are some of them, in the threads of the pool.
class Loader : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    Actorio::Delegated<QImage> receive(const Load &load)
    {
        auto answer = replyPromise<QImage>();
        QImageReader reader(load.path);
        const QImage picture = reader.read();
        if (!picture.isNull())
            answer.reply(picture.scaled(120, 90, Qt::KeepAspectRatio, Qt::SmoothTransformation));
        else // that has to be expected: it fails the ask, not this actor
            answer.fail(std::make_exception_ptr(
                    std::runtime_error(reader.errorString().toStdString())));
        return {};
    }
};

// Hands the work out and collects what comes of it. It only ever waits, so it may live in the window's thread.
class Importer : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<int> receive(const Import &import)
    {
        m_files = QDir(import.folder).entryInfoList(QDir::Files, QDir::Name);
        m_count = int(m_files.size());
        m_done = m_loaded = 0;
        std::vector<QFuture<void>> all;
        for (const Actorio::ActorRef<Loader> &loader : m_loaders)
            all.push_back(feed(loader));
        for (const QFuture<void> &each : all)
            co_await each; // the window goes on; a cancelled import ends here
        co_return m_loaded;
    }

Q_SIGNALS:
    void progressed(int files, int ofFiles);
    void loaded(const QString &name, const QImage &thumbnail);
    void failed(const QString &name, const QString &error);

protected:
    void setUp() override
    {
        for (int i = 0; i < QThread::idealThreadCount(); ++i)
            m_loaders.push_back(spawn<Loader>());
    }

private:
    QFuture<void> feed(Actorio::ActorRef<Loader> loader) // as long as there is something left
    {
        while (!m_files.isEmpty()) {
            const QFileInfo file = m_files.takeFirst();
            auto answer = loader.ask(Load{file.filePath()});
            try {
                const QImage thumbnail = co_await answer;
                ++m_loaded;
                Q_EMIT loaded(file.fileName(), thumbnail);
            } catch (const std::exception &error) {
                Q_EMIT failed(file.fileName(), QString::fromUtf8(error.what()));
            }
            Q_EMIT progressed(++m_done, m_count);
        }
    }

    std::vector<Actorio::ActorRef<Loader>> m_loaders;
    QFileInfoList m_files;
    int m_count = 0;
    int m_done = 0;
    int m_loaded = 0;
};

int main(int argc, char **argv)
{
    const QTemporaryDir folder; // outlives the application, and so whoever reads in it
    QApplication app(argc, argv);
    makePictures(folder.path());

    // The importer belongs to the window. Its signals arrive in the window's thread, wherever it lives itself.
    Window window;
    const auto importer = Actorio::spawn<Importer>({.owner = &window, .on = Actorio::mainThread()});
    Actorio::connect(importer, &Importer::progressed, &window, &Window::setProgress);
    Actorio::connect(importer, &Importer::loaded, &window, &Window::addThumbnail);
    Actorio::connect(importer, &Importer::failed, &window, &Window::addError);

    // An ask is a QFuture to Qt. Cancelling reaches the importer in the middle of its work: a message would have to wait.
    QFutureWatcher<int> import;
    Unattended unattended(window);
    const auto start = [&] {
        window.begin();
        import.setFuture(importer.ask(Import{folder.path()}));
    };
    QObject::connect(&window, &Window::importRequested, &import, start);
    QObject::connect(&window, &Window::cancelRequested, &import, &QFutureWatcher<int>::cancel);
    QObject::connect(&import, &QFutureWatcher<int>::finished, &window, [&] {
        window.end(import.isCanceled() ? u"Cancelled"_s : u"%1 thumbnails"_s.arg(import.result()));
        unattended.finish(window.report());
    });

    start();
    window.show();
    return app.exec();
}

#include "main.moc"
