// SPDX-License-Identifier: MIT
#include "kernel/waitgraph_p.h"

#include "kernel/cell_p.h"
#include "kernel/dispatcher_p.h"

#include <Actorio/detail/askstate.h>

#include <QtCore/qmutex.h>
#include <QtCore/qthread.h>

namespace Actorio::Detail::WaitGraph {

namespace {

QBasicMutex walkMutex;
// Sequentially consistent: a wait that ends after a walk has begun sees it here and waits for the lock;
// a walk that begins after a wait has ended does not see that wait.
std::atomic<int> walks{0};

// What the cell is known to wait for. It may be settled already, and just not have been noticed.
AskBase *waitOf(const Cell &cell)
{
    if (AskBase *const blocked = cell.dispatcher().blockedOn.load(std::memory_order_seq_cst))
        return blocked;
    return cell.awaitedAsk.load(std::memory_order_seq_cst);
}

// Whether the waits from `ask` on lead to a cell for which `isStart` holds.
template<class IsStart>
bool leadsBack(const AskBase &ask, IsStart isStart)
{
    const Cell *target = ask.awaitedCell();
    if (!target)
        return false;
    if (isStart(*target))
        return true;
    if (!waitOf(*target))
        return false;
    const QMutexLocker locker(&walkMutex);
    walks.store(1, std::memory_order_seq_cst);
    bool found = false;
    // A circle that does not go through the start ends the walk too: it is somebody else's to refuse.
    for (int steps = 0; target && steps < 100'000; ++steps) {
        if (isStart(*target)) {
            found = true;
            break;
        }
        AskBase *const next = waitOf(*target);
        target = next && next->isOpen() ? next->awaitedCell() : nullptr;
    }
    walks.store(0, std::memory_order_seq_cst);
    return found;
}

// What a wait kept alive may go when no walk is on its way that has seen the wait.
void waitForWalks()
{
    if (walks.load(std::memory_order_seq_cst) != 0)
        const QMutexLocker locker(&walkMutex);
}

void end(std::atomic<AskBase *> &wait)
{
    if (!wait.load(std::memory_order_relaxed))
        return;
    wait.store(nullptr, std::memory_order_seq_cst);
    waitForWalks();
}

} // namespace

bool beginWait(Cell &waiting, AskBase &ask)
{
    waiting.awaitedAsk.store(&ask, std::memory_order_seq_cst);
    if (!leadsBack(ask, [&](const Cell &cell) { return &cell == &waiting; }))
        return false;
    endWait(waiting);
    return true;
}

void endWait(Cell &waiting)
{
    end(waiting.awaitedAsk);
}

bool beginBlock(AskBase &ask)
{
    const QThread *const here = QThread::currentThread();
    Dispatcher::setBlocked(here, &ask);
    if (!leadsBack(ask, [=](const Cell &cell) { return cell.dispatcher().thread() == here; }))
        return false;
    endBlock();
    return true;
}

void endBlock()
{
    Dispatcher::setBlocked(QThread::currentThread(), nullptr);
    waitForWalks();
}

bool closesCircle(AskBase &ask)
{
    return leadsBack(ask, [&](const Cell &cell) { return waitOf(cell) == &ask; });
}

} // namespace Actorio::Detail::WaitGraph
