// SPDX-License-Identifier: MIT
#include <Actorio/detail/inputsource.h>

#include "actor/actorcell_p.h"
#include "actor/inputs_p.h"

#include <Actorio/error.h>
#include <Actorio/input.h>

namespace Actorio {

using namespace Detail;

bool Input::isActive() const noexcept
{
    return m_source && m_source->isActive();
}

void Input::cancel()
{
    if (m_source)
        m_source->cancel();
}

void Input::setEndHandler(InputSource::EndHandler handler)
{
    if (m_source)
        m_source->setEndHandler(std::move(handler));
}

namespace Detail {

InputSource::InputSource(int limit) : m_left(limit)
{
    if (limit <= 0)
        throw Error(QStringLiteral("An input that may fire %1 times makes no sense").arg(limit));
}

InputSource::~InputSource() = default;

void InputSource::cancel()
{
    const Ref<InputSource> keep(this);
    revoke();
    close();
}

void InputSource::close() noexcept
{
    const Ref<InputSource> keep(this);
    m_stage = Stage::Closed;
    const EndHandler ended = std::exchange(m_ended, {}); // goes last, and may come back here
    if (m_isListed)
        m_cell->inputs().remove(*this);
    else if (!m_isInUse)
        letGo();
}

void InputSource::setEndHandler(EndHandler handler)
{
    if (m_stage == Stage::Closed)
        return;
    m_ended.swap(handler);
    if (m_stage != Stage::Ended || !m_ended)
        return;
    if (ActorCell *const cell = ActorCell::of(m_home.get()); cell->takesInputs())
        cell->inputReady(*this);
    else
        cancel();
}

void InputSource::letGo() noexcept
{
    if (!std::exchange(m_isReleased, true))
        release();
}

void InputSource::takeBackCall() noexcept
{
    if (m_left != Endless)
        ++m_left;
}

void InputSource::notify()
{
    if (m_cell)
        m_cell->inputReady(*this);
}

void InputSource::notifyFromAnywhere()
{
    if (ActorCell::of(m_home.get())->dispatcher().isCurrent())
        return notify();
    const QMutexLocker locker(&m_mutex);
    notifyLocked();
}

void InputSource::notifyLocked()
{
    if (!m_cell)
        return;
    if (m_cell->dispatcher().isCurrent())
        m_cell->inputReady(*this);
    else if (m_cell->inputs().setNotified(*this))
        m_cell->wakeUpFromAnywhere();
}

} // namespace Detail

} // namespace Actorio
