// The shapes of the console's HTTP API that are not the agent's own: what pages and other programs read. Types only.

import type { AssessedView } from './api-assess.ts';
import type {
  HostView,
  IncidentView,
  IntentAnswer,
  IntentRequest,
  JournalLine,
  ServiceView,
  StatusView,
} from './api.ts';
import type { HostFigures } from './model/figures.ts';
import type { CheckResult } from './model/states.ts';
import type { JsonValue } from './model/json.ts';

/** What a person may: each may all that the one before it may. */
export type AccessRole = 'look' | 'operate' | 'administer';

/** Where a status comes from and how old it is. */
export interface StatusOrigin {
  /** Whose agent said it. */
  readonly host: string;
  /** `silent`: it answered last at `asOfMs`, and what is shown is from then. */
  readonly agent: 'live' | 'silent';
  /** Unix ms of the console's clock. */
  readonly asOfMs: number;
  /** Why the agent counts as silent; null: it does not. */
  readonly why: string | null;
}

/** `GET /api/v1/status`: what `standfast status --json` shows, and how old it is. */
export interface ConsoleStatus extends StatusView {
  readonly source: StatusOrigin;
}

/** All of a status but its lists. */
export type StatusHead = Omit<StatusView, 'hosts' | 'services' | 'incidents'>;

/** Event `delta`: what changed. A host or service that is named replaces the one of that name; lists that are absent did not change. */
export interface StatusDelta {
  /** Another description is in force: the lists are whole, and what they do not name is gone. */
  readonly whole?: true;
  readonly head: StatusHead;
  readonly hosts?: readonly HostView[];
  readonly services?: readonly ServiceView[];
  readonly incidents?: readonly IncidentView[];
  readonly source?: StatusOrigin;
}

/** Event `pulse`, every 2 s: the server lives, and how old what it knows of each host is. */
export interface Pulse {
  readonly atMs: number;
  readonly source: StatusOrigin;
  /** When each host was last heard of, Unix ms; null: never. */
  readonly hosts: Readonly<Record<string, number | null>>;
}

/** `GET /api/v1/me`. */
export interface Me {
  /** Null: nobody is signed in. */
  readonly name: string | null;
  readonly role: AccessRole | null;
  /** What acting must send as the header `standfast-csrf`; null when nobody is signed in. */
  readonly csrf: string | null;
  /** Until when this sign-in holds unless it is used, Unix ms. */
  readonly expiresAtMs: number | null;
  /** How one can sign in: with a password when there are users, with a provider when one is described. */
  readonly signIn: { readonly password: boolean; readonly provider: string | null };
}

/** A failure, on every route: what is wrong, why, what next. */
export interface ApiFailure {
  readonly error: { readonly code: string; readonly why: string; readonly next: string };
}

/** `POST /api/v1/intents/preview`: what would happen. */
export interface ActionPreview {
  /** What the agent would answer now, by the rules that run. */
  readonly answer: IntentAnswer;
  /** In words, for the second of the two steps; null when it is refused. */
  readonly will: string | null;
  /** For how long consumers would go without, least and most of what was measured lately, ms; null: not known. */
  readonly gapMs: readonly [least: number, most: number] | null;
  /** Who would be active then; null: as now, or nobody. */
  readonly active: string | null;
}

/** What was measured of one instance, newest last, ms. */
export interface MeasuredView {
  readonly service: string;
  readonly host: string;
  readonly bMs: readonly number[];
  readonly iMs: readonly number[];
  readonly switchMs: readonly number[];
}

/** A check's last answer, and those before it, newest last. */
export interface CheckView {
  readonly service: string;
  readonly host: string;
  readonly check: string;
  readonly result: CheckResult;
  readonly text: string;
  readonly atMs: number;
  /** Critical or unknown answers in a row. */
  readonly failures: number;
  readonly recent: readonly { readonly atMs: number; readonly result: CheckResult }[];
}

/** When consumers went without a service. `toMs` null: they still do. */
export interface OutageView {
  readonly service: string;
  readonly fromMs: number;
  /** Null: it goes on. */
  readonly toMs: number | null;
}

/** `GET /api/v1/details` of the agent: what no status has. */
export interface DetailsView {
  readonly host: string;
  readonly measured: readonly MeasuredView[];
  readonly checks: readonly CheckView[];
  readonly outages: readonly OutageView[];
  /** Null: its detectors have not looked yet. */
  readonly figures: FiguresView | null;
  /** How many lines of its journal were dropped in this life of the agent, and why some are now; `trouble` null: all are written. Absent: of a version that does not say. */
  readonly journal?: { readonly lost: number; readonly trouble: string | null };
}

/** What a host has and uses. */
export interface FiguresView extends HostFigures {
  readonly asOfMs: number;
  /** The last ten minutes, oldest first, as shares of the whole: 0 to 1; null: not known. */
  readonly recent: readonly {
    readonly atMs: number;
    readonly processors: number | null;
    readonly memory: number | null;
  }[];
}

/** What a host could not be asked for now. */
export interface GapView {
  readonly host: string;
  readonly why: string;
  /** What is shown of it was so then, Unix ms; null: nothing is shown of it. */
  readonly asOfMs: number | null;
}

/** `GET /api/v1/budget`: the outage budget burning down. */
export interface BudgetView {
  readonly unavailableMs: number;
  readonly perMs: number;
  readonly usedMs: number;
  readonly outages: readonly OutageView[];
  /** How much was used up in the `perMs` before each moment, oldest first. */
  readonly points: readonly { readonly atMs: number; readonly usedMs: number }[];
}

/** `GET /api/v1/journal`. */
export interface JournalPage {
  readonly lines: readonly (JournalLine & {
    /** The line as a sentence. */
    readonly text: string;
    readonly aside: string;
  })[];
  /** True: there are older ones that fit the question. */
  readonly more: boolean;
  /** Hosts whose journal could not be read now. */
  readonly missing: readonly GapView[];
}

/** `GET /api/v1/explain/SUBJECT`. */
export interface ExplanationView {
  readonly subject: string;
  readonly state: string;
  readonly steps: readonly {
    readonly atMs: number;
    readonly text: string;
    readonly rule: number | null;
    readonly facts: Readonly<Record<string, JsonValue>>;
    /** True: of interest only to who asks for everything. */
    readonly detail: boolean;
  }[];
  readonly waitingFor: string | null;
  readonly youCan: readonly string[];
  readonly consumers: string | null;
  readonly missing: readonly GapView[];
}

/** `GET /api/v1/logs/SERVICE`: the last lines of each instance's output. */
export interface LogTail {
  readonly service: string;
  readonly outputs: readonly {
    readonly host: string;
    readonly lines: readonly string[];
    /** Some lines were longer than is sent, and were cut. */
    readonly cut: boolean;
  }[];
  /** Hosts whose output could not be read now. */
  readonly missing: readonly GapView[];
}

/** A point of the time axis. */
export interface Happening {
  readonly atMs: number;
  readonly kind: 'failover' | 'restart' | 'incident' | 'resolved' | 'person' | 'description' | 'host' | 'store';
  /** Null: it is not about one; the host likewise. */
  readonly service: string | null;
  readonly host: string | null;
  readonly text: string;
  /** What `explain` takes, for more of it. */
  readonly subject: string;
}

/** `GET /api/v1/topology`: what is described, as a graph. */
export interface TopologyView {
  readonly system: string;
  readonly serves: readonly string[];
  readonly domains: readonly { readonly name: string; readonly kind: string; readonly in: readonly string[] }[];
  readonly hosts: readonly { readonly name: string; readonly address: string; readonly in: readonly string[] }[];
  readonly services: readonly {
    readonly name: string;
    readonly policy: string;
    readonly external: boolean;
    readonly on: readonly string[];
    readonly prefer: string | null;
    /** Names it needs, of whatever kind of need. */
    readonly needs: readonly string[];
    readonly impact: string | null;
    readonly recoverWithinMs: number;
    readonly runbook: string | null;
  }[];
}

/** `GET /api/v1/assessment`. `result` is what `assess --json` prints. */
export type AssessmentView =
  | { readonly state: 'computing'; readonly hash: string; readonly sinceMs: number }
  | { readonly state: 'done'; readonly hash: string; readonly atMs: number; readonly result: AssessedView }
  | { readonly state: 'failed'; readonly hash: string; readonly why: string };

/** How the console of a host stands, as its agent knows. */
export interface ConsoleView {
  readonly state: 'off' | 'starting' | 'listening' | 'waiting' | 'failed';
  /** Null: it does not listen. */
  readonly url: string | null;
  /** Why it does not listen, and what to do; null while it does. */
  readonly why: string | null;
}

/** A user as the store holds it. `password` is a PHC string (argon2id), never a password. */
export interface Account {
  readonly name: string;
  readonly role: AccessRole;
  readonly password: string;
  readonly changedAtMs: number;
  readonly by: string;
}

/** All that the console's process needs to know who signs in: for the agent's socket alone, which is its owner's. */
export interface AccountsView {
  readonly accounts: readonly Account[];
  /** 32 bytes, base64url: signs the cookies of all consoles of the system. */
  readonly key: string;
}

/** What the agent answers to its console and to `standfast user`. */
export interface ConsoleAnswers {
  details(): DetailsView;
  /** What the rules would answer now; nothing is done. */
  preview(request: IntentRequest): IntentAnswer;
  /** Rejects while the store was never reached in this life. */
  accounts(): Promise<AccountsView>;
  putAccount(account: Account): Promise<void>;
  /** False: there is none of that name. */
  removeAccount(name: string): Promise<boolean>;
  view(): ConsoleView;
}
