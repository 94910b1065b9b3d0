// A heartbeat by a row of a database: a query returns one value (a time, a number, a text), and a value that changed is a
// beat. A database that cannot be asked is no beat and no missed one either: it is said once, as a check by the name of
// `heartbeat row` that cannot tell, and once more when it answers again.
// Each heartbeat has a connection of its own, so that a query that hangs costs no other service its beats.

import { ms } from '../model/units.ts';
import { inWords } from './asked.ts';
import { repeat } from './repeat.ts';
import { type RowSource, openRowSource } from './row-source.ts';
import { oneLine } from './text.ts';
import { type Watched, limitOf } from './watched.ts';

const rowCheckName = 'heartbeat row';
/** A database is not asked oftener. */
const shortestEveryMs = 50;
/** A single error (a locked file, a connection that was closed while idle) is not worth a word; as many in a row are. */
const errorsThatCount = 2;

/** Asks every quarter of the interval until it is no longer observed. */
export function startRowHeartbeat(watched: Watched, row: { url: string; query: string }, every: number): void {
  const period = Math.max(shortestEveryMs, every / 4);
  let source: RowSource | null = null;
  let last: string | null = null;
  let errors = 0;
  const say = (result: 'ok' | 'unknown', text: string, took: number): void =>
    watched.tell({
      kind: 'check',
      instance: watched.key,
      at: watched.now(),
      check: rowCheckName,
      result,
      text,
      tookMs: ms(took),
    });

  const look = async (): Promise<void> => {
    const asked = watched.now();
    try {
      source ??= await openRowSource(row.url, watched.from.dir);
      const value = await source.ask(row.query, limitOf(Math.max(every, 1000)));
      // The first value may be an earlier instance's last.
      if (last !== null && value !== last) watched.tell({ kind: 'beat', instance: watched.key, at: watched.now() });
      last = value;
      if (errors >= errorsThatCount) say('ok', 'answers again', watched.now() - asked);
      errors = 0;
    } catch (error) {
      errors += 1;
      if (errors === errorsThatCount) say('unknown', oneLine(inWords(error)), watched.now() - asked);
      await source?.close();
      source = null;
    }
    if (watched.signal.aborted) await source?.close();
  };
  watched.signal.addEventListener('abort', () => void source?.close(), { once: true });
  repeat({ every: period, name: `${watched.key} row`, firstWithin: 0, now: watched.now, job: look }, watched.signal);
}
