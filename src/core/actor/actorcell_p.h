// SPDX-License-Identifier: MIT
#pragma once

#include "actor/children_p.h"
#include "actor/endlistener_p.h"
#include "actor/owner_p.h"
#include "actor/systemcore_p.h"
#include "actor/turn_p.h"
#include "actor/watches_p.h"
#include "actor/bridges_p.h"
#include "actor/inputs_p.h"
#include "kernel/cell_p.h"
#include "kernel/fastthreadlocal_p.h"

#include <Actorio/actor.h>
#include <Actorio/detail/closablelist.h>
#include <Actorio/detail/spawning.h>
#include <Actorio/stopreason.h>

#include <QtCore/qscopedvaluerollback.h>

#include <memory>

namespace Actorio::Detail {

class ReceiveTable;
class Supervised;

// An actor's identity and life: outlives the Actor object, which it makes, runs and deletes. All in the
// actor's thread, unless a comment says otherwise.
class ActorCell final : public Cell
{
public:
    struct Origin
    {
        Ref<SystemCore> system;
        Ref<ActorCell> parent; // null for a root
        const QMetaObject *actorClass;
        QString name; // empty: class and number
        std::unique_ptr<Factory> factory; // null when the actor is made already
    };

    ActorCell(Ref<Dispatcher> dispatcher, Origin origin);
    // An actor that could not be spawned: it has ended already.
    static Ref<ActorCell> failed(Origin origin, Ref<Dispatcher> nowhere, std::exception_ptr error);

    // The actor behind an address, or null: an ask's or an Inbox's has no cell, and there are no cells but actors'.
    static ActorCell *of(Address *address) noexcept
    {
        return address ? static_cast<ActorCell *>(address->cell()) : nullptr;
    }

    // Before it is scheduled.
    void adopt(std::unique_ptr<Actor> actor);
    void setOwner(std::shared_ptr<OwnerLink> owner) { m_owner = std::move(owner); }

    // Any thread.
    QString name() const override;
    QString path() const override;
    const QMetaObject *actorClass() const override { return m_class; }
    SystemCore &system() const noexcept { return *m_system; }
    const Ref<ActorCell> &parent() const noexcept { return m_parent; }
    // What is unique among its siblings: the given name, for a root with its owner; empty: nothing.
    QString siblingName() const;
    ActorCell *older() const noexcept { return m_older; }
    bool isStopping() const noexcept { return phase() >= InboxQueue::Stopping; }
    // In the parent's thread, once its end has arrived there.
    bool isHeard() const noexcept { return m_isHeard; }
    void setHeard() noexcept { m_isHeard = true; }
    bool isKilled() const noexcept { return phase() >= InboxQueue::Killed; }
    // How often it has been made anew.
    quint32 restarts() const noexcept;
    bool takesChildren() const noexcept { return m_stage < Stage::StoppingChildren; }
    // False: it has ended already, and the reason is endReason().
    bool addEndListener(EndListener *listener) noexcept;
    const StopReason &endReason() const noexcept { return m_reason; }
    const std::shared_ptr<OwnerLink> &owner() const noexcept { return m_owner; }
    // The actors with a handler on this thread's stack, and their ancestors.
    static std::vector<const ActorCell *> belowThisStack();
    // The actor that this thread is running a handler of, or null.
    static ActorCell *current() noexcept { return currentActor; }

    // What the Actor class offers its handlers.
    Actor *actor() const noexcept { return m_actor; }
    Envelope *envelope() const noexcept { return m_envelope; }
    Children &children();
    QList<ActorRef<>> childRefs() const;
    void keepBusy(AnyFuture future, bool isReply = false);
    void actorDeleted();
    // Qt calls a slot of the actor's, through its event queue.
    void slotCalled();
    static ActorCell *claimActorUnderConstruction() noexcept;

    // What inputs need.
    Inputs &inputs();
    bool hasInputs() const noexcept { return static_cast<bool>(m_inputs); }
    bool takesInputs() const noexcept { return m_stage < Stage::StoppingChildren; }
    void inputReady(InputSource &source);
    // What is done for the actor outside its turns, or in them: a lambda coroutine that begins there is its own.
    template<class Code>
    void runAsActor(Code code);
    // A signal of its actor's is connected.
    void addBridge(Ref<ActorBridge> bridge);

    // Those who watch it; any thread. And what it watches.
    Watchers &watchers() noexcept { return m_watchers; }
    Watches &watches();
    bool hasWatches() const noexcept { return static_cast<bool>(m_watches); }

    // Null: none.
    void setReceiveTimer(const Ref<ReceiveTimer> &timer);
    // The receive timeout does not count meanwhile.
    bool isInFirstOrMessageTurn() const noexcept
    {
        return m_stage == Stage::SettingUp || (m_envelope && m_envelope->isMessage());
    }

    // What coroutines need.
    Turn &turn();
    quint64 turnNumber() const noexcept { return m_turnNumber; }
    bool isBusy() const noexcept { return m_isBusy; }
    // Nobody wants the answer any more that the turn in progress may be working on.
    void cancelTurn(const AskBase &ask);
    void frameReady(FrameBase &frame);
    // An input hears what becomes of a future; it may be that of a coroutine of this actor, whose closure `maker` has.
    void listenTo(const AnyFuture &future, const Ref<Counted> &maker);
    void wakeUp() { scheduleHere(); }
    void wakeUpFromAnywhere() { nudge(); }

private:
    friend class Children;
    friend class FrameBase;

    enum class Stage : quint8 {
        Unborn,
        BackingOff, // until it is made anew
        SettingUp,
        Running,
        StoppingChildren,
        TearingDown,
        Finishing,
        Dead
    };

    ~ActorCell() override;
    void absorb(Entry *entry, bool isAlone) override;
    Step advance(InboxQueue::Phase phase) override;
    void discard(Entry *entry) noexcept override;
    void abandon() override;

    // What it does next, in the order of its life.
    void begin();
    void handle(Entry *entry);
    void deliver(Envelope &envelope);
    Step stopChildren(InboxQueue::Phase phase);
    void tearDown();
    void finish();
    bool serveInput();
    void deleteActor();
    void seat();
    void unseat();

    // A turn: one handler or hook, with all that it waits for.
    template<class Handler>
    void runTurn(Handler handler);
    template<class Code>
    std::exception_ptr runGuarded(Code code);
    Step continueTurn(InboxQueue::Phase phase);
    void resume(FrameBase &frame);
    void showWait();
    void endTurn(std::exception_ptr error);
    void beginRunning();
    void messageHandled();
    void endWaits(std::exception_ptr &error);
    void abandonTurn();

    void fail(std::exception_ptr error);
    Supervised *supervised() const noexcept
    {
        return m_factory ? m_factory->supervised() : nullptr;
    }
    void restart(std::exception_ptr error);
    void startOver();
    Step backOff(InboxQueue::Phase phase);
    static StopReason reasonOf(InboxQueue::Phase phase)
    {
        return phase == InboxQueue::Killed ? StopReason::Killed : StopReason::Stopped;
    }
    void beginStopping(const StopReason &reason);
    void clearInputs();
    void limitStop();
    void childEnded(Envelope *event);
    bool isOwn(const ChildStopped &event) const noexcept;

    ACTORIO_FAST_THREAD_LOCAL static constinit thread_local ActorCell *currentActor;

    const Ref<SystemCore> m_system;
    const Ref<ActorCell> m_parent;
    const QMetaObject *const m_class;
    const QString m_name;
    ActorCell *m_older = nullptr; // siblings; guarded as the list they are in
    ActorCell *m_newer = nullptr;

    std::unique_ptr<Factory> m_factory;
    Actor *m_actor = nullptr;
    const ReceiveTable *m_receives = nullptr;
    std::unique_ptr<Turn> m_turn;
    std::unique_ptr<Children> m_children;
    std::unique_ptr<Inputs> m_inputs;
    std::unique_ptr<Bridges> m_bridges;
    std::unique_ptr<Watches> m_watches;
    Watchers m_watchers;
    std::shared_ptr<OwnerLink> m_owner;
    Envelope *m_envelope = nullptr; // of the turn in progress
    quint64 m_turnNumber = 0;
    Stage m_stage : 5 = Stage::Unborn;
    bool m_hasWarned : 1 = false; // of a slot called while it was busy
    bool m_hasKilledChildren : 1 = false;
    bool m_isListed : 1 = false; // among its siblings; guarded as that list
    bool m_isHeard : 1 = false; // its parent knows what it has failed with; the parent's
    bool m_isBusy = false; // a turn is open, and no handler is on the stack
    bool m_isSetUp : 1 = false;
    bool m_isDeleting : 1 = false;
    bool m_isAbandoned : 1 = false; // does not wait for its children
    bool m_isRestarting : 1 = false; // stops its children, and starts over
    bool m_escalates : 1 = false; // its failure is its parent's
    bool m_hasStopLimit : 1; // and its stop has not begun
    bool m_hasReceiveTimer : 1 = false;
    const quint32 m_parentRestarts; // when it was spawned
    ActorCell *m_stoppingChild = nullptr;
    StopReason m_reason; // published by the closing of m_endListeners

    ClosableList<EndListener> m_endListeners; // the end closes it
};

// Runs code of the actor's class; what it throws, or null. StopActor is no failure.
template<class Code>
void ActorCell::runAsActor(Code code)
{
    const QScopedValueRollback<ActorCell *> outer(currentActor, this);
    code();
}

template<class Code>
std::exception_ptr ActorCell::runGuarded(Code code)
{
    try {
        runAsActor(code);
    } catch (const StopActor &) {
        requestStop();
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

template<class Handler>
void ActorCell::runTurn(Handler handler)
{
    ++m_turnNumber;
    if (std::exception_ptr error = runGuarded(handler))
        return endTurn(std::move(error));
    if (!m_turn || !m_turn->isWaiting() || m_turn->isOver())
        return endTurn(nullptr);
    m_isBusy = true;
    showWait();
}

} // namespace Actorio::Detail
