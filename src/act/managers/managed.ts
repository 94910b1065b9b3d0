// Processes that belong to other managers, behind the port of the keeper: each is started and ended by its own manager alone, which Standfast asks.
//
// Nobody fights: the manager makes every start, so there are never two. What it starts again by itself is its right: the next start that is asked for finds that
// one running and takes it, and where none is asked for it is told as found. What Standfast wants down is stopped through the manager, which then leaves it
// down; before a kill the manager is told to let go. Only a manager that does not answer is gone round, and only to end a process, with a signal.
// Does not cover: deadlines. No lease is ever held here, and `check` refuses a policy that needs one.

import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { errorWords } from '../../model/error-words.ts';
import type { MonoMs, Ms, WallMs } from '../../model/units.ts';
import type {
  EndedInstance,
  InstanceId,
  Keeper,
  KeeperAnswer,
  RunCommand,
  StartRequest,
  StartedInstance,
} from '../../ports.ts';
import { askManager, type Asking } from './ask.ts';
import { openLookout } from './lookout.ts';
import { openManagedFile, readManaged, type ManagedInstance } from './record.ts';
import type { ForeignManager } from './speak.ts';
import { startThrough, stopThrough } from './through.ts';
import { trouble, type ManagerSays, type ManagerTrouble } from './tongue.ts';

/** How processes are looked at and ended. */
export interface Processes {
  readonly boot: string;
  /** Field 22 of /proc/PID/stat; null: it is dead. */
  startTicks(pid: number): number | null;
  /** To it alone, if it is still that one. */
  signal(pid: number, startTicks: number, signal: NodeJS.Signals): void;
  /** SIGKILL to it and all below it, if it is still that one. */
  kill(pid: number, startTicks: number): Promise<void>;
}

/** What a manager says, for people. */
export interface ManagerNote {
  readonly instance: InstanceId;
  readonly service: string;
  readonly kind: ForeignManager['kind'];
  readonly title: string;
  readonly name: string;
  readonly restarts: string;
  /** Its own status text; null: not asked yet, or it did not answer. */
  readonly says: string | null;
  readonly trouble: ManagerTrouble | null;
  readonly atMs: WallMs;
}

/** The processes of this host that belong to other managers. */
export interface Managed extends Pick<Keeper, 'start' | 'stop' | 'kill' | 'forget'> {
  /** Whether the instance is, or was, one of these. */
  knows(instance: InstanceId): boolean;
  /** For the keeper's hello. */
  all(): { readonly running: readonly StartedInstance[]; readonly ended: readonly EndedInstance[] };
  /** The last note of each instance that lives or could not be started. */
  notes(): readonly ManagerNote[];
  close(): Promise<void>;
}

/** `file`: where what was started is written down, for the next agent. */
export interface ManagedOptions {
  readonly file: string;
  readonly processes: Processes;
  readonly run: RunCommand;
  readonly now: () => MonoMs;
  readonly wall: () => WallMs;
  /** Of the surroundings of the agent: what a manager's command needs to find its manager. */
  readonly env: Readonly<Record<string, string>>;
  /** How each service of this host that belongs to another manager would be started, under a new name; so that what runs unasked is found. */
  mine(): readonly StartRequest[];
  /** It runs, and nobody here had asked for it. Told again until a start takes it, or it has ended. */
  found(running: StartedInstance): void;
  ended(ended: EndedInstance): void;
  noted(note: ManagerNote): void;
  readonly log: (text: string) => void;
}

/** Null: not told. */
type HowEnded = Pick<EndedInstance, 'code' | 'signal'>;

const lookEveryMs = 100;
const statusEveryMs = 10_000;
/** A manager that begins anew answers nobody for a moment. */
const askAgainMs = 2_000;
/** Who does not answer for so long starts nothing either: nobody is kept waiting who could go on. */
const endAskedWithinMs = 5_000;
const endAskedAgainMs = 50;

interface Starting {
  readonly instance: InstanceId;
  readonly answer: Promise<KeeperAnswer<StartedInstance>>;
  /** What was asked of it meanwhile. */
  cancelled: 'kill' | { readonly signal: NodeJS.Signals; readonly forcedAfter: Ms } | null;
}

type Mutable = { -readonly [K in keyof ManagedInstance]: ManagedInstance[K] } & {
  forced: boolean;
  ending: boolean;
  /** Nobody here asked for it: a start under another name gets it. */
  found: boolean;
};

/** Takes up what an agent before this one left, and looks at it from now on. */
export function openManaged(options: ManagedOptions): Managed {
  const { processes, now, wall, log } = options;
  const known = new Map<InstanceId, Mutable>();
  // What is still open when the agent goes is nobody's any more: `monit stop` without its daemon waits for a minute.
  const open = new Set<AbortController>();
  const starting = new Map<string, Starting>();
  const notes = new Map<string, ManagerNote>();
  const file = openManagedFile(options.file, processes.boot, (why) =>
    log(`what runs under other managers could not be written down: ${why}`),
  );
  for (const each of readManaged(options.file, processes.boot))
    known.set(each.instance, { ...each, forced: false, ending: false, found: false });

  const save = (): void =>
    file.write(
      [...known.values()].map(({ forced: _forced, ending: _ending, found: _found, ...each }) => ({ ...each })),
    );
  const asking = (of: Pick<ManagedInstance, 'service' | 'manager' | 'dir' | 'env'>): Asking =>
    askManager({ ...of, env: { LC_ALL: 'C', ...options.env, ...of.env } }, async (request) => {
      // A start that is broken off half way would leave nobody knows what.
      if (request.leaves === true) return options.run(request);
      const one = new AbortController();
      open.add(one);
      const end = await options.run({ ...request, signal: one.signal });
      open.delete(one);
      return end;
    });
  const lives = (each: Mutable): boolean => processes.startTicks(each.pid) === each.startTicks;

  const note = (
    of: Pick<ManagedInstance, 'instance' | 'service' | 'manager'>,
    asked: Asking,
    says: ManagerSays,
  ): void => {
    const { title, name, restarts } = asked.tongue;
    const trouble = says.kind === 'trouble' ? says : null;
    const made: ManagerNote = {
      instance: of.instance,
      service: of.service,
      kind: of.manager.kind,
      title,
      name,
      restarts,
      says: says.kind === 'trouble' ? null : says.text,
      trouble,
      atMs: wall(),
    };
    notes.set(of.service, made);
    options.noted(made);
  };

  /** As its manager tells it. After a stop it may still be about what follows one, and says then how it came out. */
  const howEnded = async (each: Mutable, asked: Asking, unknown: HowEnded): Promise<HowEnded> => {
    for (const until = now() + endAskedWithinMs; ;) {
      const says = await asked.status();
      if (says.kind === 'down') return says;
      if (says.kind !== 'changing' || each.asked === null || now() > until) return unknown;
      await pause(endAskedAgainMs, undefined, { ref: false });
    }
  };

  const finish = async (each: Mutable): Promise<void> => {
    if (each.ending) return;
    each.ending = true;
    const at = now();
    const atMs = wall();
    const asked = asking(each);
    const none = { code: null, signal: null };
    const told = asked.tongue.tellsEnd
      ? await Promise.race([howEnded(each, asked, none), pause(endAskedWithinMs, none, { ref: false })])
      : none;
    each.ended = {
      instance: each.instance,
      service: each.service,
      pid: each.pid,
      code: told.code,
      signal: each.forced ? 'SIGKILL' : told.signal,
      endedAt: at,
      goneAt: at,
      endedAtMs: atMs,
      by: each.asked ?? 'itself',
      term: 0,
    };
    save();
    notes.delete(each.service);
    options.ended(each.ended);
  };

  const force = async (each: Mutable): Promise<void> => {
    // The manager may run another by now, which is not to be touched.
    if (!lives(each)) return;
    await asking(each).hold((forMs) => pause(forMs, undefined, { ref: false }));
    if (each.ended !== null || !lives(each)) return;
    each.forced = true;
    await processes.kill(each.pid, each.startTicks);
  };

  /** It runs, under this name from now on. */
  const takeUp = (
    request: StartRequest,
    manager: ForeignManager,
    process: { readonly pid: number; readonly startTicks: number; readonly found: boolean },
  ): Mutable => {
    const { instance, service, dir, env, role } = request;
    const at = { startedAt: now(), startedAtMs: wall() };
    const none = { asked: null, ended: null, forced: false, ending: false };
    const each: Mutable = { instance, service, manager, dir, env, role, ...process, ...at, ...none };
    known.set(instance, each);
    save();
    return each;
  };

  const begin = async (request: StartRequest, manager: ForeignManager): Promise<KeeperAnswer<StartedInstance>> => {
    const { instance, service, dir, env } = request;
    const of = { instance, service, manager, dir, env };
    const asked = asking(of);
    const begun = await startThrough({
      asked,
      service,
      startTicks: (pid) => processes.startTicks(pid),
      isUnwanted: () => (starting.get(service)?.cancelled ?? null) !== null,
      now,
    });
    if (begun.kind === 'trouble') {
      note(of, asked, begun);
      return { kind: 'failed', code: begun.code, why: begun.why };
    }
    const { says, startTicks, ranAlready } = begun;
    const each = takeUp(request, manager, { pid: says.pid, startTicks, found: false });
    note(of, asked, says);
    return { kind: 'done', value: startedOf(each, ranAlready) };
  };

  const startOnce = async (request: StartRequest, manager: ForeignManager): Promise<KeeperAnswer<StartedInstance>> => {
    const answer = await begin(request, manager).catch((error: unknown): KeeperAnswer<StartedInstance> => ({
      kind: 'unknown',
      why: errorWords(error),
    }));
    const cancelled = starting.get(request.service)?.cancelled ?? null;
    starting.delete(request.service);
    const each = known.get(request.instance);
    if (cancelled !== null && each !== undefined)
      void (cancelled === 'kill' ? end(each) : stop(each, cancelled.signal, cancelled.forcedAfter));
    return answer;
  };

  const end = async (each: Mutable): Promise<void> => {
    each.asked = 'kill';
    save();
    await force(each);
  };

  const stop = async (each: Mutable, signal: NodeJS.Signals, forcedAfter: Ms): Promise<void> => {
    each.asked ??= 'stop';
    save();
    if (forcedAfter <= 0) return force(each);
    setTimeout(() => void force(each), forcedAfter).unref();
    const asked = asking(each);
    const refused = await stopThrough({ asked, within: forcedAfter, lives: () => lives(each), now });
    if (refused === null) return;
    note(each, asked, refused);
    log(`${each.instance}: ${refused.why}; it gets ${signal} from here`);
    processes.signal(each.pid, each.startTicks, signal);
  };

  const look = (): void => {
    for (const each of known.values()) if (each.ended === null && !lives(each)) void finish(each);
  };
  const looking = setInterval(look, lookEveryMs);
  const asked = new Set<InstanceId>();
  const review = async (each: Mutable): Promise<void> => {
    // One that hangs is not asked again before it has answered.
    if (each.ended !== null || each.asked !== null || asked.has(each.instance)) return;
    asked.add(each.instance);
    const talk = asking(each);
    if (each.found) options.found(startedOf(each, true));
    let says = await talk.status();
    if (says.kind !== 'runs' && lives(each)) {
      await pause(askAgainMs, undefined, { ref: false });
      says = await talk.status();
    }
    asked.delete(each.instance);
    if (each.ended !== null || each.asked !== null || !known.has(each.instance) || !lives(each)) return;
    note(each, talk, says.kind === 'down' ? letGo(each, talk, says.text) : says);
  };
  const reviewing = setInterval(() => {
    for (const each of known.values()) void review(each);
  }, statusEveryMs);
  for (const each of known.values()) void review(each);
  const lookout = openLookout({
    mine: () => options.mine(),
    isTaken: (service) =>
      starting.has(service) || [...known.values()].some((each) => each.service === service && each.ended === null),
    status: (request, manager) => asking({ ...request, manager }).status(),
    take(request, manager, says) {
      const startTicks = processes.startTicks(says.pid);
      if (startTicks === null) return;
      const each = takeUp(request, manager, { pid: says.pid, startTicks, found: true });
      note(each, asking(each), says);
      options.found(startedOf(each, true));
    },
    now,
  });

  const noSuch = (instance: InstanceId): Refused => ({
    kind: 'failed',
    code: 'SF-602',
    why: `there is no instance ${instance} under another manager`,
  });
  return {
    knows: (instance) => known.has(instance) || [...starting.values()].some((each) => each.instance === instance),
    start(request) {
      const { instance, service, manager } = request;
      if (manager === undefined || manager.kind === 'native')
        return Promise.resolve({ kind: 'failed', code: 'SF-601', why: `${service} is the keeper's own` });
      const under = starting.get(service);
      if (under?.instance === instance) return under.answer;
      const same = known.get(instance);
      if (same !== undefined)
        return Promise.resolve(
          same.ended === null
            ? { kind: 'done', value: startedOf(same, false) }
            : { kind: 'failed', code: 'SF-603', why: `${instance} has ended: a new start needs a new name` },
        );
      const other = [...known.values()].find((each) => each.service === service && each.ended === null);
      if (other?.found === true && under === undefined) {
        // It was found in the moment in which it was to be started.
        known.delete(other.instance);
        const { pid, startTicks } = other;
        const each = takeUp(request, manager, { pid, startTicks, found: false });
        return Promise.resolve({ kind: 'done', value: startedOf(each, true) });
      }
      if (other !== undefined || under !== undefined)
        return Promise.resolve({
          kind: 'failed',
          code: 'SF-603',
          why: `${service} runs already: ${other?.instance ?? under?.instance ?? ''}${other === undefined ? '' : `, pid ${other.pid}`}`,
        });
      const entry: { -readonly [K in keyof Starting]: Starting[K] } = {
        instance,
        cancelled: null,
        answer: Promise.resolve({ kind: 'unknown', why: 'it is just beginning' }),
      };
      starting.set(service, entry);
      entry.answer = startOnce(request, manager);
      return entry.answer;
    },
    stop({ instance, signal, forcedAfter }) {
      const name = signalOf(signal);
      if (name === null)
        return Promise.resolve({ kind: 'failed', code: 'SF-615', why: `there is no signal ${signal}` });
      const under = [...starting.values()].find((each) => each.instance === instance);
      const each = known.get(instance);
      if (under !== undefined) under.cancelled ??= { signal: name, forcedAfter };
      else if (each === undefined) return Promise.resolve(noSuch(instance));
      else if (each.ended === null) void stop(each, name, forcedAfter);
      return Promise.resolve({ kind: 'done', value: null });
    },
    kill({ instance }) {
      const under = [...starting.values()].find((each) => each.instance === instance);
      const each = known.get(instance);
      if (under !== undefined) under.cancelled = 'kill';
      else if (each === undefined) return Promise.resolve(noSuch(instance));
      else if (each.ended === null) void end(each);
      return Promise.resolve({ kind: 'done', value: null });
    },
    forget({ instance }) {
      const each = known.get(instance);
      if (each !== undefined && each.ended === null)
        return Promise.resolve({ kind: 'failed', code: 'SF-616', why: `${instance} still lives, pid ${each.pid}` });
      if (known.delete(instance)) save();
      return Promise.resolve({ kind: 'done', value: null });
    },
    all: () => ({
      running: [...known.values()].filter((each) => each.ended === null).map((each) => startedOf(each, true)),
      ended: [...known.values()].flatMap((each) => (each.ended === null ? [] : [each.ended])),
    }),
    notes: () => [...notes.values()],
    async close() {
      clearInterval(looking);
      clearInterval(reviewing);
      lookout.close();
      for (const one of open) one.abort();
      await file.flush();
    },
  };
}

type Refused = { readonly kind: 'failed'; readonly code: string; readonly why: string };

function startedOf(each: ManagedInstance, adopted: boolean): StartedInstance {
  const { instance, service, pid, startTicks, startedAt, startedAtMs, role } = each;
  return { instance, service, pid, startTicks, startedAt, startedAtMs, role, term: 0, deadline: null, adopted };
}

/** It lives, and its manager says that it does not: a person took it out of its hands, or it lost sight of it. */
function letGo({ pid }: ManagedInstance, { tongue }: Asking, text: string): ManagerTrouble {
  return trouble('letGo', `${tongue.title} does not look after ${tongue.name} (${text}), which lives as pid ${pid}`);
}

function signalOf(name: string): NodeJS.Signals | null {
  return name in constants.signals ? (name as NodeJS.Signals) : null;
}
