// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/dispatcher_p.h"

#include <QtCore/qcoreevent.h>
#include <QtCore/qobject.h>

namespace Actorio::Detail {

// A dispatcher's face to Qt's event loop: an object in its thread, which a posted event or a timer wakes.
class Waker final : public QObject
{
public:
    explicit Waker(Dispatcher &dispatcher) : m_dispatcher(&dispatcher) { }

    static QEvent::Type wakeEventType();
    bool event(QEvent *event) override;

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    void bind();

    const Ref<Dispatcher> m_dispatcher;
    bool m_isBound = false;
};

} // namespace Actorio::Detail
