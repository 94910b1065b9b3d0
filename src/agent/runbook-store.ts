// Runs as they stand in the store, where every host sees them and carries them on. A run is one key, changed only by compare-and-set: who is
// refused looks again. The Markdown is kept as it was when the run began, so that an edit does not change what is under way.

import { z } from 'zod';
import type { Compare, Put, TxnAnswer } from '../ports.ts';
import type { BlockOutput } from '../api-runbook.ts';
import type { Run } from '../model/runbook-run.ts';
import { ms, type Ms } from '../model/units.ts';

const runbookPrefix = 'runbook/';

/** A run, and the revision to compare when it is changed. */
export interface KeptRun {
  readonly run: Run;
  readonly revision: number;
}

/** All runs that are kept, as the store last told. */
export interface RunbookStore {
  /** An entry of the store that was read or has changed; those of others are left alone. */
  readonly saw: (entry: { readonly key: string; readonly value: string | null; readonly revision: number }) => void;
  all(): readonly KeptRun[];
  get(id: string): KeptRun | undefined;
  markdown(id: string): string | null;
  /** By block index, or `u` and block index for its undo. */
  outputs(id: string): Readonly<Record<string, BlockOutput>>;
  /** The open run of a service or runbook. */
  open(subject: string): string | null;
  begin(run: Run, markdown: string): Promise<TxnAnswer>;
  /** `refused`: it has changed meanwhile. With `outputs` these are kept too. */
  put(run: Run, before: number, outputs?: Readonly<Record<string, BlockOutput>>): Promise<TxnAnswer>;
  keepOutputs(id: string, before: number, outputs: Readonly<Record<string, BlockOutput>>): Promise<TxnAnswer>;
}

/** What a run is about, as the key that makes it the only open one. */
export function subjectOf(run: Pick<Run, 'service' | 'runbook'>): string {
  return run.service ?? run.runbook;
}

const key = {
  run: (id: string) => `${runbookPrefix}run/${id}`,
  text: (id: string) => `${runbookPrefix}text/${id}`,
  output: (id: string) => `${runbookPrefix}output/${id}`,
  open: (subject: string) => `${runbookPrefix}open/${encodeURIComponent(subject)}`,
};
const timeout: Ms = ms(5000);
/** Ended runs that are kept, the newest, beside those that are still counted. The journal remembers for longer. */
const keptEnded = 40;
/** Of what all blocks of a run wrote together, as JSON: below what etcd takes as one value. In characters. */
const mostOutput = 300_000;

const blockRun = z.object({
  state: z.enum(['pending', 'approved', 'running', 'ok', 'failed', 'skipped', 'interrupted']),
  host: z.string().nullable(),
  life: z.string().nullable(),
  by: z.string().nullable(),
  beganAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
  code: z.number().nullable(),
  signal: z.string().nullable(),
  why: z.string().nullable(),
});
const run: z.ZodType<Run> = z.object({
  id: z.string(),
  runbook: z.string(),
  service: z.string().nullable(),
  host: z.string(),
  incident: z.string().nullable(),
  startedBy: z.string(),
  auto: z.boolean(),
  why: z.string(),
  allowedBy: z.string().nullable(),
  values: z.record(z.string(), z.string()),
  phase: z.enum(['forward', 'undo', 'ended']),
  outcome: z.enum(['done', 'failed', 'aborted']).nullable(),
  because: z.string().nullable(),
  startedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
  at: z.number(),
  blocks: z.array(blockRun),
  undone: z.array(blockRun.nullable()),
});
const outputs = z.record(
  z.string(),
  z.object({ head: z.string(), left: z.number(), tail: z.string(), total: z.number() }),
);

/** `txn` is the store's; `told` is called after every change that was seen. */
export function openRunbookStore(options: {
  readonly txn: (compares: readonly Compare[], puts: readonly Put[], timeoutMs: Ms) => Promise<TxnAnswer>;
  told(): void;
  /** An ended run that a limit still counts: it is not forgotten, however many ended after it. */
  counts(run: Run): boolean;
}): RunbookStore {
  const values = new Map<string, { value: string; revision: number }>();
  const runs = new Map<string, KeptRun>();

  const take = (name: string, value: string | null, revision: number): void => {
    if ((values.get(name)?.revision ?? 0) > revision) return;
    const id = name.startsWith(key.run('')) ? name.slice(key.run('').length) : null;
    if (value === null) {
      values.delete(name);
      if (id !== null) runs.delete(id);
      return;
    }
    values.set(name, { value, revision });
    if (id === null) return;
    // Of another version, perhaps: what is not understood is left alone.
    const read = run.safeParse(parsed(value));
    if (read.success) runs.set(id, { run: read.data, revision });
  };
  const txn = async (compares: readonly Compare[], puts: readonly Put[]): Promise<TxnAnswer> => {
    const answer = await options.txn(compares, puts, timeout);
    if (answer.kind === 'applied') for (const put of puts) take(put.key, put.value, answer.revision);
    if (answer.kind === 'refused')
      for (const { key: name } of compares) {
        const current = answer.current.find((entry) => entry.key === name);
        take(name, current?.value ?? null, current?.revision ?? answer.revision);
      }
    if (answer.kind !== 'unknown') options.told();
    return answer;
  };
  const revisionOf = (name: string): number => values.get(name)?.revision ?? 0;
  /** The oldest ended one goes when there are too many. */
  const forgotten = (): Put[] => {
    const ended = [...runs.values()]
      .filter((each) => each.run.phase === 'ended' && !options.counts(each.run))
      .toSorted((a, b) => a.run.startedAtMs - b.run.startedAtMs);
    const { id } = ended[0]?.run ?? { id: null };
    if (id === null || ended.length < keptEnded) return [];
    return [key.run(id), key.text(id), key.output(id)].map((name) => ({ key: name, value: null }));
  };

  return {
    saw({ key: name, value, revision }) {
      if (!name.startsWith(runbookPrefix)) return;
      take(name, value, revision);
      options.told();
    },
    all: () => [...runs.values()].toSorted((a, b) => b.run.startedAtMs - a.run.startedAtMs),
    get: (id) => runs.get(id),
    markdown: (id) => values.get(key.text(id))?.value ?? null,
    outputs(id) {
      const read = outputs.safeParse(parsed(values.get(key.output(id))?.value ?? '{}'));
      return read.success ? read.data : {};
    },
    open: (subject) => values.get(key.open(subject))?.value ?? null,
    begin(begun, markdown) {
      const open = key.open(subjectOf(begun));
      return txn(
        [
          { key: open, revision: revisionOf(open) },
          { key: key.run(begun.id), revision: 0 },
        ],
        [
          { key: open, value: begun.id },
          { key: key.text(begun.id), value: markdown },
          { key: key.run(begun.id), value: JSON.stringify(begun) },
          ...forgotten(),
        ],
      );
    },
    put(changed, before, written) {
      const open = key.open(subjectOf(changed));
      return txn(
        [{ key: key.run(changed.id), revision: before }],
        [
          { key: key.run(changed.id), value: JSON.stringify(changed) },
          ...(written === undefined ? [] : [{ key: key.output(changed.id), value: bounded(written) }]),
          ...(changed.phase === 'ended' ? [{ key: open, value: null }] : []),
        ],
      );
    },
    keepOutputs: (id, before, written) =>
      txn([{ key: key.run(id), revision: before }], [{ key: key.output(id), value: bounded(written) }]),
  };
}

/** The earlier ones are cut first. */
function bounded(written: Readonly<Record<string, BlockOutput>>): string {
  const kept = { ...written };
  let text = JSON.stringify(kept);
  for (const [name, each] of Object.entries(written)) {
    if (text.length <= mostOutput) break;
    kept[name] = { head: '', left: each.total, tail: '', total: each.total };
    text = JSON.stringify(kept);
  }
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
