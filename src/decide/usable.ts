// Which services are of use to those that need them. A change is followed to the dependants: what waited for them goes on.

import type { Draft } from './draft.ts';
import { countAway } from './away.ts';
import { isExternalUsable } from './judged.ts';
import { activeOutside, isLost, missingNeeds, needsOf, reportOf } from './view.ts';

/** Works out anew whether these are of use, and touches who needs them when that changed. */
export function spreadUsable(d: Draft, names: Iterable<string>): void {
  const { system } = d.s;
  if (system === null) return;
  const open = new Set(names);
  const dependants = dependantsOf(system.services);
  for (const name of open) {
    const service = d.service(name);
    if (service === undefined) continue;
    const usable =
      service.kind === 'external'
        ? isExternalUsable(d, service) && missingNeeds(d, service).length === 0
        : service.on.some(({ host }) => isHeardOf(d, host) && reportOf(d, name, host)?.phase === 'active') ||
          activeOutside(d, service).length > 0;
    if (d.s.usable.get(name) === usable) continue;
    if (service.kind === 'run') countAway(d, service, usable);
    const map = d.own('usable', d.s.usable);
    map.set(name, usable);
    d.s.usable = map;
    if (usable && !d.s.everUsable.has(name)) d.s.everUsable = new Set(d.s.everUsable).add(name);
    for (const dependant of dependants.get(name) ?? []) {
      open.add(dependant);
      const slot = d.slot(dependant);
      if (slot === undefined) continue;
      // What it needs came back: it follows at once, whatever its back-off.
      if (usable && slot.now === null && slot.failedUntil !== null) d.setSlot(dependant, { failedUntil: null });
      d.touch(dependant);
    }
  }
}

function isHeardOf(d: Draft, host: string): boolean {
  return host === d.s.me || (d.s.sessions.has(host) && !isLost(d, host));
}

/** What anybody needs, and these. */
export function neededNames(d: Draft, touched: readonly string[]): Set<string> {
  return new Set([...touched, ...dependantsOf(d.s.system?.services ?? []).keys()]);
}

const kept = new WeakMap<object, Map<string, string[]>>();

function dependantsOf(services: NonNullable<Draft['s']['system']>['services']): Map<string, string[]> {
  const known = kept.get(services);
  if (known !== undefined) return known;
  const map = new Map<string, string[]>();
  for (const service of services)
    for (const need of needsOf(service)) map.set(need, [...(map.get(need) ?? []), service.name]);
  kept.set(services, map);
  return map;
}
