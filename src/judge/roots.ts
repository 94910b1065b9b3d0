// From all that is wrong now to the incidents that should be open: one for each root, with what suffers from it joined under it.
//
// The intuition: at three in the morning one line with thirty names under it is worth more than thirty lines. What is a root is
// read from the structure, not guessed from times: a host that is gone takes along what ran on it, a service that is down takes
// along those that need it and are not fine, a store that cannot be asked takes along those that cannot move without it. All that
// is wrong with one service, and has no root elsewhere, is one incident of that service.
//
// Only what is down is a root of others. What merely errs is not known to be the cause.

import type { HostState, Phase } from '../model/states.ts';
import { gravestFault, gravity } from './reason.ts';
import type { DesiredIncident } from './incidents.ts';
import type { Reason, Verdict } from './reason.ts';
import type { FaultSeverity, Need, Severity } from '../model/system.ts';

/** All that is judged now. Names are those of the description. */
export interface JudgedSystem {
  readonly services: readonly JudgedService[];
  readonly hosts: readonly { readonly name: string; readonly state: HostState; readonly verdict: Verdict }[];
  readonly store: Verdict;
  /** What belongs to no part of the description, for example that a kill came late. Each is a root of its own. */
  readonly others: readonly DesiredIncident[];
}

/** A service with the verdicts on it and on its instances. */
export interface JudgedService {
  readonly name: string;
  readonly needs: Need | null;
  /** One active among several: without the store it cannot move. */
  readonly leased: boolean;
  /** It can be used by who needs it. */
  readonly usable: boolean;
  /** What only shows in the whole (`gradeService` of no instances, `gradeExternal`); the rest stands with the instances. */
  readonly verdict: Verdict;
  readonly instances: readonly JudgedInstance[];
}

/** The verdict on one instance. */
export interface JudgedInstance {
  readonly host: string;
  readonly phase: Phase;
  readonly severity: Severity;
  /** Null only when the severity is 0. */
  readonly cause: Reason | null;
}

/** The incidents that should be open, the gravest first, then by key. */
export function desiredIncidents(judged: JudgedSystem): readonly DesiredIncident[] {
  const roots = new RootFinder(judged);
  const groups = new Map<string, Trouble[]>();
  for (const trouble of troubles(judged)) {
    const root = roots.of(trouble);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [trouble]);
    else group.push(trouble);
  }
  const services = new Map(judged.services.map((service) => [service.name, service]));
  const made = [...groups].map(([key, group]) => incidentOf(key, group, services));
  return [...made, ...judged.others].toSorted(
    (a, b) => gravity(b.severity) - gravity(a.severity) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
}

/** One thing that is wrong, before it is known what it belongs to. */
interface Trouble {
  /** `host:b`, `service:pricer` or `store`: the incident it would be by itself. */
  readonly key: string;
  readonly service: string | null;
  readonly host: string | null;
  readonly phase: Phase | null;
  readonly severity: FaultSeverity;
  readonly cause: Reason;
}

function troubles(judged: JudgedSystem): readonly Trouble[] {
  const found: Trouble[] = [];
  const add = (
    severity: Severity,
    cause: Reason | null | undefined,
    about: Omit<Trouble, 'severity' | 'cause'>,
  ): void => {
    if (severity !== 0)
      found.push({ ...about, severity, cause: cause ?? { kind: 'as-reported', facts: { text: '' } } });
  };
  add(judged.store.severity, judged.store.reasons[0], { key: 'store', service: null, host: null, phase: null });
  for (const { name, verdict } of judged.hosts)
    add(verdict.severity, verdict.reasons[0], { key: `host:${name}`, service: null, host: name, phase: null });
  for (const { name, verdict, instances } of judged.services) {
    const key = `service:${name}`;
    // The instances first: that one ended with signal 9 tells more than that none is active.
    for (const { host, phase, severity, cause } of instances) add(severity, cause, { key, service: name, host, phase });
    add(verdict.severity, verdict.reasons[0], { key, service: name, host: null, phase: null });
  }
  return found;
}

/** Follows each trouble to what it comes from. */
class RootFinder {
  readonly #services: ReadonlyMap<string, JudgedService>;
  readonly #lostHosts: ReadonlySet<string>;
  readonly #storeLost: boolean;
  readonly #found = new Map<string, string>();

  constructor(judged: JudgedSystem) {
    this.#services = new Map(judged.services.map((service) => [service.name, service]));
    this.#lostHosts = new Set(judged.hosts.filter((host) => isLost(host.state)).map((host) => host.name));
    this.#storeLost = judged.store.severity !== 0;
  }

  of(trouble: Trouble): string {
    if (trouble.service === null) {
      // Hosts are heard of through the store: when it is away, their silence says nothing more.
      return this.#storeLost && trouble.cause.kind === 'host-silent' ? 'store' : trouble.key;
    }
    if (trouble.host !== null && this.#lostHosts.has(trouble.host) && !isSeenUp(trouble.phase))
      return this.#ofHost(trouble.host);
    return this.#ofService(trouble.service);
  }

  #ofHost(host: string): string {
    return this.#storeLost ? 'store' : `host:${host}`;
  }

  /** Where the trouble of a service comes from; of what `needs` leads round in a circle, the one that was asked first. */
  #ofService(name: string): string {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    this.#found.set(name, `service:${name}`);
    const service = this.#services.get(name);
    const root = service === undefined ? `service:${name}` : this.#search(service);
    this.#found.set(name, root);
    return root;
  }

  #search(service: JudgedService): string {
    const culprit =
      service.needs === null ? null : firstMissing(service.needs, (name) => this.#services.get(name)?.usable !== false);
    if (culprit !== null) return this.#ofService(culprit);
    if (!service.usable) {
      const bad = service.instances.filter((each) => each.severity !== 0);
      const lost = bad.find((each) => this.#lostHosts.has(each.host) && !isSeenUp(each.phase));
      // Down because of its hosts alone: nothing of it is wrong elsewhere.
      if (lost !== undefined && bad.every((each) => this.#lostHosts.has(each.host))) return this.#ofHost(lost.host);
      if (service.leased && this.#storeLost) return 'store';
    }
    return `service:${service.name}`;
  }
}

/** The first service for lack of which the need is not met; null when it is met. */
function firstMissing(need: Need, usable: (name: string) => boolean): string | null {
  switch (need.kind) {
    case 'service':
      return usable(need.name) ? null : need.name;
    case 'all':
      return atLeastMissing(need.of, need.of.length, usable);
    case 'anyOf':
      return atLeastMissing(need.of, 1, usable);
    case 'atLeast':
      return atLeastMissing(need.of, need.k, usable);
    default:
      return unreachable(need);
  }
}

function atLeastMissing(of: readonly Need[], k: number, usable: (name: string) => boolean): string | null {
  const missing = of.map((each) => firstMissing(each, usable)).filter((each) => each !== null);
  return of.length - missing.length >= k ? null : (missing[0] ?? null);
}

function incidentOf(
  key: string,
  group: readonly Trouble[],
  services: ReadonlyMap<string, JudgedService>,
): DesiredIncident {
  const own = group
    .filter((trouble) => trouble.key === key)
    .toSorted((a, b) => gravity(b.severity) - gravity(a.severity));
  const root = own[0] ?? group[0];
  if (root === undefined) throw new Error('an incident without trouble');
  const service = key.startsWith('service:') ? key.slice('service:'.length) : null;
  const instance =
    service !== null && root.service === service && root.host !== null ? `${service}@${root.host}` : null;
  const bad = new Set(group.filter((trouble) => trouble !== root).map(nameOf));
  return {
    key,
    severity: gravestFault(
      root.severity,
      group.map((trouble) => trouble.severity),
    ),
    service,
    instance,
    host: root.host,
    cause: root.cause,
    also: shortened(bad, services, { service, instance }),
  };
}

function nameOf(trouble: Trouble): string {
  if (trouble.service === null) return trouble.host === null ? 'store' : `host ${trouble.host}`;
  return trouble.host === null ? trouble.service : `${trouble.service}@${trouble.host}`;
}

/** A service in place of its instances when none of it is fine; nothing twice, and not the root itself. */
function shortened(
  names: ReadonlySet<string>,
  services: ReadonlyMap<string, JudgedService>,
  root: { readonly service: string | null; readonly instance: string | null },
): readonly string[] {
  const made = new Set<string>();
  for (const name of names) {
    const [service = name] = name.split('@', 1);
    const whole = service !== root.service && services.get(service)?.usable === false;
    made.add(whole ? service : name);
  }
  if (root.service !== null) made.delete(root.service);
  if (root.instance !== null) made.delete(root.instance);
  return [...made].toSorted();
}

function isLost(state: HostState): boolean {
  return state === 'silent' || state === 'down';
}

/** Heard of as running: its trouble is its own, whatever is thought of its host. */
function isSeenUp(phase: Phase | null): boolean {
  return phase === 'active' || phase === 'standby' || phase === 'passive';
}

function unreachable(value: never): never {
  throw new Error(`not a need: ${JSON.stringify(value)}`);
}
