// SPDX-License-Identifier: MIT
#include "actor/actorcell_p.h"
#include "kernel/logging_p.h"

#include <Actorio/actor.h>
#include <Actorio/detail/timespan.h>
#include <Actorio/error.h>

namespace Actorio {

using namespace Detail;

void Actor::setReceiveTimeout(std::chrono::milliseconds span)
{
    if (!m_cell)
        throw Error(QStringLiteral("An actor that has not been spawned has no receive timeout yet: "
                                   "set it in setUp()"));
    if (span.count() <= 0)
        return cancelReceiveTimeout();
    if (m_cell->takesInputs())
        m_cell->setReceiveTimer(Ref<ReceiveTimer>(new ReceiveTimer(*m_cell, nanosecondsOf(span))));
    else
        qCWarning(lcCore).noquote()
                << m_cell->path() << "is stopping and takes no receive timeout any more";
}

void Actor::cancelReceiveTimeout()
{
    if (m_cell)
        m_cell->setReceiveTimer({});
}

namespace Detail {

ReceiveTimer::ReceiveTimer(ActorCell &cell, std::chrono::nanoseconds span)
    : m_cell(&cell), m_span(span), m_since(cell.system().clock().now())
{
    goOn(m_since + m_span);
}

ReceiveTimer::~ReceiveTimer() = default;

void ReceiveTimer::messageHandled()
{
    m_since = m_cell->system().clock().now();
}

void ReceiveTimer::close() noexcept
{
    if (ActorCell *const cell = std::exchange(m_cell, nullptr))
        cell->dispatcher().removeTimer(*this);
}

void ReceiveTimer::goOn(TimePoint until)
{
    deadline = until;
    m_cell->dispatcher().addTimer(*this);
}

void ReceiveTimer::expired() noexcept
{
    const TimePoint now = m_cell->system().clock().now();
    if (m_cell->isInFirstOrMessageTurn())
        return goOn(now + m_span); // which cannot be over before
    if (now - m_since < m_span)
        return goOn(m_since + m_span);
    tell();
}

void ReceiveTimer::tell()
{
    m_cell->postSystem(new LazyEnvelope<Actor, ReceiveTimeout, ReceiveTimer>(
            Ref<ReceiveTimer>(this), Ref<Address>()));
}

std::optional<ReceiveTimeout> ReceiveTimer::take()
{
    if (!m_cell || m_cell->isStopping()) // it is no dead letter, either
        return {};
    const TimePoint now = m_cell->system().clock().now();
    if (now - m_since < m_span) { // there were others in the inbox before it
        goOn(m_since + m_span);
        return {};
    }
    m_since = now;
    goOn(now + m_span);
    return ReceiveTimeout();
}

} // namespace Detail

} // namespace Actorio
