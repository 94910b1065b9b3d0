// The shapes that scripts and people's tools read: the contract's JSON, as types. No code.

import type { ConsoleAnswers } from './api-web.ts';
import type { RunbookAnswers } from './api-runbook.ts';
import type { Flag, HostState, Phase, Role } from './model/states.ts';
import type { JsonValue } from './model/json.ts';
import type { Severity } from './model/system.ts';

/** One service on one host. */
export interface InstanceView {
  readonly host: string;
  readonly phase: Phase;
  readonly planned: Phase;
  /** Null: nothing runs, or it is not known. */
  readonly pid: number | null;
  /** Null: nothing runs, or it is not known. */
  readonly startedAtMs: number | null;
  /** Since the agents first ran it. */
  readonly restarts: number;
  readonly severity: Severity;
  /** Why its severity is not 0, or what it waits for; null when there is nothing to say. */
  readonly reason: string | null;
  /** 0: it holds no lease. */
  readonly term: number;
  /** What it was told to be; null: nothing runs. */
  readonly role: Role | null;
  /** It runs as it was described before, and is to be started anew in its turn. */
  readonly outdated: boolean;
  /** How long its lease still counts; null: it has none. */
  readonly validForMs: number | null;
  /** Null: it has not ended yet. Both `code` and `signal` null: nobody saw how. */
  readonly lastExit: { readonly code: number | null; readonly signal: string | null; readonly atMs: number } | null;
  /** When this was so, Unix ms. */
  readonly asOfMs: number;
  /** Who owns its process, when that is not Standfast itself. */
  readonly manager?: ManagerView;
}

/** A process manager that is not Standfast itself, and one process of its own. */
export interface ManagerView {
  readonly kind: 'monit' | 'systemd' | 'supervisord' | 'command';
  /** In words: `monit`, `its command`. */
  readonly title: string;
  /** What it calls the process. */
  readonly name: string;
  /** Who starts it again after a crash, in words. */
  readonly restarts: string;
  /** Its own status text; null: not asked by this agent, or not answered. */
  readonly says: string | null;
  /** Why it could not be asked, or did not do it, with its code; null: it could. */
  readonly trouble: string | null;
  /** When it was asked last, Unix ms. */
  readonly asOfMs: number | null;
}

/** One service, with its instance on each host. */
export interface ServiceView {
  readonly name: string;
  readonly policy: string;
  readonly severity: Severity;
  /** Hosts where it is active. */
  readonly active: readonly string[];
  /** Of its lease; 0: it has none. */
  readonly term: number;
  readonly instances: readonly InstanceView[];
  /** Externals: is it answering; null when it has no checks. */
  readonly external: { readonly ok: boolean | null; readonly reason: string | null } | null;
  /** It is to be down everywhere, for whatever reason. */
  readonly scheduledDown: boolean;
  /** For which (`asked`, `maintenance`, `schedule`, `finished`, `removed`), and who asked; null: it is not. */
  readonly downBecause: { readonly kind: string; readonly by: string | null } | null;
  readonly paused: boolean;
}

/** One host, as it reports itself. */
export interface HostView {
  readonly name: string;
  readonly state: HostState;
  readonly agentPid: number | null;
  readonly keeperPid: number | null;
  /** Null, as the pids: not known. */
  readonly boot: string | null;
  /** SHA-256 of the description that its agent uses; while a change is taken up, of the one before. */
  readonly uses: string | null;
  /** The newest form of descriptions that its agent reads. */
  readonly reads: number | null;
  /** When it was last heard; null: never. */
  readonly asOfMs: number | null;
  /** Who has it in maintenance or banned, why, and until when (Unix ms; null: until it is taken back); absent: nobody. */
  readonly asked?: { readonly by: string; readonly why: string; readonly untilMs: number | null };
}

/** One root failure with all that hangs on it. */
export interface IncidentView {
  readonly id: string;
  readonly severity: Severity;
  /** What it is about; all null: the system as a whole, or its store. */
  readonly service: string | null;
  readonly instance: string | null;
  readonly host: string | null;
  readonly cause: string;
  readonly impact: string;
  readonly sinceMs: number;
  /** Null: it is open. */
  readonly resolvedAtMs: number | null;
  /** What else is down because of it. */
  readonly also: readonly string[];
  /** What was done automatically. */
  readonly done: readonly string[];
  readonly next: string;
  /** What `next` says: to wait, since it is over or not there at this moment; to see that a host is off; to look; or to run a runbook. */
  readonly nextIs: 'wait' | 'fence' | 'explain' | 'runbook';
  /** Who has it; null: nobody. */
  readonly ackBy: string | null;
  readonly flapping: boolean;
  /** The failure mode that it is, or may come of, by its id in docs/failure-modes.md; null: none is known. */
  readonly mode: string | null;
  /** The likeliest first; never more than `likely`. */
  readonly modes: readonly SuspectView[];
}

/** A failure mode that may be behind an incident, with what speaks for and against it. */
export interface SuspectView {
  readonly mode: string;
  readonly sure: 'likely' | 'possible';
  readonly host: string;
  readonly subject: string;
  /** One sentence: what was found, since when, how long before. */
  readonly text: string;
  readonly sinceMs: number;
  readonly for: readonly string[];
  readonly against: readonly string[];
  /** What to do: a page of the documentation. */
  readonly runbook: string;
}

/** `status --json`. */
export interface StatusView {
  readonly system: string;
  /** Null: the description does not say. */
  readonly about: string | null;
  readonly severity: Severity;
  readonly sentence: string;
  readonly atMs: number;
  readonly objective: {
    readonly unavailableMs: number;
    readonly perMs: number;
    readonly recoverWithinMs: number;
    readonly usedMs: number;
  };
  /** What can be lost one at a time with consumers still served; from trying each. */
  readonly canLose: {
    readonly instances: readonly string[];
    readonly hosts: readonly string[];
    readonly notInstances: readonly string[];
    readonly notHosts: readonly string[];
  };
  /** `why` it is not reachable; null: it is, or that is not known. */
  readonly store: { readonly kind: string; readonly reachable: boolean; readonly why?: string | null };
  /** The description in force: SHA-256 of its text, and the store's revision at which it was written; null: not read yet. */
  readonly description: { readonly hash: string; readonly revision: number | null };
  readonly hosts: readonly HostView[];
  readonly services: readonly ServiceView[];
  readonly incidents: readonly IncidentView[];
}

/** What detectors of failure modes see, by host; of other hosts as they last reported. */
export interface FoundView {
  readonly hosts: readonly {
    readonly host: string;
    /** As of when; null: nothing was heard yet. */
    readonly asOfMs: number | null;
    /** When each detector looked last, of the host that answers; null: of another. */
    readonly looks: Readonly<Record<string, number>> | null;
    /** Detectors that look less often than usual, since a look of them takes so much processor time: what they find may be `everyMs` old. */
    readonly heldBack: readonly {
      readonly detector: string;
      readonly everyMs: number;
      readonly usualMs: number;
      readonly costMs: number;
    }[];
    readonly found: readonly {
      readonly mode: string;
      readonly subject: string;
      /** Empty: all of the host. */
      readonly services: readonly string[];
      readonly weight: 'ahead' | 'fault' | 'change' | 'pressure';
      readonly text: string;
      readonly sinceMs: number;
      /** Null: it stands. */
      readonly untilMs: number | null;
    }[];
  }[];
}

/** One row of `failovers --json`. Durations that could not be measured are null, never 0. */
export interface FailoverView {
  readonly service: string;
  readonly cause: string;
  readonly atMs: number;
  /** Null: nothing was active before. */
  readonly from: string | null;
  /** Null: nothing is active yet. */
  readonly to: string | null;
  readonly term: number;
  readonly rule: number;
  readonly dMs: number | null;
  readonly switchMs: number | null;
  readonly bMs: number | null;
  readonly iMs: number | null;
  readonly zMs: number | null;
  readonly declaredZMs: number;
  readonly planned: boolean;
  /** What each part was predicted to take, from the history of that host or what is declared; null: not predicted, or no part of it. */
  readonly predicted: Readonly<
    Record<'dMs' | 'switchMs' | 'bMs' | 'iMs' | 'zMs', readonly [lowMs: number, highMs: number] | null>
  > | null;
  /** The part that was farthest outside of what was predicted; null: all fitted, or it was not judged. */
  readonly surprise: 'd' | 'b' | 'i' | 'z' | null;
}

/** What a person can ask for. */
export type IntentKind =
  | 'restart'
  | 'stop'
  | 'start'
  | 'failover'
  | 'pause'
  | 'resume'
  | 'maintenance'
  | 'ban'
  | 'fence'
  | 'down';

/** What a person asks. `service` null: the whole system. */
export interface IntentRequest {
  readonly kind: IntentKind;
  /** Null: all of them, or the verb is about a host. */
  readonly service: string | null;
  readonly host: string | null;
  readonly owner: string;
  readonly why: string;
  /** How long it stays in force; null for acts that are over when done. */
  readonly forMs: number | null;
  readonly acceptLoss: boolean;
  /** Only of `down`: agents and keepers end, the services stay. */
  readonly leaveRunning?: boolean;
  /** Only of `fence`: a person vouches that the host is off; else fencing it is tried again. */
  readonly confirm?: boolean;
  /** Only of `maintenance`: what is not active stays where it runs. */
  readonly keep?: boolean;
  /** Of `maintenance` and `ban`: end it. */
  readonly end?: boolean;
}

/** The description in force. `revision` null: the store was not read yet. */
export interface DescriptionView {
  readonly text: string;
  readonly folder: string;
  readonly file: string;
  readonly hash: string;
  readonly revision: number | null;
}

/** A description to put in the place of the one at `revision`. */
export interface ApplyRequest {
  readonly text: string;
  /** Absolute; relative paths start there. */
  readonly folder: string;
  /** As shown in messages. */
  readonly file: string;
  readonly revision: number;
  readonly owner: string;
  readonly why: string;
}

/** Taken (with what will be done), or refused. */
export type IntentAnswer =
  | { readonly ok: true; readonly id: string; readonly text: string }
  /** Refused: with the code, why, and what to do. */
  | { readonly ok: false; readonly code: string; readonly why: string; readonly next: string };

/** One row of `intents --json`. */
export interface IntentView {
  readonly id: string;
  readonly kind: IntentKind;
  /** Null: all of them, or it is about a host. */
  readonly service: string | null;
  readonly host: string | null;
  readonly owner: string;
  readonly why: string;
  /** Only of maintenance: what is not active stays where it runs. */
  readonly keep: boolean;
  readonly atMs: number;
  /** When it ends by itself; null: when it is done. */
  readonly untilMs: number | null;
}

/** A line of `journal --json`. `because` are the facts that the rule fired on. */
export interface JournalLine {
  readonly seq: number;
  readonly host: string;
  readonly atMs: number;
  readonly kind: string;
  /** Null here and below: it is not about one. */
  readonly service: string | null;
  readonly instance: string | null;
  readonly term: number | null;
  readonly rule: number | null;
  readonly because: Readonly<Record<string, JsonValue>>;
}

/** `GET /v1/role` on the agent's socket. */
export interface RoleView {
  readonly role: Role;
  readonly term: number;
  /** From when the request was sent; null without a lease (then it is valid until told otherwise). */
  readonly validForMs: number | null;
}

/** How it stands with the line to another host's agent. */
export interface PeerView {
  readonly host: string;
  readonly connected: boolean;
  /** `socket`: through the state folder that both share. */
  readonly by: 'socket' | 'network' | null;
  readonly address: string;
  /** Where it listens, as the store says; null: not known, or not needed. */
  readonly port: number | null;
  /** Why it is not connected; null: it is. */
  readonly why: string | null;
}

/** `journal`: JournalLine[]; `output` and `outputSince`: the lines and where they end; `details`: DetailsView. */
export interface ElsewhereQuestion {
  readonly host: string;
  readonly what: 'journal' | 'output' | 'outputSince' | 'details';
  readonly body: unknown;
}

/** What another host answered. */
export type ElsewhereAnswer =
  | { readonly ok: true; readonly body: unknown }
  /** It cannot be asked, did not answer in time, or could not tell. */
  | { readonly ok: false; readonly why: string };

/** What lies on other hosts, asked through their agents. */
export interface ElsewhereAnswers {
  ask(question: ElsewhereQuestion): Promise<ElsewhereAnswer>;
  peers(): readonly PeerView[];
}

/** What the agent answers; `serve/` only carries it. */
export interface AgentAnswers {
  status(): StatusView;
  /** Those that any host that can be asked has written down, oldest first. */
  failovers(): Promise<readonly FailoverView[]>;
  /** What detectors of failure modes see. */
  found(): FoundView;
  intents(): readonly IntentView[];
  intend(request: IntentRequest): Promise<IntentAnswer>;
  /** Puts another description in force. */
  apply(request: ApplyRequest): Promise<IntentAnswer>;
  /** Acknowledges; false when there is no such incident. */
  ack(incident: string, owner: string): Promise<boolean>;
  /** Null: no such instance here. */
  role(instance: string): RoleView | null;
  /** False: no such instance here. */
  heartbeat(instance: string): boolean;
  saidStatus(
    instance: string,
    said: {
      status: Flag;
      subsystems: Readonly<Record<string, Flag>>;
      /** How much older its state is than the active's. */
      behindMs?: number | null;
    },
  ): boolean;
  confirm(instance: string, confirmed: { role: string; term: number }): boolean;
  takeover(instance: string): Promise<IntentAnswer>;
  /** Calls back on every change of the status, at most every 50 ms. */
  onChange(listener: () => void): () => void;
  /** The description in force, and the store's revision at which it was written. */
  description(): DescriptionView;
  /** For its console, and for who makes users. */
  readonly console: ConsoleAnswers;
  readonly runbooks: RunbookAnswers;
  readonly elsewhere: ElsewhereAnswers;
}
