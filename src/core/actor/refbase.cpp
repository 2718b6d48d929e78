// SPDX-License-Identifier: MIT
#include <Actorio/detail/refbase.h>

#include "actor/actorcell_p.h"

#include <QtCore/qdebug.h>
#include <QtCore/qpromise.h>

namespace Actorio::Detail {

namespace {

// The promise behind a terminated().
class EndPromise final : public EndListener
{
public:
    EndPromise() { m_promise.start(); }
    QFuture<StopReason> future() const { return m_promise.future(); }
    void ended(const StopReason &reason) noexcept override
    {
        m_promise.addResult(reason);
        m_promise.finish();
        delete this;
    }

private:
    QPromise<StopReason> m_promise;
};

} // namespace

void RefBase::stop() const
{
    if (m_address)
        m_address->requestStop();
}

void RefBase::drain() const
{
    if (m_address)
        m_address->requestDrain();
}

void RefBase::kill() const
{
    if (m_address)
        m_address->requestKill();
}

QFuture<StopReason> RefBase::terminated() const
{
    auto *const promise = new EndPromise;
    const QFuture<StopReason> future = promise->future();
    ActorCell *const cell = ActorCell::of(m_address.get());
    if (!cell)
        promise->ended(StopReason::NoActor);
    else if (!cell->addEndListener(promise))
        promise->ended(cell->endReason());
    return future;
}

bool RefBase::isRunning() const
{
    return m_address && m_address->isRunning();
}

quint64 RefBase::id() const
{
    return m_address ? m_address->id() : 0;
}

QString RefBase::name() const
{
    return m_address ? m_address->name() : QString();
}

QString RefBase::path() const
{
    return m_address ? m_address->path() : QString();
}

bool RefBase::isA(const QMetaObject &actorClass) const
{
    if (!m_address)
        return false;
    if (&actorClass == &Actor::staticMetaObject)
        return true;
    const QMetaObject *const own = m_address->actorClass();
    return own && own->inherits(&actorClass);
}

QDebug operator<<(QDebug debug, const RefBase &ref)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "ActorRef(" << (ref ? ref.path() : QStringLiteral("null"));
    return debug << ')';
}

} // namespace Actorio::Detail
