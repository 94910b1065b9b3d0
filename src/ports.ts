// The few interfaces between the core and the shell. What an adapter may not decide is not in here:
// every request carries all that is needed to do it, and every answer is done, failed or unknown.

import type { Ended, Running } from './decide/input.ts';
import type { CheckResult, Flag, Role } from './model/states.ts';
import type { Check, Command, Limits, ProbeSpec, ProcessManager, RoleCall, Route, RunService } from './model/system.ts';
import type { JsonValue } from './model/json.ts';
import type { MonoMs, Ms, WallMs } from './model/units.ts';

// ------------------------------------------------------------------ store

/** One key as it stood at a revision. `value` is JSON text. */
export interface StoreEntry {
  readonly key: string;
  readonly value: string;
  /** The store's revision at which this value was written. */
  readonly revision: number;
}

/** `revision` 0 demands that the key does not exist. */
export interface Compare {
  readonly key: string;
  readonly revision: number;
}

/** `value` null deletes. */
export interface Put {
  readonly key: string;
  /** Null deletes the key. */
  readonly value: string | null;
}

/** How a transaction came out. */
export type TxnAnswer =
  /** Applied as a whole at `revision`. */
  | { readonly kind: 'applied'; readonly revision: number }
  /** Nothing was applied; `current` holds the compared keys as they stand (absent keys are left out). */
  | { readonly kind: 'refused'; readonly revision: number; readonly current: readonly StoreEntry[] }
  /** It may or may not have been applied. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What changed, in order of revision, nothing left out. A deleted key has `value` null. */
export interface StoreChanges {
  readonly revision: number;
  readonly changes: readonly { readonly key: string; readonly value: string | null; readonly revision: number }[];
}

/**
 * A linearizable key-value store with compare-and-set and watch, nothing else.
 * Keys are slash-separated; one store may hold several systems, told apart by the prefix the opener was given.
 */
export interface Store {
  readonly kind: 'embedded' | 'etcd';
  /** Written once when the store was made. An agent that meets another identity treats the store as unreachable. */
  identity(): Promise<string>;
  /** All entries below the prefix and the revision they were read at. Rejects with `StoreUnreachable`. */
  read(prefix: string): Promise<{ readonly revision: number; readonly entries: readonly StoreEntry[] }>;
  /** Compares, then puts, atomically. Never rejects. Bounded by `timeoutMs`, after which it is `unknown`. */
  txn(compares: readonly Compare[], puts: readonly Put[], timeoutMs: Ms): Promise<TxnAnswer>;
  /**
   * Delivers every change after `revision`, without a gap, until stopped. `lost` is called when the store stopped answering, again
   * when it turns out to be another one, and `back` when it answers again; changes in between are then delivered.
   */
  watch(
    revision: number,
    on: { changes(changes: StoreChanges): void; lost(why: string): void; back(): void },
  ): { stop(): void; /** Look now: somebody says that there is something new. */ nudge(): void };
  close(): Promise<void>;
}

/** The store could not be asked; nothing is known. */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable';
}

// ------------------------------------------------------------------ journal

/** One line of the record. `facts` are what the rule fired on; sentences are made at the edge. */
export interface JournalEntry {
  readonly atMs: WallMs;
  readonly kind: string;
  /** Null here and below: it is not about one. */
  readonly service: string | null;
  readonly instance: string | null;
  readonly term: number | null;
  readonly rule: number | null;
  readonly facts: Readonly<Record<string, JsonValue>>;
}

/** Appends in order, in the background; an act never waits for it. */
export interface Journal {
  append(entry: JournalEntry): void;
  /** Resolves when all that was appended before is on disk, or dropped because the disk refused (then `lost` counts). */
  flush(): Promise<void>;
  /** Lines that were dropped so far. */
  readonly lost: number;
  /** Why lines are missing of which the journal itself does not tell yet; null: none are. */
  readonly trouble: string | null;
  close(): Promise<void>;
}

// ------------------------------------------------------------------ keeper

/** `service@host#nonce`, new for every start. Also the mark in the environment, so that what forked away is found. */
export type InstanceId = string;

/** All that is needed to start one instance. */
export interface StartRequest {
  readonly instance: InstanceId;
  readonly service: string;
  readonly host: string;
  readonly command: Command;
  /** Absolute. */
  readonly dir: string;
  /** Complete: the keeper adds only STANDFAST_INSTANCE, STANDFAST_ROLE, STANDFAST_TERM and STANDFAST_ROLE_FILE. */
  readonly env: Readonly<Record<string, string>>;
  /** Null: the keeper's own; of the group too. */
  readonly user: string | null;
  readonly group: string | null;
  readonly limits: Limits;
  /** Absolute path, opened for appending; standard output and error both. */
  readonly output: string;
  readonly role: Role;
  /** 0 for services without a lease. */
  readonly term: number;
  /** True when the service holds a lease when active: its instances get a guard that ends them should the keeper die while they are leased. */
  readonly leasable: boolean;
  /** When it must be dead unless extended. Required to start as active under a lease (term above 0). */
  readonly deadline: MonoMs | null;
  /** An address that this host holds while the instance is active, put up before it starts as active; null or absent: none moves with it. */
  readonly route?: Route | null | undefined;
  /** Who owns the process; absent: the keeper itself, which is never asked for what others own. */
  readonly manager?: ProcessManager | undefined;
}

/** A process that was started and of which something may still live. With its boot, pid and start ticks are its identity. */
export interface StartedInstance extends Running {
  readonly instance: InstanceId;
  /** True when an earlier keeper started it; its exit status will be unknown. */
  readonly adopted: boolean;
}

/** An instance of which nothing lives any more. */
export interface EndedInstance extends Ended {
  readonly instance: InstanceId;
  readonly pid: number;
  /** False: when the keeper first looked, nothing of it lived any more, so that it may have been gone for long. Absent: not told. */
  readonly foundLiving?: boolean | undefined;
}

/** How a request to the keeper came out. */
export type KeeperAnswer<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** Refused or impossible; nothing was changed. */
  | { readonly kind: 'failed'; readonly code: string; readonly why: string }
  /** The keeper went away or did not answer in time. */
  | { readonly kind: 'unknown'; readonly why: string };

/** The owner of processes, as the agent sees it. Also the port for other process managers. */
export interface Keeper {
  start(request: StartRequest): Promise<KeeperAnswer<StartedInstance>>;
  /** Orderly: `signal` to the whole group now, SIGKILL to everything at `forcedAfter`. Answers at once; `ended` follows. */
  stop(request: { instance: InstanceId; signal: string; forcedAfter: Ms }): Promise<KeeperAnswer<null>>;
  /** SIGKILL to everything of the instance now. `ended` follows. */
  kill(request: { instance: InstanceId }): Promise<KeeperAnswer<null>>;
  /**
   * Arms the deadline, then puts up the address of `route` when there is one, then replaces the role file, then sends `signal` when one is given
   * (to the main process). In that order, in one request. Refuses a term below one it has seen for this service, a deadline that is past, and an
   * address that another machine answers for.
   */
  activate(request: {
    instance: InstanceId;
    term: number;
    deadline: MonoMs;
    signal: string | null;
    route?: Route | null | undefined;
  }): Promise<KeeperAnswer<{ activatedAt: MonoMs }>>;
  /** Later deadlines for instances by term; one that names another instance or term is refused, the others are taken. Answers with those taken. */
  extend(
    request: readonly { instance: InstanceId; term: number; deadline: MonoMs }[],
  ): Promise<KeeperAnswer<{ taken: readonly InstanceId[] }>>;
  /** Replaces the role file with the standby role, and sends `signal` when one is given. The deadline stays armed. */
  deactivate(request: {
    instance: InstanceId;
    term: number;
    role: Role;
    signal: string | null;
  }): Promise<KeeperAnswer<null>>;
  /** Deactivation was confirmed: the address is taken away, and then the deadline disarmed. */
  disarm(request: { instance: InstanceId; term: number }): Promise<KeeperAnswer<null>>;
  /** Forget an ended instance: the agent has written down how it ended. */
  forget(request: { instance: InstanceId }): Promise<KeeperAnswer<null>>;
  /** A question to see that it answers. */
  ping(): Promise<KeeperAnswer<KeeperHealth>>;
  /** Ends the keeper itself (for `down`); refused while instances live, unless `leave` says to leave them running. */
  quit(request: { leave: boolean }): Promise<KeeperAnswer<null>>;
}

/** How well the keeper of this host keeps time. */
export interface KeeperHealth {
  readonly pid: number;
  /** Worst seen in the last five to ten minutes. */
  readonly worstTimerLateMs: Ms;
  /** From the signal until nothing lived any more. */
  readonly worstKillMs: Ms;
}

/** What the agent hears from its keeper without asking. */
export interface KeeperEvents {
  /** First after connecting, and after each reconnection: everything it owns. */
  hello(state: {
    readonly keeperPid: number;
    readonly keeperStartTicks: number;
    readonly boot: string;
    readonly running: readonly StartedInstance[];
    readonly ended: readonly EndedInstance[];
  }): void;
  ended(ended: EndedInstance): void;
  /** The connection broke: the keeper died, or was told to quit. */
  lost(why: string): void;
}

// ------------------------------------------------------------------ observe

/** All that observing one running instance needs, every `${NAME}` filled in. */
export interface ObservePlan {
  readonly instance: InstanceId;
  readonly service: string;
  readonly host: string;
  readonly pid: number;
  readonly startTicks: number;
  /** When the instance was started; absent: when its process began, which may be some seconds earlier (keeper/spare.ts). */
  readonly startedAt?: MonoMs;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | null;
  readonly group: string | null;
  /** Standard output and error. */
  readonly output: string;
  /** Null: it is ready as soon as its process exists. */
  readonly ready: { readonly probe: ProbeSpec; readonly within: Ms } | null;
  /** Null: it is active as soon as its activate call is answered. */
  readonly active: { readonly probe: ProbeSpec; readonly within: Ms } | null;
  readonly heartbeat: {
    readonly source: NonNullable<RunService['detect']['heartbeat']>['source'];
    readonly every: Ms;
  } | null;
  readonly status: { readonly probe: ProbeSpec; readonly every: Ms } | null;
  /** `shownAs`: what people read in place of the name, which may hold `${NAME}`; absent: the name. */
  readonly checks: readonly (Omit<Check, 'every'> & { readonly every: Ms; readonly shownAs?: string })[];
}

/** What a service says of itself. */
export interface SelfStatus {
  readonly status: Flag;
  readonly subsystems: Readonly<Record<string, Flag>>;
  /** How old its state is against the active's, when it says so; compared with `mayLose`. */
  readonly behindMs?: number;
}

/** One thing seen about an instance (or about an external service, whose `instance` is its name). `at` is when it was so, not when it was told. */
export type Observation =
  | { readonly kind: 'ready'; readonly instance: InstanceId; readonly at: MonoMs }
  | { readonly kind: 'active'; readonly instance: InstanceId; readonly at: MonoMs }
  | { readonly kind: 'beat'; readonly instance: InstanceId; readonly at: MonoMs }
  | { readonly kind: 'status'; readonly instance: InstanceId; readonly at: MonoMs; readonly said: SelfStatus }
  /** The status could not be had (refused, timed out, not understood). */
  | { readonly kind: 'statusFailed'; readonly instance: InstanceId; readonly at: MonoMs; readonly why: string }
  | {
      readonly kind: 'check';
      readonly instance: InstanceId;
      readonly at: MonoMs;
      readonly check: string;
      /** As in the plan. */
      readonly shownAs?: string;
      /** `warning` is Nagios 1, `unknown` Nagios 3 or a check that itself could not run. */
      readonly result: CheckResult;
      readonly text: string;
      readonly tookMs: Ms;
    }
  /** It was asked whether it is ready, or active, for a while, and this is what it answers in place of a yes: told when that is other. */
  | { readonly kind: 'notYet'; readonly instance: InstanceId; readonly at: MonoMs; readonly text: string }
  /** The process list does not hold the process (or holds it as Z or X) though no end was reported. */
  | { readonly kind: 'processGone'; readonly instance: InstanceId; readonly at: MonoMs };

/** Runs the probes of what it was told to observe and tells each observation once. */
export interface Observer {
  /**
   * Before the start is asked for: notes how long the logs are that the plan's probes read, so that only what this
   * instance writes counts. `pid` and `startTicks` are not looked at. Resolves at once when no probe reads a log; never rejects.
   */
  starting(plan: ObservePlan): Promise<void>;
  observe(plan: ObservePlan): void;
  /** Externals have checks and nothing else. */
  observeExternal(plan: {
    name: string;
    checks: ObservePlan['checks'];
    dir: string;
    env: Readonly<Record<string, string>>;
  }): void;
  /** Begins to ask the `active` probe (after the activate call was made), until it answers or is over. */
  awaitActive(instance: InstanceId): void;
  unobserve(instance: InstanceId): void;
  /** A beat or status that came over the agent's socket. */
  said(instance: InstanceId, what: { beat: true } | { status: SelfStatus }): void;
  close(): void;
}

// ------------------------------------------------------------------ act

/** A program to run to its end. */
export interface CommandRequest {
  readonly command: Command;
  readonly dir: string;
  /** Complete; PATH is added when it is missing. */
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | null;
  readonly group: string | null;
  /** Written to its standard input, which is closed then. */
  readonly input: string | null;
  /** From its start; then its whole process group is killed. */
  readonly within: Ms;
  /** Kills it sooner: nobody wants the answer any more. */
  readonly signal?: AbortSignal;
  /** What it leaves running when it ends is meant to stay: it starts something. */
  readonly leaves?: boolean;
}

/** How a command came out. `timedOut`: it and all that it began were killed. */
export type CommandEnd =
  /** `output` and `errors`: what it wrote first, 64 KiB of each at most. */
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly signal: string | null;
      readonly output: string;
      readonly errors: string;
    }
  | { readonly kind: 'timedOut'; readonly output: string; readonly errors: string }
  | { readonly kind: 'notStarted'; readonly why: string };

/** Runs a program in a process group of its own, as another user when asked and root. Never rejects. */
export type RunCommand = (request: CommandRequest) => Promise<CommandEnd>;

/** How a role call came out. `at`: when it was confirmed. */
export type CallAnswer =
  | { readonly kind: 'done'; readonly at: MonoMs }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Carries a role call out (all but `signal`, which the keeper sends). */
export interface RoleCaller {
  call(request: {
    instance: InstanceId;
    call: Exclude<RoleCall, { kind: 'signal' }>;
    dir: string;
    env: Readonly<Record<string, string>>;
    user: string | null;
    group: string | null;
    within: Ms;
  }): Promise<CallAnswer>;
}
