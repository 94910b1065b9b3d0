// What becomes of a running system when its description changes: what is new, what goes, what is started anew, what moves, and what is only read again. Said to
// people before anything is done; the agents work out the same from the two descriptions by themselves.

import { compare, differences, isMapping } from './difference.ts';
import type { JsonValue } from './json.ts';
import { madeOf, partsOf } from './made-of.ts';
import { isLeased, type RunService, type Service, type System } from './system.ts';

/** A service that a change touches, and how. */
export interface ServiceChange {
  readonly service: string;
  /** What differs, a line each. */
  readonly why: readonly string[];
}

/** What a change does to what runs; services and hosts by name. */
export interface ChangePlan {
  readonly hosts: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Nothing of it may run while it changes: it is stopped everywhere, and started again. */
  readonly stopped: readonly ServiceChange[];
  /** Its instances are started anew, one at a time, on these hosts. */
  readonly restarted: readonly (ServiceChange & { readonly hosts: readonly string[] })[];
  /** It runs on other hosts from then on, or is active on another. */
  readonly moved: readonly (ServiceChange & { readonly from: readonly string[]; readonly to: readonly string[] })[];
  /** What runs goes on; it is looked at and judged otherwise. */
  readonly reread: readonly ServiceChange[];
  /** Of the system, its hosts and its domains. */
  readonly system: readonly string[];
}

/** What a change from one description to another brings. */
export function planChange(before: System, after: System): ChangePlan {
  const old = new Map(before.services.map((each) => [each.name, each]));
  const now = new Map(after.services.map((each) => [each.name, each]));
  const hostsBefore = before.hosts.map((each) => each.name);
  const hostsAfter = after.hosts.map((each) => each.name);
  const plan = {
    hosts: {
      added: hostsAfter.filter((name) => !hostsBefore.includes(name)),
      removed: hostsBefore.filter((name) => !hostsAfter.includes(name)),
    },
    added: [...now.keys()].filter((name) => old.get(name)?.kind !== now.get(name)?.kind),
    removed: [...old.keys()].filter((name) => now.get(name)?.kind !== old.get(name)?.kind),
    stopped: [] as ServiceChange[],
    restarted: [] as ChangePlan['restarted'][number][],
    moved: [] as ChangePlan['moved'][number][],
    reread: [] as ServiceChange[],
    system: [
      // With a store of several machines each has a folder of its own, which its own `up` was given.
      ...(before.folder === after.folder || after.store.kind !== 'embedded'
        ? []
        : [`  folder: ${before.folder} → ${after.folder}`]),
      ...differences(
        { ...before, services: [], hosts: before.hosts.filter((host) => hostsAfter.includes(host.name)) },
        { ...after, services: [], hosts: after.hosts.filter((host) => hostsBefore.includes(host.name)) },
      ),
    ],
  };
  for (const [name, is] of now) {
    const was = old.get(name);
    if (was === undefined || was.kind !== is.kind) continue;
    if (was.kind === 'external' || is.kind === 'external') {
      const why = differs(was, is, () => true);
      if (why.length > 0) plan.reread.push({ service: name, why });
    } else planService(plan, was, is);
  }
  return plan;
}

/** True when there is nothing that an agent would take up. */
export function isNothing(plan: ChangePlan): boolean {
  return (
    plan.hosts.added.length + plan.hosts.removed.length + plan.added.length + plan.removed.length === 0 &&
    plan.stopped.length + plan.restarted.length + plan.moved.length + plan.reread.length + plan.system.length === 0
  );
}

/** True when instances of before and after could be active at once with nothing to hold them apart: no lease, or one that only some of them know. */
export function changesGuard(before: RunService, after: RunService): boolean {
  if (isLeased(before) !== isLeased(after)) return true;
  const single = before.policy === 'single' && after.policy === 'single';
  return single && before.on[0]?.host !== after.on[0]?.host;
}

function planService(
  plan: {
    readonly stopped: ServiceChange[];
    readonly restarted: ChangePlan['restarted'][number][];
    readonly moved: ChangePlan['moved'][number][];
    readonly reread: ServiceChange[];
  },
  was: RunService,
  is: RunService,
): void {
  const service = is.name;
  const hosts = (of: RunService): string[] => of.on.map((place) => place.host);
  const from = hosts(was).filter((host) => !hosts(is).includes(host));
  const to = hosts(is).filter((host) => !hosts(was).includes(host));
  if (changesGuard(was, is)) {
    plan.stopped.push({ service, why: differs(was, is, (key) => key !== 'asWritten') });
    return;
  }
  const stay = hosts(is).filter((host) => hosts(was).includes(host));
  const anew = stay.filter((host) => madeOf(was, host) !== madeOf(is, host));
  if (anew.length > 0) {
    const why = anew.flatMap((host) => compare('', plain(partsOf(was, host)), plain(partsOf(is, host))));
    plan.restarted.push({ service, hosts: anew, why: [...new Set(why)] });
  }
  if (from.length + to.length > 0) plan.moved.push({ service, from, to, why: [] });
  else if (is.failBack && was.prefer !== is.prefer)
    plan.moved.push({
      service,
      from: [],
      to: [],
      why: differs(was, is, (key) => key === 'prefer' || key === 'failBack'),
    });
  const made = new Set([...Object.keys(partsOf(is, '')), 'on', 'asWritten']);
  const why = differs(was, is, (key) => !made.has(key));
  if (why.length > 0) plan.reread.push({ service, why });
  else if (from.length + to.length === 0 && hosts(was).join(' ') !== hosts(is).join(' '))
    plan.reread.push({ service, why: [`  on: ${hosts(was).join(', ')} → ${hosts(is).join(', ')}`] });
}

/** The lines of the keys that count. */
function differs(was: Service, is: Service, counts: (key: string) => boolean): string[] {
  const before = plain(withHosts(was));
  const after = plain(withHosts(is));
  if (!isMapping(before) || !isMapping(after)) return [];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(counts);
  return keys.flatMap((key) => compare(key, before[key], after[key]));
}

/** Where it runs as names alone: what only one host gets is told with what it is made of. */
function withHosts(service: Service): object {
  return service.kind === 'run' ? { ...service, on: service.on.map((place) => place.host).join(', ') } : service;
}

function plain(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
