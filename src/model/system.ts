// What a system is, once read and checked: plain data with every default filled in, durations in milliseconds, names resolved.
// The text form is the contract's `standfast.yaml`; `read.ts` turns one into the other.

import type { Bytes, Ms } from './units.ts';
import type { ServiceWatch } from './watch.ts';

/** A description that has passed every check. JSON-serialisable. */
export interface System {
  readonly name: string;
  readonly about: string | null;
  readonly objective: Objective;
  readonly store: StoreChoice;
  readonly peers: PeerChannel;
  /** What consumers use; the system is unavailable while any of these is. Absent in the text: services that no other needs. */
  readonly serves: readonly string[];
  readonly notify: readonly NotifyTarget[];
  /** The web pages that every agent serves; null: none. */
  readonly console: ConsoleChoice | null;
  /** Detectors of failure modes that do not look, by the catalogue's names. */
  readonly detectorsOff: readonly string[];
  readonly domains: readonly Domain[];
  readonly hosts: readonly Host[];
  readonly services: readonly Service[];
  /** Absolute path of the folder that holds the description. */
  readonly folder: string;
  /** SHA-256 of the text, hex: tells whether two agents use the same description. */
  readonly hash: string;
}

/** Not more than `unavailable` in any `per`; back within `recoverWithin`. */
export interface Objective {
  readonly unavailable: Ms;
  readonly per: Ms;
  readonly recoverWithin: Ms;
}

/** Where the agents agree. `managed`: Standfast runs the etcd itself; else it is asked at `endpoints`; files are as written, from the folder of the description; null is what is not used. */
export type StoreChoice =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'etcd'; readonly managed: true }
  | {
      readonly kind: 'etcd';
      readonly managed: false;
      readonly endpoints: readonly string[];
      readonly ca: string | null;
      readonly cert: string | null;
      readonly key: string | null;
      readonly user: string | null;
      readonly passwordFile: string | null;
    };

/** How agents of different machines talk: TCP with mutual TLS. */
export interface PeerChannel {
  readonly port: number;
  /** Certificates of the user's own (absolute paths); null: each agent makes its own, and the store says which count. */
  readonly own: { readonly ca: string; readonly cert: string; readonly key: string } | null;
}

/** Where incidents of severity `from` and graver go (1 is graver than 2, 2 than 3). */
export type NotifyTarget =
  | { readonly kind: 'webhook'; readonly url: string; readonly from: FaultSeverity }
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly from: FaultSeverity };

/** Where the console listens and who may. Files are absolute. */
export interface ConsoleChoice {
  /** An IP address of the machine. */
  readonly address: string;
  /** Of the first host of a machine; each further one takes the next. 0: any that is free. */
  readonly port: number;
  /** True when the description says nothing of it: then a port in use is no fault, and the next free one is taken. */
  readonly usual: boolean;
  /** Null: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Host names under which people reach it, besides IP addresses and localhost. */
  readonly names: readonly string[];
  /** Null: by passwords alone. */
  readonly oidc: ConsoleOidc | null;
}

/** Sign-in by an OpenID Connect provider (Core 1.0, code flow with PKCE, RFC 7636). */
export interface ConsoleOidc {
  readonly issuer: string;
  readonly clientId: string;
  /** Null: a public client. */
  readonly clientSecretFile: string | null;
  /** The claim whose values give roles. */
  readonly claim: string;
  /** Values of the claim, by role; who has none may only look. */
  readonly operate: readonly string[];
  readonly administer: readonly string[];
}

/** 0 none, 1 critical, 2 moderate, 3 low (mission row RB1). */
export type Severity = 0 | 1 | 2 | 3;

/** How bad something is that is wrong; 1 is the gravest. */
export type FaultSeverity = 1 | 2 | 3;

/** What was stated of how often a part fails; `null` where nothing was. */
export interface Reliability {
  readonly unavailability: number | null;
  readonly mtbf: Ms | null;
  readonly mttr: Ms | null;
  /** Only of the part itself; of a service's objective see `Objective`. */
  readonly recoverWithin: Ms | null;
}

/** What several hosts share and lose together; `in` names the domains that it lies in itself. */
export interface Domain {
  readonly name: string;
  /** As the description calls it: `rack`, `zone`, any word. */
  readonly kind: string;
  readonly in: readonly string[];
  readonly reliability: Reliability;
}

/** A place with an address where instances run. */
export interface Host {
  readonly name: string;
  /** An IP address or a name. */
  readonly address: string;
  /** The domains that it lies in directly. */
  readonly in: readonly string[];
  /** Where its agent listens for those of other machines; null: at the system's `peers.port`, or near it when that is taken. */
  readonly peerPort: number | null;
  readonly reliability: Reliability;
  /** How it is cut off from outside; null: it cannot be. */
  readonly fence: Fence | null;
}

/** A fence agent in the form of Debian's fence-agents: options as `key=value` lines on its standard input. */
export interface Fence {
  readonly agent: string;
  readonly options: Readonly<Record<string, string>>;
  /** How long switching off and confirming it may take together. */
  readonly within: Ms;
  /** Whether it is switched on again once it was confirmed off. */
  readonly powerOn: boolean;
}

/** An address that the active one's host holds. */
export interface Route {
  /** As written, without its prefix. */
  readonly address: string;
  readonly prefix: number;
  readonly family: 4 | 6;
  /** Null: the device that has an address of the same network. */
  readonly dev: string | null;
}

/** How many instances are active, and how near the others are (docs/concepts.md). */
export type Policy =
  | 'single'
  | 'hot-active/cold-passive'
  | 'hot-active/warm-passive'
  | 'hot-active/warm-active'
  | 'hot-active/hot-active';

/** Who starts a failover. */
export type Trigger = 'supervisor' | 'standby' | 'manual';

/** A program and its arguments, or a line for `/bin/sh -c`. Words may still hold `${NAME}` (`$${` is a literal `${`); a line is the shell's own to fill in. */
export type Command =
  | { readonly kind: 'argv'; readonly argv: readonly string[] }
  | { readonly kind: 'shell'; readonly line: string };

/** How to ask something a question once. Strings may still hold `${NAME}`; `instance.ts` fills them in. */
export type ProbeSpec =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly address: string }
  | { readonly kind: 'command'; readonly command: Command }
  /** A line that matches the pattern appears in the file (relative to `dir`). No file: what the instance prints, which `planInstance` fills in. */
  | { readonly kind: 'log'; readonly pattern: string; readonly file: string }
  | { readonly kind: 'file'; readonly path: string };

/** A probe that ends a wait: asked again and again until it answers or `within` is over. */
export interface Wait {
  readonly probe: ProbeSpec;
  readonly within: Ms;
  /** The description does not say within what, and `within` is what is usual: nobody said that it takes so long. */
  readonly usual?: true;
}

/** How a role is given or taken. */
export type RoleCall =
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'message' };

type HeartbeatSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'message' }
  | { readonly kind: 'row'; readonly url: string; readonly query: string };

/** How a service shows that it goes on. */
export interface Heartbeat {
  readonly source: HeartbeatSource;
  /** How often the service beats; at most d/2. `null`: Standfast derives d/2. */
  readonly every: Ms | null;
}

/** Something that is asked again and again, besides heartbeat and status. */
export interface Check {
  /** Unique within the service: what is asked, as people would name it, for example `tcp 127.0.0.1:7101`. */
  readonly name: string;
  readonly probe: ProbeSpec;
  /** `null`: derived from the objective. */
  readonly every: Ms | null;
  /** What a failure means; 1 ends the instance. `null`: 1 for http, tcp and command, 3 for log. */
  readonly severity: FaultSeverity | null;
}

/** All that tells how a service does, besides its process. Null: not described. */
export interface Detect {
  readonly heartbeat: Heartbeat | null;
  readonly status: ProbeSpec | null;
  readonly checks: readonly Check[];
}

/** What must stand for something to stand. */
export type Need =
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'all'; readonly of: readonly Need[] }
  | { readonly kind: 'anyOf'; readonly of: readonly Need[] }
  | { readonly kind: 'atLeast'; readonly k: number; readonly of: readonly Need[] };

/** What keeps two active ones from being heard twice; `detectsWithin` is how soon the balancer drops a dead one. */
export type Consumers = { readonly kind: 'dropDuplicates' } | { readonly kind: 'balancer'; readonly detectsWithin: Ms };

/** Where one instance runs, and what only it gets. */
export interface Placement {
  readonly host: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A file that must be there, with this mode (octal, as text), owner and group; null: any. */
export interface FileRule {
  readonly path: string;
  readonly mode: string | null;
  readonly owner: string | null;
  readonly group: string | null;
}

/** A weekly window in a time zone: up inside, down as planned outside. `days`: 1 is Monday, 7 Sunday. Minutes since midnight. */
export interface Schedule {
  readonly text: string;
  readonly days: readonly number[];
  readonly fromMinute: number;
  /** Past midnight when not above `fromMinute`. */
  readonly toMinute: number;
  readonly zone: string;
}

/** A runbook begins by itself for incidents of `severity` and graver, at most `atMost` times in any `per`. */
export interface AutoRunbook {
  readonly severity: FaultSeverity;
  readonly atMost: number;
  readonly per: Ms;
}

/** What an instance may use; null: what the machine allows. */
export interface Limits {
  readonly memory: Bytes | null;
  /** How many files each of its processes may have open at once. */
  readonly files: number | null;
}

/** A part that others depend on and nothing here runs. */
export interface ExternalService {
  readonly kind: 'external';
  readonly name: string;
  readonly about: string | null;
  readonly needs: Need | null;
  readonly detect: Detect;
  readonly reliability: Reliability;
  readonly severity: FaultSeverity;
  readonly impact: string | null;
}

/** Who owns the process. Names, files and commands may still hold `${NAME}`, and files be relative, until `planInstance`. */
export type ProcessManager =
  | { readonly kind: 'native' }
  /** `control`: its control file; null: the one that monit finds by itself. */
  | { readonly kind: 'monit'; readonly name: string; readonly control: string | null }
  /** `user`: the manager of who runs the agent, in place of the machine's. */
  | { readonly kind: 'systemd'; readonly name: string; readonly user: boolean }
  /** `config`: where supervisorctl reads how to reach it; null: the one that it finds by itself. */
  | { readonly kind: 'supervisord'; readonly name: string; readonly config: string | null }
  /** Exit status as of an init script (LSB): `status` 0 it runs, 1 to 3 it does not, any other: nobody knows. */
  | { readonly kind: 'command'; readonly start: Command; readonly stop: Command; readonly status: Command };

/** A service that Standfast runs. */
export interface RunService {
  readonly kind: 'run';
  readonly name: string;
  readonly about: string | null;
  /** With another manager than native it is that one's to know, and this is not run. */
  readonly run: Command;
  readonly manager: ProcessManager;
  readonly policy: Policy;
  /** Null: nothing is needed, for one at most is active. */
  readonly consumers: Consumers | null;
  /** In order of preference. */
  readonly on: readonly Placement[];
  /** The host that is to be active when it can; null: the first of `on`. */
  readonly prefer: string | null;
  /** It returns to the preferred host once that is well. */
  readonly failBack: boolean;
  readonly needs: Need | null;
  readonly objective: Objective;
  /** Ends b; null: ready as soon as the process exists. */
  readonly ready: Wait | null;
  readonly activate: RoleCall | null;
  /** Ends i; null: the activate call itself does. */
  readonly active: Wait | null;
  /** Null: the instance is ended instead. */
  readonly deactivate: RoleCall | null;
  /** How long the active one may take to finish what it has begun when it is to move; null: as long as a call usually may. */
  readonly drain: { readonly within: Ms } | null;
  readonly trigger: Trigger;
  readonly detect: Detect;
  readonly log: { readonly file: string; readonly started: string | null } | null;
  readonly files: readonly FileRule[];
  readonly stop: { readonly signal: string; readonly forcedAfter: Ms };
  readonly restart: { readonly alternative: Command | null };
  /** An instance whose state is older takes over only when asked to; null: any age will do. */
  readonly mayLose: Ms | null;
  /** What one instance can carry, in the unit of `load`; null: not stated. */
  readonly capacity: number | null;
  /** What all active ones must carry together; null: not stated. */
  readonly load: number | null;
  /** Null: no address moves with it. */
  readonly route: Route | null;
  /** A lost host is fenced before another takes this over from it. */
  readonly fenceBeforeTakeover: boolean;
  /** When it is down and should be up. */
  readonly severity: FaultSeverity;
  /** Null: always to be up. */
  readonly schedule: Schedule | null;
  /** Exit 0 within the schedule means done until the next window. */
  readonly finishes: boolean;
  /** A sentence; null: none was written. */
  readonly impact: string | null;
  /** Its file as written; null: one is made from the description. */
  readonly runbook: string | null;
  /** When its runbook begins without being asked; null: never. */
  readonly autoRunbook: AutoRunbook | null;
  /** Absolute. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly envFile: string | null;
  /** Both as written, where the description may lie in another folder on each machine; null: all hosts are of one machine. */
  readonly asWritten: { readonly dir: string; readonly envFile: string | null } | null;
  /** Null: who runs the agent. */
  readonly user: string | null;
  readonly group: string | null;
  readonly logs: { readonly maxSize: Bytes; readonly keep: number };
  readonly backOff: { readonly upTo: Ms };
  readonly limits: Limits;
  readonly reliability: Reliability;
  readonly watch: ServiceWatch;
}

/** Anything under `services`. */
export type Service = RunService | ExternalService;

/** A service with one active among several instances. */
export type LeasedService = RunService & { readonly policy: Exclude<Policy, 'single' | 'hot-active/hot-active'> };

/** True for a policy with one active among several instances: those hold a lease. */
export function isLeased(service: Service): service is LeasedService {
  return service.kind === 'run' && service.policy !== 'single' && service.policy !== 'hot-active/hot-active';
}

/** The service of that name, or `undefined`. */
export function serviceNamed(system: System, name: string): Service | undefined {
  return system.services.find((service) => service.name === name);
}

/** The hosts that share a leased service with `host`: those that may depose its session (design: *Session*). In order of the description. */
export function sharesLeaseWith(system: System, host: string): string[] {
  const names = new Set<string>();
  for (const service of system.services)
    if (isLeased(service) && service.on.some((place) => place.host === host))
      for (const place of service.on) if (place.host !== host) names.add(place.host);
  return system.hosts.map((each) => each.name).filter((name) => names.has(name));
}
