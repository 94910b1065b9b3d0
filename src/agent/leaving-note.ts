// That this host was told to go down, written beside its keeper's sockets: an agent that is killed meanwhile is started again by that keeper, and goes on. Of
// another keeper the note is void: whoever started that one wants the host up.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Input } from '../decide/input.ts';
import type { State } from '../decide/state.ts';

interface LeavingNote {
  /** After every step: writes it down once. */
  look(state: State): void;
  /** When the keeper has said who it is: what is to be done again; null: nothing. */
  remembered(keeper: { readonly pid: number; readonly startTicks: number }): Input | null;
}

const note = z.object({ keeper: z.string(), leaveRunning: z.boolean() });

/** A note in this file. A disk that refuses costs only that an agent killed in the middle of `down` has to be told again. */
export function leavingNote(file: string): LeavingNote {
  let written = false;
  return {
    look({ leaving, keeper }) {
      if (written || leaving === null || keeper.pid === null) return;
      written = true;
      const text = JSON.stringify({
        keeper: nameOf(keeper.pid, keeper.startTicks),
        leaveRunning: leaving.leaveRunning,
      });
      try {
        writeFileSync(file, text, { mode: 0o600 });
      } catch {
        // Said above.
      }
    },
    remembered(keeper) {
      const found = read(file);
      if (found === null) return null;
      if (found.keeper !== nameOf(keeper.pid, keeper.startTicks)) {
        rmSync(file, { force: true });
        return null;
      }
      return {
        kind: 'person',
        request: 0,
        owner: 'system',
        why: 'the host was going down when its agent ended',
        asks: { kind: 'down', leaveRunning: found.leaveRunning },
      };
    },
  };
}

function nameOf(pid: number, startTicks: number): string {
  return `${pid}.${startTicks}`;
}

function read(file: string): z.infer<typeof note> | null {
  try {
    const parsed = note.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
