// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/pooled.h>
#include <Actorio/detail/ref.h>
#include <Actorio/global.h>

#include <QtCore/qstring.h>

#include <atomic>

QT_BEGIN_NAMESPACE
struct QMetaObject;
QT_END_NAMESPACE

namespace Actorio::Detail {

class Envelope;
class Cell;

// Whatever a reference may point to: an actor's cell, an inbox, the one-shot address of an ask.
// Counted by all references to it; usable from any thread for as long as one of them exists.
class ACTORIO_EXPORT Address : public Pooled
{
public:
    Address(const Address &) = delete;
    Address &operator=(const Address &) = delete;

    void ref() noexcept { m_references.fetch_add(1, std::memory_order_relaxed); }
    void deref() noexcept
    {
        // Release and acquire: whoever drops the last reference sees what the others did before.
        if (m_references.fetch_sub(1, std::memory_order_acq_rel) == 1)
            unreferenced();
    }

    // Takes the envelope in any case; false: it was refused and is destroyed.
    virtual bool post(Envelope *envelope) = 0;

    virtual void requestStop() { }
    virtual void requestDrain() { }
    virtual void requestKill() { }
    virtual bool isRunning() const = 0;
    virtual QString name() const = 0;
    virtual QString path() const { return name(); }
    // The class of the actor behind this address, or null when there is no actor.
    virtual const QMetaObject *actorClass() const { return nullptr; }
    // The cell of the actor behind this address, or null.
    virtual Cell *cell() { return nullptr; }

    quint64 id() const noexcept { return m_id; }

protected:
    Address() noexcept;
    virtual ~Address();
    virtual void unreferenced() = 0;

private:
    std::atomic<quint32> m_references{0};
    const quint64 m_id;
};

} // namespace Actorio::Detail
