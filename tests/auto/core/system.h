// SPDX-License-Identifier: MIT
#pragma once

#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QString>
#include <QtCore/QThread>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

struct Ping
{
    int number = 0;
};
struct Fail
{
};
struct Echo
{
    int number;
};
struct WhichThread
{
};
struct Suspend
{
    QFuture<void> future;
};
struct Meet
{
    std::vector<Actorio::ActorRef<>> others;
};
struct SpawnChild
{
};
struct RunLoop
{
    std::shared_ptr<std::function<void()>> inside;
};
struct AnswerLater
{
    Pass pass;
};
struct AnswerTwice
{
};
struct Forward
{
    Actorio::ActorRef<> to;
};

// Dead letters as they are told in any thread.
class Letters
{
public:
    explicit Letters(Actorio::ActorSystem &system)
    {
        QObject::connect(
                &system, &Actorio::ActorSystem::deadLetter, &m_context,
                [this](const Actorio::DeadLetter &letter) {
                    const std::lock_guard lock(m_mutex);
                    m_letters.push_back(letter);
                },
                Qt::DirectConnection);
    }
    std::vector<Actorio::DeadLetter> all() const
    {
        const std::lock_guard lock(m_mutex);
        return m_letters;
    }
    int count(Actorio::DeadLetter::Cause cause) const
    {
        const std::lock_guard lock(m_mutex);
        return static_cast<int>(std::count_if(
                m_letters.begin(), m_letters.end(),
                [=](const Actorio::DeadLetter &letter) { return letter.cause == cause; }));
    }

private:
    mutable std::mutex m_mutex;
    std::vector<Actorio::DeadLetter> m_letters;
    QObject m_context;
};

class Worker : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Worker(std::atomic<int> *handled = nullptr) : m_handled(handled)
    {
        s_count.fetch_add(1);
    }
    ~Worker() override { s_count.fetch_sub(1); }

    static inline std::atomic<int> s_count{0};
    static inline std::atomic<int> s_frames{0};

public Q_SLOTS:
    int receive(const Ping &ping)
    {
        if (m_handled)
            m_handled->fetch_add(1);
        return ping.number + 1;
    }
    void receive(const Fail &) { throw std::runtime_error("as told"); }
    void receive(const Echo &echo) { reply(echo); }
    int receive(const AnswerLater &answer)
    {
        answer.pass.door->pass();
        return 9;
    }
    QString receive(const WhichThread &) { return QThread::currentThread()->objectName(); }
    void receive(const Pass &pass) { pass.door->pass(); }
    QFuture<void> receive(Suspend suspend)
    {
        struct Frame
        {
            Frame() { s_frames.fetch_add(1); }
            ~Frame() { s_frames.fetch_sub(1); }
        } frame;
        co_await suspend.future;
    }
    void receive(const Meet &meet) { m_others = meet.others; }
    Actorio::ActorRef<Worker> receive(const SpawnChild &) { return spawn<Worker>(); }
    void receive(const RunLoop &order) { (*order.inside)(); }
    void receive(const AnswerTwice &)
    {
        reply(1);
        reply(2);
    }
    QFuture<int> receive(Forward forward) { co_return co_await forward.to.ask<int>(Ping{5}); }

private:
    std::atomic<int> *const m_handled;
    std::vector<Actorio::ActorRef<>> m_others;
};
