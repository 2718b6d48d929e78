// SPDX-License-Identifier: MIT
#pragma once

#include "host.h"
#include "life.h"

#include <atomic>
#include <utility>

// A Host that notes what becomes of it, and whatever runs in it beside or at the wrong place. Its end goes into the journal.
class CheckedHost : public Host
{
public:
    explicit CheckedHost(Life *life, Journal *journal = nullptr, Do setUp = {}, Do tearDown = {})
        : Host(std::move(setUp), std::move(tearDown)), m_life(*life), m_journal(journal)
    {
        ++m_life.built;
    }
    ~CheckedHost() override
    {
        check();
        ++m_life.deleted;
    }

    using Host::receive;
    void receive(const Do &work) override
    {
        const Inside inside(*this);
        Host::receive(work);
    }
    QThread *receive(const Where &where) override
    {
        const Inside inside(*this);
        return Host::receive(where);
    }

protected:
    // While a handler, a hook or a part of a coroutine runs.
    class Inside
    {
    public:
        explicit Inside(CheckedHost &host) : m_host(host)
        {
            host.check();
            host.m_isInside = true;
            if (host.m_isTornDown)
                ++host.m_life.afterTearDown;
        }
        ~Inside() { m_host.m_isInside = false; }
        Inside(const Inside &) = delete;
        Inside &operator=(const Inside &) = delete;

    private:
        CheckedHost &m_host;
    };
    // Within a handler: while it calls what is checked itself.
    class Outside
    {
    public:
        explicit Outside(CheckedHost &host) : m_host(host) { host.m_isInside = false; }
        ~Outside() { m_host.m_isInside = true; }
        Outside(const Outside &) = delete;
        Outside &operator=(const Outside &) = delete;

    private:
        CheckedHost &m_host;
    };

    void setUp() override
    {
        const Inside inside(*this);
        Host::setUp();
        ++m_life.setUps;
    }
    void tearDown(const Actorio::StopReason &reason) override
    {
        const Inside inside(*this);
        Host::tearDown(reason);
        if (m_journal)
            m_journal->note(self().name());
        ++m_life.tearDowns;
        m_isTornDown = true;
    }
    void childStopped(const Actorio::ChildStopped &event) override
    {
        const Inside inside(*this);
        Host::childStopped(event);
    }

private:
    void check()
    {
        if (m_isInside)
            ++m_life.overlaps;
        if (!isInItsThread())
            ++m_life.wrongThreads;
    }

    Life &m_life;
    Journal *const m_journal;
    std::atomic<bool> m_isInside{false};
    bool m_isTornDown = false;
};
