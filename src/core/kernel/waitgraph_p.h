// SPDX-License-Identifier: MIT
#pragma once

namespace Actorio::Detail {

class AskBase;
class Cell;

// Who waits for whom: a cell that cannot go on without an ask waits for the ask's target, a blocked thread
// makes all its cells wait. A wait that would close a circle is refused.
//
// The way without contention is two sequentially consistent accesses: a waiter first shows its own wait
// and then looks whether its target waits. Of two that close a circle together, at least one sees the other.
// Only then the graph is walked, under a lock; what a wait keeps alive is kept until no walk is on its way.
namespace WaitGraph {

// In the cell's thread. True: the wait closes a circle (and is not shown).
bool beginWait(Cell &waiting, AskBase &ask);
void endWait(Cell &waiting);
// The calling thread blocks, with all the dispatchers that are in it or come to be there.
bool beginBlock(AskBase &ask);
void endBlock();
// Whether who asks `ask` waits, through others, for himself: after it was handed on to somebody else.
bool closesCircle(AskBase &ask);

} // namespace WaitGraph

} // namespace Actorio::Detail
