// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <QtCore/qglobal.h>

#include <atomic>

namespace Actorio::Detail {

// What a Ref keeps alive. Any thread.
class ACTORIO_EXPORT Counted
{
public:
    Counted(const Counted &) = delete;
    Counted &operator=(const Counted &) = delete;

    void ref() noexcept { m_references.fetch_add(1, std::memory_order_relaxed); }
    void deref() noexcept
    {
        // Release and acquire: whoever drops the last reference sees what the others did before.
        if (m_references.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete this;
    }

protected:
    Counted() = default;
    virtual ~Counted();

private:
    std::atomic<quint32> m_references{0};
};

} // namespace Actorio::Detail
