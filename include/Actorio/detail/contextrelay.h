// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/askstate.h>

#include <QtCore/qobject.h>

namespace Actorio::Detail {

// Turns the settling of an ask into a signal, once, and deletes itself.
class ACTORIO_EXPORT ContextRelay final : public QObject, public AskListener
{
    Q_OBJECT
public:
    ContextRelay();
    ~ContextRelay() override;
    void notify() noexcept;

Q_SIGNALS:
    void outcome(QPrivateSignal);

private:
    void settled() noexcept override { notify(); }
};

} // namespace Actorio::Detail
