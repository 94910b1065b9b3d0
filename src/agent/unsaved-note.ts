// Incidents that people may have been told of while the store was away, on this host's disk: an agent that begins again meanwhile goes on with them, so that
// each is told once and ends once. Written beside the loop; once the store has them the file goes.

import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Input } from '../decide/input.ts';
import type { State } from '../decide/state.ts';
import { unsavedIncidents } from '../decide/unsaved.ts';
import { keys } from '../decide/records.ts';
import { readRecord } from './records.ts';
import { replaceFile } from './replace-file.ts';

interface UnsavedNote {
  /** After every step: writes down what is new. */
  look(state: State): void;
  /** What a former life left; null: nothing. */
  remembered(): Input | null;
}

/** A note in this file. A disk that refuses costs only that what was told is told again by the next life. */
export function unsavedNote(file: string): UnsavedNote {
  let seen: State['incidents'] | null = null;
  let wanted = '';
  let writing: Promise<void> | null = null;
  const go = async (): Promise<void> => {
    for (let text: string | null = null; text !== wanted;) {
      text = wanted;
      await (text === '' ? rm(file, { force: true }) : replaceFile(file, text)).catch(() => undefined);
    }
    writing = null;
  };
  return {
    look(state) {
      if (state.incidents === seen || state.system === null) return;
      seen = state.incidents;
      const incidents = unsavedIncidents(state);
      const text = incidents.length === 0 ? '' : JSON.stringify({ incidents });
      if (text === wanted) return;
      wanted = text;
      writing ??= go();
    },
    remembered() {
      const text = read(file);
      if (text === null) return null;
      wanted = text;
      const record = readRecord({ key: keys.incidents, value: text, revision: 0 });
      return record?.kind === 'incidents' && record.value !== null
        ? { kind: 'rememberedIncidents', incidents: record.value.incidents }
        : null;
    },
  };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
