// SPDX-License-Identifier: MIT
#include <Actorio/detail/askstate.h>

#include "actor/actorcell_p.h"
#include "actor/systemcore_p.h"
#include "kernel/waiter_p.h"
#include "kernel/waitgraph_p.h"

#include <Actorio/detail/coroutine.h>
#include <Actorio/error.h>

#include <QtCore/qthread.h>

namespace Actorio::Detail {

AskBase::AskBase(Ref<Address> target, const TypeInterface *messageType, Milliseconds timeout)
    : m_awaited(target ? target->cell() : nullptr), m_target(std::move(target)),
      m_messageType(messageType), m_timeout(timeout)
{
    if (timeout != NoTimeout)
        deadline = system()->clock().now() + nanosecondsOf(timeout);
}

AskBase::~AskBase() = default;

QString AskBase::targetPath() const
{
    return m_target ? m_target->path() : QStringLiteral("a null reference");
}

Ref<SystemCore> AskBase::system() const
{
    return SystemCore::of(m_target.get());
}

QString AskBase::name() const
{
    return QStringLiteral("an ask of %1")
            .arg(m_target ? m_target->name() : QStringLiteral("nobody"));
}

QString AskBase::path() const
{
    return name();
}

bool AskBase::isSettled() const noexcept
{
    return m_listeners.isClosed();
}

bool AskBase::attach(AskListener *listener) noexcept
{
    ACTORIO_DELAY_POINT("ask.attach");
    return m_listeners.add(listener);
}

bool AskBase::claim() noexcept
{
    Stage open = Stage::Open;
    return m_stage.compare_exchange_strong(open, Stage::Settled, std::memory_order_acq_rel);
}

void AskBase::publish() noexcept
{
    ACTORIO_DELAY_POINT("ask.publish");
    AskListener *listener = m_listeners.close();
    if (m_timeout != NoTimeout)
        system()->service().remove(*this);
    while (listener) {
        AskListener *const following = listener->next;
        listener->settled();
        listener = following;
    }
}

void AskBase::publishError(std::exception_ptr error) noexcept
{
    m_error = std::move(error);
    publish();
}

void AskBase::settleError(std::exception_ptr error)
{
    if (claim())
        publishError(std::move(error));
}

bool AskBase::withdraw(Reason reason)
{
    Stage open = Stage::Open;
    if (!m_stage.compare_exchange_strong(open, Stage::Withdrawn, std::memory_order_acq_rel))
        return false;
    publishError(error(reason));
    return true;
}

void AskBase::claimValue()
{
    if (m_isValueTaken.exchange(true, std::memory_order_relaxed))
        throw Error(
                QStringLiteral("The answer of %1 to %2 does not copy, and has been taken already")
                        .arg(targetPath(), typeName(m_messageType)));
}

void AskBase::rethrowError() const
{
    if (m_error)
        std::rethrow_exception(m_error);
}

std::exception_ptr AskBase::error(Reason reason) const
{
    const QString who = targetPath();
    const QString what = typeName(m_messageType);
    switch (reason) {
    case Reason::Cancelled:
        return std::make_exception_ptr(
                Cancelled(QStringLiteral("The ask of %1 with %2 was cancelled").arg(who, what)));
    case Reason::ActorStopped:
        return std::make_exception_ptr(ActorStopped(
                QStringLiteral("%1 has stopped and does not answer %2").arg(who, what)));
    case Reason::WouldDeadlock:
        return std::make_exception_ptr(
                WouldDeadlock(QStringLiteral("Awaiting the answer of %1 to %2 would never end: it "
                                             "waits for the asker itself")
                                      .arg(who, what)));
    case Reason::SystemEnded:
        return std::make_exception_ptr(ActorStopped(
                QStringLiteral("The system of %1 has ended before it answered %2").arg(who, what)));
    }
    Q_UNREACHABLE();
    return nullptr;
}

std::exception_ptr AskBase::timeoutError() const
{
    const QString who = targetPath();
    return std::make_exception_ptr(Timeout(QStringLiteral("%1 did not answer %2 within %3 ms")
                                                   .arg(who, typeName(m_messageType))
                                                   .arg(m_timeout.count())));
}

void AskBase::expired() noexcept
{
    settleError(timeoutError());
}

void AskBase::armTimeout()
{
    if (m_timeout == NoTimeout || m_timer != Timer::None)
        return;
    m_timer = Timer::Service;
    system()->service().add(*this);
}

void AskBase::follow(AnyFuture future)
{
    if (isSettled())
        return;
    std::optional<QFutureInterfaceBase> shown;
    {
        const QMutexLocker locker(&m_mutex);
        m_followers.push_back(future.state());
        if (m_shown)
            shown = *m_shown;
    }
    if (shown)
        showProgress(*shown);
    system()->service().watch(std::move(future), *this);
}

void AskBase::showProgress(const QFutureInterfaceBase &state)
{
    // Looks and shows in one go: this runs in the actor's thread, and in that of a new follower. What Qt calls meanwhile
    // only posts events.
    const QMutexLocker locker(&m_mutex);
    const int least = state.progressMinimum();
    const int most = state.progressMaximum();
    const int value = state.progressValue();
    const QString text = state.progressText();
    if (least == 0 && most == 0 && value <= 0 && text.isEmpty())
        return;
    if (!m_shown)
        m_shown = std::make_unique<QFutureInterfaceBase>(state);
    for (QFutureInterfaceBase &follower : m_followers) {
        if (least != follower.progressMinimum() || most != follower.progressMaximum())
            follower.setProgressRange(least, most);
        follower.setProgressValueAndText(value, text);
    }
}

namespace {

// Tells the actor that handles a message that nobody wants the answer any more.
class CancelEntry final : public ControlEntry
{
public:
    explicit CancelEntry(AskBase &ask) : m_ask(ask) { ask.hold(); }
    void run(ActorCell &cell) noexcept override { cell.cancelTurn(m_ask); }
    void dispose() noexcept override
    {
        m_ask.release();
        delete this;
    }

private:
    AskBase &m_ask;
};

} // namespace

void AskBase::cancel()
{
    hold(); // who hears of it may drop it
    if (withdraw(Reason::Cancelled)) {
        if (Cell *const cell = awaitedCell())
            cell->postSystem(new CancelEntry(*this));
    }
    release();
}

void AskBase::handOnTo(const Ref<Address> &target)
{
    {
        const QMutexLocker locker(&m_mutex);
        m_delegates.push_back(target);
    }
    m_awaited.store(target ? target->cell() : nullptr, std::memory_order_seq_cst);
    if (WaitGraph::closesCircle(*this))
        withdraw(Reason::WouldDeadlock);
}

void AskBase::leftOpenBy(Cell &cell) noexcept
{
    if (isSettled())
        return;
    Cell *self = &cell; // unless it has been handed on
    m_awaited.compare_exchange_strong(self, nullptr, std::memory_order_seq_cst);
}

void AskBase::wait()
{
    const QString who = targetPath();
    const QString what = typeName(m_messageType);
    const auto refuse = [&](const QString &why) {
        throw WouldDeadlock(QStringLiteral("Blocking for the answer of %1 to %2 is refused: %3")
                                    .arg(who, what, why));
    };
    const ActorCell *const here = ActorCell::current();
    if (here && here->dispatcher().isShared())
        refuse(QStringLiteral("%1 is in a handler on a thread that other actors share; co_await it")
                       .arg(here->path()));
    if (isSettled())
        return;
    const Cell *const target = awaitedCell();
    if (target && target->isRunning() && target->dispatcher().thread() == QThread::currentThread())
        refuse(QStringLiteral("both are in the same thread"));

    class Block final : public AskListener
    {
    public:
        explicit Block(std::shared_ptr<Completion> completion) : m_completion(std::move(completion))
        {
        }
        void settled() noexcept override
        {
            m_completion->complete();
            delete this;
        }

    private:
        const std::shared_ptr<Completion> m_completion;
    };

    if (WaitGraph::beginBlock(*this))
        refuse(QStringLiteral("it waits for this thread"));
    const auto completion = std::make_shared<Completion>();
    if (auto block = std::make_unique<Block>(completion); attach(block.get())) {
        static_cast<void>(block.release()); // deletes itself
        // Ends with the system at the latest, which may give up an actor that would have to answer.
        const Ref<SystemCore> core = system();
        armTimeout();
        core->addWaiter(completion->waiter);
        completion->sleepUntil([&] { return core->isEnded(); });
        core->removeWaiter(completion->waiter);
        // If nobody has settled it. Somebody may be about to: claimed, the value not there yet.
        if (!withdraw(Reason::SystemEnded))
            completion->waiter.sleepUntil([&] { return completion->isOver(); },
                                          QDeadlineTimer(QDeadlineTimer::Forever));
    }
    WaitGraph::endBlock();
}

bool AskBase::beginAwait(FrameBase &frame)
{
    if (m_awaitingFrame || (m_isAwaited && m_awaitingCell.get() != frame.m_cell))
        throw Error(QStringLiteral("%1 is awaited by another coroutine already").arg(name()));
    if (isSettled())
        return false;
    m_awaitingFrame = &frame;
    if (!m_isAwaited) {
        m_awaitingCell = Ref<Address>(frame.m_cell);
        if (!attach(static_cast<AskListener *>(this))) {
            m_awaitingFrame = nullptr;
            return false;
        }
        m_isAwaited = true;
    }
    if (m_timeout == NoTimeout || m_timer != Timer::None)
        return true;
    // The dispatcher keeps it if its clock is the one that the deadline is of.
    if (&frame.m_cell->system().clock() == &system()->clock()) {
        m_timer = Timer::Dispatcher;
        frame.m_cell->dispatcher().addTimer(*this);
    } else {
        armTimeout();
    }
    return true;
}

void AskBase::endAwait() noexcept
{
    m_awaitingFrame = nullptr;
    if (m_timer == Timer::Dispatcher) {
        m_timer = Timer::None;
        m_awaitingCell->cell()->dispatcher().removeTimer(*this);
        if (m_isShared && !isSettled())
            armTimeout(); // for the others who wait for it
    }
}

void AskBase::ResumeEntry::run(ActorCell &cell) noexcept
{
    if (FrameBase *const frame = ask.m_awaitingFrame)
        cell.turn().setReady(*frame);
}

void AskBase::settled() noexcept
{
    hold(); // until the entry is disposed of
    m_awaitingCell->cell()->postSystem(&m_resumeEntry);
}

void AskBase::breakPromise(const QString &how)
{
    if (m_stage.load(std::memory_order_relaxed) != Stage::Open)
        return;
    const QString who = targetPath();
    settleError(std::make_exception_ptr(BrokenPromise(
            QStringLiteral("%1, asked with %2, %3").arg(who, typeName(m_messageType), how))));
}

void AskBase::unreferenced()
{
    breakPromise(QStringLiteral("has not answered, and nobody can any more"));
    release();
}

void AskBase::wrongReply(const TypeInterface *type, const TypeInterface *expected)
{
    if (m_stage.load(std::memory_order_relaxed) != Stage::Open)
        return lateReply(type);
    breakPromise(QStringLiteral("answered with %1, but the ask expects %2")
                         .arg(typeName(type), typeName(expected)));
}

void AskBase::lateReply(const TypeInterface *type)
{
    DeadLetter letter;
    letter.type = QMetaType(type);
    letter.recipient = ActorRef<>(Ref<Address>(this));
    letter.cause = DeadLetter::LateReply;
    system()->deadLetter(std::move(letter));
}

bool AskBase::post(Envelope *envelope)
{
    if (!envelope->isThere()) {
        envelope->dispose();
        return true;
    }
    if (m_stage.load(std::memory_order_acquire) != Stage::Open) {
        system()->deadLetter(Ref<Envelope>::adopt(envelope), this, DeadLetter::LateReply);
        return true;
    }
    settleValue(envelope->type(), envelope->payload());
    envelope->dispose();
    return true;
}

} // namespace Actorio::Detail
