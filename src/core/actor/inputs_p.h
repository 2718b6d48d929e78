// SPDX-License-Identifier: MIT
#pragma once

#include "actor/receivetimer_p.h"

#include <Actorio/detail/inputsource.h>
#include <Actorio/detail/ref.h>

#include <QtCore/qhash.h>

#include <atomic>

namespace Actorio::Detail {

class ActorCell;

// What an actor listens to besides its inbox; made with the first such source. The actor's thread, unless a comment says
// otherwise.
class Inputs
{
public:
    explicit Inputs(ActorCell &cell) : m_cell(cell) { }
    ~Inputs();

    void add(const Ref<InputSource> &source);
    void remove(InputSource &source);
    void closeAll() noexcept;
    // What it has told its own actor, and that has not been handled.
    void revokeOwn() noexcept;
    // A timer with a key ends the former one with that key.
    void setTimer(const QString &key, InputSource &source);
    void forgetTimer(const QString &key);
    InputSource *timer(const QString &key) const { return m_timers.value(key); }

    // Null: none. It is no source: what it has for the actor is a message.
    void setReceiveTimer(const Ref<ReceiveTimer> &timer);
    ReceiveTimer *receiveTimer() const noexcept { return m_receiveTimer.get(); }

    // False: it was already.
    bool setReady(InputSource &source);
    // Any thread, with the source's mutex locked. True: the cell must be woken.
    bool setNotified(InputSource &source);

    // Starts a turn for the next one that has something, if it is the inputs' turn. `canWait`: so has the inbox.
    bool takeNext(bool canWait);
    // In a turn: calls its handler.
    AnyFuture serve();
    // That turn is over, and the actor goes on. May throw what a factory throws.
    void served();
    // That turn was not to its end.
    void abandon() noexcept;

private:
    class InUse;
    void startServing(Ref<InputSource> source);
    Ref<InputSource> takeReady();
    void end(InputSource &source);
    void takeNotified();

    ActorCell &m_cell;
    InputSource *m_newest = nullptr; // all that are active; each is held
    InputSource *m_firstReady = nullptr; // held
    InputSource *m_lastReady = nullptr;
    // Notified by other threads, newest first; held. Push releases, taking acquires.
    std::atomic<InputSource *> m_notified{nullptr};
    Ref<InputSource> m_serving;
    QHash<QString, InputSource *> m_timers; // those with keys
    Ref<ReceiveTimer> m_receiveTimer;
    bool m_hadTurn = false; // it is the inbox's
};

} // namespace Actorio::Detail
