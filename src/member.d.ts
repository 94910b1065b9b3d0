// Types of member.js, what a service under Standfast imports as `standfast/member`.

/** What a part of a service, or the whole of it, says of itself. */
export type Flag = 'ok' | 'degraded' | 'failed';

/** What Standfast has told this process to be. */
export type Role = 'active' | 'standby' | 'passive';

/** Self-status with its subsystems. `behindMs`: how old this instance's state is against the active's, compared with `mayLose`. */
export interface Status {
  readonly status: Flag;
  readonly subsystems?: Readonly<Record<string, Flag>>;
  readonly behindMs?: number;
}

/** What came of asking to take over. `text` says what happens now; else `why` and `next` say why not and what would help. */
export type TakeoverAnswer =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly code: string | null; readonly why: string; readonly next: string };

/** A role and the term it was given in. Terms only grow; 0 where there is no lease. */
export interface RoleTaken {
  readonly role: Role;
  readonly term: number;
}

/** All may be left out. */
export interface MemberOptions {
  /** Beat by itself this often, in ms. It proves that the event loop turns, no more: `heartbeat()` after real work proves more. */
  readonly heartbeatEveryMs?: number;
  /** Where the STANDFAST_ variables are; `process.env` unless said. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** This process as a part of the system. */
export interface Member {
  /** False when not started by Standfast: then active, and may always emit. */
  readonly managed: boolean;
  readonly instance: string | null;
  /** The role last heard of. Before emitting ask `mayEmit()`, not this. */
  readonly role: Role;
  /** Send it with what you write, so that who receives it can refuse an older one. */
  readonly term: number;
  /** Milliseconds that an active may still go on; 0 when not active; null without a lease. */
  readonly validForMs: number | null;
  /**
   * True while this process is active, its role handler has finished, and the time the agent granted is not over on the monotonic
   * clock. No I/O: call it before each thing emitted, right before the write.
   */
  mayEmit(): boolean;
  /** One beat. False when the agent did not take it (it may be restarting). Never rejects. */
  heartbeat(): Promise<boolean>;
  /** What the service says of itself; told again to an agent that has restarted. False when not taken. Never rejects. */
  status(status: Flag | Status): Promise<boolean>;
  /** Ask to become active (for `trigger: standby`); the lease decides. Never rejects. */
  takeover(): Promise<TakeoverAnswer>;
  /**
   * Called with the present role, then with each new one, one call at a time; when it has finished the agent is told that the role
   * is taken (that is where i ends). Deactivation: `mayEmit()` is false before the call. If it throws, the process ends.
   */
  onRole(handler: (taken: RoleTaken) => void | Promise<void>): void;
  /** Look at the role now, rather than with the next poll: for a signal handler. */
  refresh(): Promise<void>;
  /** Stops beating, watching and asking. */
  close(): void;
}

/** Connects this process with the agent that started it. */
export function member(options?: MemberOptions): Member;
