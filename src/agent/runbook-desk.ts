// What all answers about runbooks share: the runs in the store, the runner of this host, and how a run is seen and changed.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { StatusView } from '../api.ts';
import type { RunbookAnswer, RunbookRefusal, RunView } from '../api-runbook.ts';
import type { JsonValue } from '../model/json.ts';
import type { Runbook } from '../model/runbook.ts';
import type { Run } from '../model/runbook-run.ts';
import { serviceNamed, type Service, type System } from '../model/system.ts';
import type { Ms } from '../model/units.ts';
import type { Compare, Put, TxnAnswer } from '../ports.ts';
import type { Plans } from './plans.ts';
import { activeHost, failoverUnderWay, surroundingsOf, type BlockSurroundings } from './runbook-facts.ts';
import { findRunbook, runbookOfText, type FoundRunbook } from './runbook-library.ts';
import { noDescription, noRun, notWritten } from './runbook-refusals.ts';
import { openRunner, type Runner } from './runbook-runner.ts';
import { openRunbookStore, type KeptRun, type RunbookStore } from './runbook-store.ts';
import { runView } from './runbook-view.ts';

/** What runbooks need of the agent. */
export interface RunbooksOptions {
  readonly me: string;
  /** The state folder, for `standfast` in a step. */
  readonly state: string;
  /** This host's folder. */
  readonly folder: string;
  /** The folder of Standfast's own programs. */
  readonly programs: string;
  readonly system: () => System | null;
  /** Null before a description is known. */
  readonly status: () => StatusView | null;
  readonly plans: () => Plans | null;
  readonly output: (service: string) => string;
  readonly txn: (compares: readonly Compare[], puts: readonly Put[], timeoutMs: Ms) => Promise<TxnAnswer>;
  readonly nowMs: () => number;
  note(of: {
    readonly kind: string;
    readonly service: string | null;
    readonly instance: string | null;
    readonly facts: Readonly<Record<string, JsonValue>>;
  }): void;
}

/** Output that flows is told this often. */
const gatherMs = 100;
/** What another agent has just begun is heard of within this. */
const hearWithinMs = 2000;
/** Others may change the same run at the same time. */
const tries = 5;

/** Shared by all that answers about runbooks. */
export interface RunbookDesk {
  readonly options: RunbooksOptions;
  readonly store: RunbookStore;
  readonly runner: Runner;
  /** Told after every change of a run, also of what it writes. */
  readonly listeners: Set<() => void>;
  readonly bookOf: (run: Run) => Runbook;
  readonly hostOf: (run: Pick<Run, 'host' | 'service'>, book: Runbook, block: number) => string;
  readonly surroundings: (
    run: Parameters<typeof surroundingsOf>[0]['run'],
    service: Service | null,
    status: StatusView,
  ) => Promise<BlockSurroundings>;
  readonly note: (kind: string, run: Run, facts: Readonly<Record<string, JsonValue>>) => void;
  readonly view: (kept: KeptRun) => RunView;
  /** The run, also when another agent began it a moment ago; undefined: there is none. */
  readonly known: (id: string) => Promise<KeptRun | undefined>;
  /** Changes a run as it stands now; looks again when somebody else was first. */
  readonly change: (
    id: string,
    how: (run: Run, book: Runbook) => Run | RunbookRefusal,
    kind: string,
    facts: Record<string, JsonValue>,
  ) => Promise<RunbookAnswer<RunView>>;
  readonly find: (name: string) => Promise<RunbookAnswer<FoundRunbook>>;
}

/** Opens store and runner of the runs of this host. Nothing is begun by it. */
export function openRunbookDesk(options: RunbooksOptions): RunbookDesk {
  const { me } = options;
  const listeners = new Set<() => void>();
  let telling: NodeJS.Timeout | null = null;
  const changed = (): void => {
    telling ??= setTimeout(() => {
      telling = null;
      for (const listener of listeners) listener();
    }, gatherMs);
  };
  const store = openRunbookStore({
    txn: options.txn,
    counts(run) {
      const service = run.auto ? serviceOf(run) : null;
      const auto = service?.kind === 'run' ? service.autoRunbook : null;
      return auto !== null && run.startedAtMs > options.nowMs() - auto.per;
    },
    told() {
      setImmediate(() => runner.look());
      changed();
    },
  });
  const books = new Map<string, Runbook>();
  const bookOf = (run: Run): Runbook => {
    const known = books.get(run.id);
    if (known !== undefined) return known;
    const markdown = store.markdown(run.id);
    const book = runbookOfText(run.runbook, markdown ?? '');
    if (markdown !== null) books.set(run.id, book);
    return book;
  };
  const serviceOf = (run: Pick<Run, 'service'>): Service | null => {
    const system = options.system();
    return run.service === null || system === null ? null : (serviceNamed(system, run.service) ?? null);
  };
  const hostOf = (run: Pick<Run, 'host' | 'service'>, book: Runbook, block: number): string => {
    const on = book.blocks[block]?.on ?? null;
    const status = options.status();
    if (on === 'active') return (status === null ? null : activeHost(status, run.service)) ?? run.host;
    return on ?? run.host;
  };
  const heldUp = (run: Run, changes: boolean): string | null => {
    const status = options.status();
    if (status === null) return 'no description is known yet';
    const service = serviceOf(run);
    // Its folder and its variables would be others.
    if (run.service !== null && service === null)
      return `there is no service ${run.service} any more; give it up: standfast runbook abort ${run.id}`;
    return changes ? failoverUnderWay(status, service) : null;
  };
  const surroundings = async (
    run: Parameters<typeof surroundingsOf>[0]['run'],
    service: Service | null,
    status: StatusView,
  ): Promise<BlockSurroundings> => {
    const plans = options.plans();
    // An agent that has just begun still reads the `envFile`.
    if (service?.kind === 'run') await plans?.untilKnown(service);
    return surroundingsOf({
      run,
      service,
      status,
      plans,
      output: options.output,
      folder: options.system()?.folder ?? '/',
      state: options.state,
      programs: options.programs,
    });
  };
  const note = (kind: string, run: Run, facts: Readonly<Record<string, JsonValue>>): void =>
    options.note({
      kind,
      service: run.service,
      instance: run.service === null ? null : `${run.service}@${run.host}`,
      facts: { run: run.id, runbook: run.runbook, ...facts },
    });
  const runner = openRunner({
    me,
    life: randomBytes(4).toString('hex'),
    folder: join(options.folder, 'runbooks'),
    store,
    book: bookOf,
    hostOf,
    heldUp,
    async surroundings(run) {
      const status = options.status();
      if (status === null) throw new Error('no description is known yet');
      return await surroundings(run, serviceOf(run), status);
    },
    nowMs: options.nowMs,
    note,
    changed,
  });

  const view = ({ run, revision }: KeptRun): RunView => {
    const book = bookOf(run);
    return runView({
      run,
      revision,
      book,
      outputs: store.outputs(run.id),
      live: runner.live(run.id),
      hostOf: (block) => hostOf(run, book, block),
      waits: (block, undo) => heldUp(run, undo || book.blocks[block]?.kind === 'do'),
      away(host) {
        const seen = options.status()?.hosts.find((each) => each.name === host)?.state ?? 'not there';
        // Maintenance and bans are about services: the agent answers.
        const answers = seen === 'up' || seen === 'maintenance' || seen === 'banned';
        return answers ? null : `host ${host} is ${seen}: it goes on when its agent answers, or give it up`;
      },
    });
  };
  const known = async (id: string): Promise<KeptRun | undefined> => {
    const untilMs = performance.now() + hearWithinMs;
    for (;;) {
      const kept = store.get(id);
      const leftMs = untilMs - performance.now();
      if (kept !== undefined || leftMs <= 0) return kept;
      await nextChange(listeners, leftMs);
    }
  };
  /** Changes a run as it stands now; looks again when somebody else was first. */
  const change = async (
    id: string,
    how: (run: Run, book: Runbook) => Run | RunbookRefusal,
    kind: string,
    facts: Record<string, JsonValue>,
  ): Promise<RunbookAnswer<RunView>> => {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const kept = await known(id);
      if (kept === undefined) return noRun(id);
      const after = how(kept.run, bookOf(kept.run));
      if ('ok' in after) return after;
      const answer = await store.put(after, kept.revision);
      if (answer.kind === 'unknown') return notWritten(answer.why);
      if (answer.kind === 'refused') continue;
      note(kind, after, facts);
      if (after.phase === 'ended') note('runbookOver', after, { outcome: after.outcome, why: after.because });
      const now = store.get(id);
      return now === undefined ? noRun(id) : { ok: true, value: view(now) };
    }
    return notWritten('others change the same run all the time');
  };
  const find = async (name: string): Promise<RunbookAnswer<FoundRunbook>> => {
    const system = options.system();
    if (system === null) return noDescription();
    const lookup = await findRunbook(system, name);
    if (lookup.kind === 'found') return { ok: true, value: lookup.found };
    return { ok: false, code: lookup.kind === 'none' ? 'SF-210' : 'SF-201', why: lookup.why, next: lookup.next };
  };
  return { options, store, runner, listeners, bookOf, hostOf, surroundings, note, view, known, change, find };
}

/** Resolves at the next change of any run, or after `withinMs`. */
export function nextChange(listeners: Set<() => void>, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      listeners.delete(done);
      clearTimeout(late);
      resolve();
    };
    const late = setTimeout(done, withinMs);
    listeners.add(done);
  });
}
