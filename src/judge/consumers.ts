// When consumers went without: the outages of services, followed along the needs to what is used from outside. A service that runs while what it needs is
// down is of no use either, and one whose need has another way to be met is.

import { wallMs } from '../model/units.ts';
import type { WallMs } from '../model/units.ts';
import type { Need, Service, System } from '../model/system.ts';
import type { Outage } from './budget.ts';
import { isMet } from './lose.ts';

/** Of these outages of any services, those spans in which something of `serves` could not be used; one that lasts ends at `nowMs`. */
export function consumersWithout(
  system: Pick<System, 'services' | 'serves'>,
  outages: readonly Outage[],
  nowMs: WallMs,
): readonly Outage[] {
  const under = beneath(system);
  const counted = outages.filter((each) => under.has(each.service));
  const moments = [...new Set(counted.flatMap((each) => [each.fromMs, each.toMs ?? nowMs]))].toSorted((a, b) => a - b);
  const found: Outage[] = [];
  const known = new Map<string, string | null>();
  for (const [index, from] of moments.entries()) {
    const to = moments[index + 1];
    if (to === undefined) break;
    const down = new Set(
      counted.filter((each) => each.fromMs <= from && (each.toMs ?? nowMs) >= to).map((each) => each.service),
    );
    if (down.size === 0) continue;
    const key = [...down].toSorted().join('\n');
    const without = known.has(key) ? known.get(key) : firstWithout(system, under, down);
    known.set(key, without ?? null);
    if (without !== null && without !== undefined)
      found.push({ service: without, fromMs: wallMs(from), toMs: wallMs(to) });
  }
  return found;
}

/** The first of `serves` that falls when these are down; null: none does. */
function firstWithout(
  system: Pick<System, 'serves'>,
  under: ReadonlyMap<string, Service>,
  down: ReadonlySet<string>,
): string | null {
  const fallen = new Set(down);
  for (let before = -1; before !== fallen.size;) {
    before = fallen.size;
    for (const { name, needs } of under.values())
      if (needs !== null && !isMet(needs, (each) => !fallen.has(each))) fallen.add(name);
  }
  return system.serves.find((name) => fallen.has(name)) ?? null;
}

/** What is used from outside, and all that it needs, however far down. */
function beneath(system: Pick<System, 'services' | 'serves'>): ReadonlyMap<string, Service> {
  const services = new Map(system.services.map((service) => [service.name, service]));
  const found = new Map<string, Service>();
  const open = [...system.serves];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const service = services.get(name);
    if (service === undefined || found.has(name)) continue;
    found.set(name, service);
    if (service.needs !== null) open.push(...named(service.needs));
  }
  return found;
}

function named(need: Need): readonly string[] {
  return need.kind === 'service' ? [need.name] : need.of.flatMap(named);
}
