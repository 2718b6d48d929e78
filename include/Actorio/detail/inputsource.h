// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/address.h>
#include <Actorio/detail/anyfuture.h>
#include <Actorio/detail/counted.h>
#include <Actorio/detail/pooled.h>
#include <Actorio/detail/ref.h>
#include <Actorio/global.h>

#include <QtCore/qmutex.h>
#include <QtCore/qstring.h>

#include <atomic>
#include <functional>
#include <limits>

namespace Actorio::Detail {

class ActorCell;
class Inputs;

// Something other than the inbox that an actor listens to. It says when there may be news; the actor's cell looks, calls its
// handler when its turn has come, and then lets it go on. Counted: by its cell while it listens, by the user's Inputs, by
// what it has told others to call. In the actor's thread, unless a comment says otherwise.
class ACTORIO_EXPORT InputSource : public Counted, public Pooled
{
public:
    static constexpr int Endless = std::numeric_limits<int>::max(); // not counted

    using EndHandler = std::function<AnyFuture(const QString &)>;

    bool isActive() const noexcept { return m_stage == Stage::Listening; }
    void cancel();
    void setEndHandler(EndHandler handler);

protected:
    // Throws Error unless `limit` is positive.
    explicit InputSource(int limit);
    ~InputSource() override;

    // Begins to listen; there may be something already.
    virtual void arm() = 0;
    enum class News { Nothing, Something, End };
    virtual News look() = 0;
    // Calls the handler with one thing that is there, and keeps that until handled(): a coroutine may have it by reference.
    // Returns the future that the handler returned, if it did.
    virtual AnyFuture fire() = 0;
    // The handler, with all that it waited for, is over: lets go of what it was called with.
    virtual void handled() noexcept { }
    // And it will be called again.
    virtual void goOn() { }
    // It was cancelled: takes back what has not been handled yet.
    virtual void revoke() noexcept { }
    // Its actor becomes another object, which is not to handle it: the same for what is on its way to the actor itself.
    virtual void revokeOwn() noexcept { }
    // Lets go of its handler, whose captures may hold it, and are the actor's thread's.
    virtual void release() noexcept = 0;
    // Listens to nothing any more.
    virtual void disarm() noexcept = 0;
    // What went wrong, once it is at its end.
    virtual QString errorText() const { return {}; }

    // In fire(): there was nothing for the handler after all, and that does not count.
    void takeBackCall() noexcept;
    // There may be news.
    void notify();
    // The same in any thread.
    void notifyFromAnywhere();
    // The same with the mutex locked.
    void notifyLocked();
    // Guards cell() for other threads, and what they bring: written by the actor's thread alone, null when it listens no more.
    QBasicMutex &mutex() const noexcept { return m_mutex; }
    ActorCell *cell() const noexcept { return m_cell; }
    const Address *home() const noexcept { return m_home.get(); }

private:
    friend class Inputs;
    // Nobody is to hear of it any more, but what it has sent stays.
    void close() noexcept;
    // Once: its handler goes, which may come back here.
    void letGo() noexcept;

    // Ended: of itself; Closed: and nobody is to hear of it (any more).
    enum class Stage : quint8 { Listening, Ended, Closed };

    int m_left; // how often the handler may still be called
    Stage m_stage = Stage::Listening;
    bool m_isListed = false; // its cell listens to it
    bool m_isReleased = false;
    bool m_isReady = false; // in the list of those
    bool m_isInUse = false; // its handler or its factory runs, or waits
    // In the list of those that other threads have notified. Exchanged with acquire and release: whoever finds it true knows
    // that the actor's thread will look, after it has cleared it.
    std::atomic<bool> m_isNotified{false};
    mutable QBasicMutex m_mutex;
    ActorCell *m_cell = nullptr;
    // The actor, also when it listens no more; set before any other thread knows this.
    Ref<Address> m_home;
    InputSource *m_older = nullptr; // the sources of a cell
    InputSource *m_newer = nullptr;
    InputSource *m_nextReady = nullptr;
    InputSource *m_nextNotified = nullptr;
    EndHandler m_ended;
    EndHandler m_ending; // that runs, or waits
};

} // namespace Actorio::Detail
