// SPDX-License-Identifier: MIT
#include <Actorio/detail/futureinput.h>

#include "actor/actorcell_p.h"
#include "actor/futurewatch_p.h"

namespace Actorio::Detail {

FutureSource::~FutureSource() = default;

void FutureSource::goOn()
{
    m_watch.reset();
    m_future = next();
    if (cell())
        cell()->listenTo(m_future, maker());
    if (m_future.isFinished())
        notify();
    else if (cell()) // the factory may have cancelled it
        m_watch.reset(new FutureWatch(m_future, [this] { notify(); }));
}

InputSource::News FutureSource::look()
{
    return m_future && m_future.isFinished() ? News::Something : News::Nothing;
}

} // namespace Actorio::Detail
