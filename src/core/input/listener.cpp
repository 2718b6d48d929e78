// SPDX-License-Identifier: MIT
#include <Actorio/detail/listener.h>

#include "actor/actorcell_p.h"
#include "actor/inputs_p.h"
#include "kernel/logging_p.h"

#include <Actorio/actor.h>
#include <Actorio/error.h>

namespace Actorio::Detail {

Actor *Listener::actor()
{
    return static_cast<Actor *>(this);
}

Ref<Address> Listener::address()
{
    return Ref<Address>(actor()->m_cell);
}

const Ref<Address> &Listener::existing(const Ref<Address> &target)
{
    if (!target)
        throw Error(QStringLiteral("A timer needs an actor to tell, not a null reference"));
    return target;
}

Input Listener::listen(InputSource *source)
{
    Ref<InputSource> held(source);
    ActorCell *const cell = actor()->m_cell;
    if (!cell)
        throw Error(QStringLiteral("An actor that has not been spawned listens to nothing yet: add "
                                   "its inputs and timers in setUp()"));
    if (cell->takesInputs()) {
        cell->inputs().add(held);
    } else {
        qCWarning(lcCore).noquote() << cell->path() << "is stopping and listens to nothing new";
        held->cancel();
    }
    return Input(std::move(held));
}

void Listener::refuseHandler()
{
    throw Error(QStringLiteral("The handler of an input or a timer is a member function of another "
                               "class than %1, or a function object")
                        .arg(QString::fromLatin1(actor()->metaObject()->className())));
}

bool Listener::cancelTimer(const QString &key)
{
    ActorCell *const cell = actor()->m_cell;
    InputSource *const timer = cell && cell->hasInputs() ? cell->inputs().timer(key) : nullptr;
    if (timer)
        timer->cancel();
    return timer;
}

} // namespace Actorio::Detail
