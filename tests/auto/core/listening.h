// SPDX-License-Identifier: MIT
#pragma once

#include "host.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QByteArray>
#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QString>
#include <QtCore/QStringList>

#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

// Listens to what a test tells it to, and writes down what it hears.
class Client : public Host
{
public:
    explicit Client(Journal *journal, Do setUp = {}, Do tearDown = {})
        : Host(std::move(setUp), std::move(tearDown)), m_journal(*journal)
    {
    }

    // From its handlers.
    void note(const QString &what)
    {
        if (m_isTornDown)
            m_journal.note(QStringLiteral("after tearDown()"));
        if (!isInItsThread())
            m_journal.note(QStringLiteral("in a wrong thread"));
        m_journal.note(what);
    }

    // Handlers for inputs.
    void onNumber(int number) { note(QString::number(number)); }
    void onReference(const int &number) { note(QString::number(number)); }
    void onNothing() { note(QStringLiteral("nothing")); }
    void onFuture(QFuture<int> future) { note(outcomeOf(future)); }
    void onVoid(QFuture<void> future) { note(outcomeOf(future)); }
    void onBytes(const QByteArray &bytes) { note(QString::fromLatin1(bytes)); }
    void onEnd(const QString &error) { note(QStringLiteral("end") + error); }
    // Of the newest of the inputs.
    void noteEnd()
    {
        inputs.back().onEnd([this](const QString &error) { onEnd(error); });
    }
    QFuture<void> waitAwhile()
    {
        note(QStringLiteral("begins"));
        co_await awaited;
        note(QStringLiteral("ends"));
    }

    template<class T>
    static QString outcomeOf(QFuture<T> future)
    {
        try {
            future.waitForFinished();
        } catch (const std::exception &error) {
            return QString::fromUtf8(error.what());
        }
        if constexpr (!std::is_void_v<T>) {
            if (future.resultCount() > 0)
                return QString::number(future.result());
        }
        return future.isCanceled() ? QStringLiteral("cancelled") : QStringLiteral("finished");
    }

    // For the work.
    std::vector<Actorio::Input> inputs;
    QFuture<void> awaited;

protected:
    void tearDown(const Actorio::StopReason &reason) override
    {
        Host::tearDown(reason);
        m_isTornDown = true;
    }

private:
    Journal &m_journal;
    bool m_isTornDown = false;
};

inline QStringList sorted(QStringList list)
{
    list.sort();
    return list;
}

// A promise that has begun, with its future.
template<class T>
struct Awaited
{
    Awaited() { promise.start(); }
    void finish()
        requires std::is_void_v<T>
    {
        promise.finish();
    }
    template<class V>
    void finish(V value)
    {
        promise.addResult(std::move(value));
        promise.finish();
    }
    template<class E>
    void fail(E error)
    {
        promise.setException(std::make_exception_ptr(std::move(error)));
        promise.finish();
    }
    void drop() { QPromise<T>(std::move(promise)); }

    QPromise<T> promise;
    const QFuture<T> future = promise.future();
};

// A factory of futures that have finished already.
inline const auto ready = [] { return QtFuture::makeReadyFuture(7); };
