// SPDX-License-Identifier: MIT
#include "actor/inputs_p.h"

#include "actor/actorcell_p.h"
#include "kernel/delaypoint_p.h"

namespace Actorio::Detail {

// While code of a source's user runs: what that consists of must stay, also if it ends the source. A handler of its end,
// which has been called then, goes last.
class Inputs::InUse
{
public:
    explicit InUse(InputSource &source) : m_source(source)
    {
        source.m_isInUse = true;
        if (source.m_ending)
            m_ending.swap(source.m_ending);
    }
    ~InUse()
    {
        m_source.m_isInUse = false;
        if (m_source.m_stage != InputSource::Stage::Listening)
            m_source.letGo();
    }
    InUse(const InUse &) = delete;

private:
    InputSource &m_source;
    InputSource::EndHandler m_ending;
};

void Inputs::add(const Ref<InputSource> &source)
{
    source->ref();
    source->m_isListed = true;
    source->m_home = Ref<Address>(&m_cell);
    {
        const QMutexLocker locker(&source->m_mutex);
        source->m_cell = &m_cell;
    }
    source->m_older = m_newest;
    if (m_newest)
        m_newest->m_newer = source.get();
    m_newest = source.get();
    const InUse use(*source);
    try {
        m_cell.runAsActor([&] { source->arm(); });
    } catch (...) {
        source->cancel();
        throw;
    }
}

// It listens no more, to whatever end. The user's code, which may come back here, goes last.
void Inputs::remove(InputSource &source)
{
    if (!std::exchange(source.m_isListed, false))
        return;
    const Ref<InputSource> held = Ref<InputSource>::adopt(&source); // the list's
    (source.m_newer ? source.m_newer->m_older : m_newest) = source.m_older;
    if (source.m_older)
        source.m_older->m_newer = source.m_newer;
    source.m_older = source.m_newer = nullptr;
    source.disarm();
    {
        const QMutexLocker locker(&source.m_mutex);
        source.m_cell = nullptr;
    }
    if (!source.m_isInUse) // else when it is not any more
        source.letGo();
}

Inputs::~Inputs()
{
    setReceiveTimer({});
    closeAll();
}

void Inputs::setReceiveTimer(const Ref<ReceiveTimer> &timer)
{
    if (m_receiveTimer)
        m_receiveTimer->close();
    m_receiveTimer = timer;
}

void Inputs::closeAll() noexcept
{
    while (m_newest)
        m_newest->close();
    takeNotified();
    while (const Ref<InputSource> source = takeReady())
        source->close();
}

void Inputs::revokeOwn() noexcept
{
    for (InputSource *source = m_newest; source; source = source->m_older)
        source->revokeOwn();
}

void Inputs::setTimer(const QString &key, InputSource &source)
{
    if (InputSource *const former = m_timers.value(key))
        former->cancel();
    m_timers.insert(key, &source);
}

void Inputs::forgetTimer(const QString &key)
{
    m_timers.remove(key);
}

bool Inputs::setReady(InputSource &source)
{
    if (std::exchange(source.m_isReady, true))
        return false;
    source.ref();
    source.m_nextReady = nullptr;
    (m_lastReady ? m_lastReady->m_nextReady : m_firstReady) = &source;
    m_lastReady = &source;
    return true;
}

Ref<InputSource> Inputs::takeReady()
{
    Ref<InputSource> source = Ref<InputSource>::adopt(m_firstReady);
    if (!source)
        return source;
    m_firstReady = source->m_nextReady;
    if (!m_firstReady)
        m_lastReady = nullptr;
    source->m_isReady = false;
    return source;
}

bool Inputs::setNotified(InputSource &source)
{
    if (source.m_isNotified.exchange(true, std::memory_order_acq_rel))
        return false;
    source.ref();
    InputSource *first = m_notified.load(std::memory_order_relaxed);
    do {
        source.m_nextNotified = first;
        ACTORIO_DELAY_POINT("inputs.setNotified");
    } while (!m_notified.compare_exchange_weak(first, &source, std::memory_order_release,
                                               std::memory_order_relaxed));
    return !first; // else somebody else wakes it
}

void Inputs::takeNotified()
{
    // Relaxed: a look that comes too early is made good by the wake-up that follows each first entry.
    if (!m_notified.load(std::memory_order_relaxed))
        return;
    InputSource *source = m_notified.exchange(nullptr, std::memory_order_acquire);
    InputSource *oldest = nullptr;
    while (source) {
        InputSource *const next = std::exchange(source->m_nextNotified, oldest);
        oldest = std::exchange(source, next);
    }
    while (oldest) {
        const Ref<InputSource> held = Ref<InputSource>::adopt(oldest);
        oldest = oldest->m_nextNotified;
        held->m_isNotified.exchange(false, std::memory_order_acq_rel);
        if (held->m_cell)
            setReady(*held);
    }
}

bool Inputs::takeNext(bool canWait)
{
    if (std::exchange(m_hadTurn, false) && canWait)
        return false;
    takeNotified();
    while (Ref<InputSource> source = takeReady()) {
        if (source->m_stage == InputSource::Stage::Listening) {
            const InputSource::News news = source->look();
            if (news == InputSource::News::End) {
                end(*source); // which lists it again if somebody is to hear of it
                continue;
            }
            if (news == InputSource::News::Nothing)
                continue;
        } else if (source->m_stage == InputSource::Stage::Closed || !source->m_ended) {
            continue;
        }
        startServing(std::move(source));
        return true;
    }
    return false;
}

void Inputs::startServing(Ref<InputSource> source)
{
    m_hadTurn = true;
    source->m_isInUse = true; // until served() or abandon(), which end the turn
    m_serving = std::move(source);
}

AnyFuture Inputs::serve()
{
    InputSource &source = *m_serving;
    if (source.m_stage == InputSource::Stage::Ended) {
        source.m_stage = InputSource::Stage::Closed;
        source.m_ending = std::exchange(source.m_ended, {});
        return source.m_ending(source.errorText());
    }
    if (source.m_left != InputSource::Endless)
        --source.m_left;
    return source.fire();
}

void Inputs::served()
{
    const Ref<InputSource> source = std::exchange(m_serving, nullptr);
    if (!source)
        return;
    const InUse use(*source);
    source->handled();
    if (source->m_stage != InputSource::Stage::Listening)
        return;
    if (source->m_left == 0)
        return end(*source);
    source->goOn();
    if (source->m_stage == InputSource::Stage::Listening
        && source->look() != InputSource::News::Nothing)
        setReady(*source);
}

void Inputs::abandon() noexcept
{
    if (const Ref<InputSource> source = std::exchange(m_serving, nullptr)) {
        const InUse use(*source);
        source->handled();
    }
}

void Inputs::end(InputSource &source)
{
    source.m_stage = InputSource::Stage::Ended;
    if (source.m_ended)
        setReady(source);
    remove(source);
}

} // namespace Actorio::Detail
