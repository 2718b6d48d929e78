// SPDX-License-Identifier: MIT
#pragma once

#include "life.h"

#include <Actorio/Actor>

#include <QtCore/QFuture>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>

#include <atomic>
#include <functional>
#include <utility>

class Host;
struct Where // it lives
{
};
struct Run
{
    std::function<void(Host &)> function;
};
struct Await
{
    QFuture<void> future;
    QSemaphore *isAwaiting;
    std::atomic<int> *framesDestroyed;
};

// Lives somewhere, has owner or children, does what it is told, and notes whatever overlaps. Its end goes into the journal.
class Host : public Actorio::Actor
{
    Q_OBJECT

public:
    explicit Host(Life *life = nullptr, Journal *journal = nullptr)
        : m_life(life), m_journal(journal), m_thread(QThread::currentThread())
    {
        if (m_life)
            ++m_life->built;
    }
    ~Host() override
    {
        if (!m_life)
            return;
        check();
        ++m_life->deleted;
    }
    using Actor::childActors;
    using Actor::self;
    using Actor::spawn;
    using Actor::stop;

public Q_SLOTS:
    QThread *receive(const Where &)
    {
        const Inside inside(*this);
        return m_thread;
    }
    void receive(const Run &run)
    {
        const Inside inside(*this);
        run.function(*this);
    }
    QFuture<void> receive(const Await &await)
    {
        struct Frame
        {
            ~Frame() { ++count; }
            std::atomic<int> &count;
        } frame{*await.framesDestroyed};
        const QFuture<void> future = await.future;
        await.isAwaiting->release();
        co_await future;
    }

protected:
    void setUp() override
    {
        const Inside inside(*this);
        if (m_life)
            ++m_life->setUps;
    }
    void tearDown(const Actorio::StopReason &) override
    {
        const Inside inside(*this);
        if (m_journal)
            m_journal->note(self().name());
        if (m_life)
            ++m_life->tearDowns;
    }

private:
    class Inside
    {
    public:
        explicit Inside(Host &host) : m_host(host)
        {
            host.check();
            host.m_isInside = true;
        }
        ~Inside() { m_host.m_isInside = false; }
        Inside(const Inside &) = delete;
        Inside &operator=(const Inside &) = delete;

    private:
        Host &m_host;
    };

    void check()
    {
        if (m_life && m_isInside)
            ++m_life->overlaps;
        if (m_life && (QThread::currentThread() != m_thread || thread() != m_thread))
            ++m_life->wrongThreads;
    }

    Life *const m_life;
    Journal *const m_journal;
    QThread *const m_thread;
    bool m_isInside = false;
};
