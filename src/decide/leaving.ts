// The end of an agent that was asked to leave: when nothing runs here and the session is closed, or at once when the services stay.

import type { Draft } from './draft.ts';

/** Ends keeper and agent when there is nothing left to do here. */
export function quitWhenDown(d: Draft): void {
  const { leaving, own, keeper } = d.s;
  if (leaving === null || leaving.quit) return;
  const down =
    leaving.leaveRunning ||
    (keeper.pid !== null && [...d.s.slots.values()].every((slot) => slot.now === null && slot.leaseTxn === null));
  // Without a description this life has written no session, and none is to be closed: the store may never answer.
  const idle = d.s.system === null && own.revision === 0 && d.s.keeper.up && d.s.keeper.unplaced.length === 0;
  if (!down || !(own.closed || idle)) {
    if (down) d.wakeBy(d.mono + 50);
    return;
  }
  d.s.leaving = { ...leaving, quit: true };
  d.note({ kind: 'quit', facts: { host: d.s.me, leaveRunning: leaving.leaveRunning } });
  d.tell({ kind: 'quit', leaveRunning: leaving.leaveRunning });
}
