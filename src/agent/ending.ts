// How an agent ends: alone, so that the keeper starts another; with its keeper, when everything here is down or is to be left alone; or at once, when an
// invariant of the core broke.

import { setTimeout as pause } from 'node:timers/promises';
import type { Input } from '../decide/input.ts';
import { wallNow } from '../keeper/clock.ts';
import type { Journal, Keeper } from '../ports.ts';

/** The ways in which this process ends. */
export interface Ending {
  /** Everything here is down, or is to be left alone: keeper and agent end. */
  quit(leaveRunning: boolean): Promise<void>;
  /** Ends this agent only. */
  leave(code: number): Promise<void>;
  /** What is going on is not understood any more: services go on, and another agent begins anew. */
  broken(error: unknown, input: Input): void;
}

/** An end that the keeper understands: an invariant broke. It starts another after any end. */
const brokenExit = 64;
const quitTries = 20;
const quitAgainMs = 100;
const leaveWithinMs = 5000;

/** `close`: closes all parts, in order. `storeNotNeeded`: the last that this host needed of the store is done. */
export function openEnding(options: {
  readonly journal: Journal;
  keeper(): Keeper;
  storeNotNeeded(): Promise<void>;
  close(): Promise<void>;
  readonly log: (text: string) => void;
}): Ending {
  const { journal, log } = options;
  let quitting = false;
  const leave = async (code: number): Promise<void> => {
    // A disk that stalls holds nobody up for ever.
    setTimeout(() => process.exit(code), leaveWithinMs);
    await options.close();
    process.exit(code);
  };
  return {
    leave,
    async quit(leaveRunning) {
      if (quitting) return;
      quitting = true;
      await journal.flush();
      if (!leaveRunning) await options.storeNotNeeded();
      let answer = await options.keeper().quit({ leave: leaveRunning });
      // What we had killed and do not know may yet be dying. A keeper that stays would start another agent, and that one all the services.
      for (let tries = 0; answer.kind === 'failed' && tries < quitTries; tries++) {
        await pause(quitAgainMs);
        answer = await options.keeper().quit({ leave: leaveRunning });
      }
      if (answer.kind === 'failed') {
        log(`something is left running: ${answer.why}`);
        await options.keeper().quit({ leave: true });
      }
      await leave(0);
    },
    broken(error, input) {
      log(
        `an invariant is broken, this agent stops; services go on. Input: ${input.kind}. ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      journal.append({
        atMs: wallNow(),
        kind: 'broken',
        service: null,
        instance: null,
        term: null,
        rule: null,
        facts: { why: String(error), input: input.kind },
      });
      void journal.flush().finally(() => process.exit(brokenExit));
    },
  };
}
