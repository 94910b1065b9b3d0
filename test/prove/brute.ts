// The naive twin: every state of every part, one after the other, and what stands in it read straight off the description. Shares
// no code with what it checks.

import type { Need, Reliability, System } from '../../src/model/system.ts';

export interface Enumerated {
  readonly unavailability: number;
  readonly survives: number | null;
  readonly cutSets: readonly (readonly string[])[];
  readonly services: ReadonlyMap<string, number>;
  readonly parts: readonly string[];
}

/** Of stated figures alone, as `--stated`. */
export function enumerate(system: System): Enumerated {
  const shares = new Map<string, number>();
  const add = (name: string, of: Reliability): void => {
    const repair = of.mttr ?? of.recoverWithin;
    const share = of.unavailability ?? (of.mtbf !== null && repair !== null ? repair / (of.mtbf + repair) : 0);
    if (share > 0) shares.set(name, share);
  };
  for (const domain of system.domains) add(domain.name, domain.reliability);
  for (const host of system.hosts) add(`host:${host.name}`, host.reliability);
  for (const service of system.services)
    if (service.kind === 'external') add(service.name, service.reliability);
    else for (const { host } of service.on) add(`${service.name}@${host}`, service.reliability);
  const parts = [...shares.keys()];
  const down: boolean[] = [];
  const services = new Map(system.services.map((service) => [service.name, sum()]));
  const unavailability = sum();
  for (let state = 0; state < 2 ** parts.length; state += 1) {
    const failed = new Set(parts.filter((_, i) => ((state >> i) & 1) === 1));
    const share = parts.reduce(
      (made, part) => made * (failed.has(part) ? (shares.get(part) ?? 0) : 1 - (shares.get(part) ?? 0)),
      1,
    );
    const standing = standingIn(system, failed);
    const fails = system.serves.some((name) => !standing(name));
    down.push(fails);
    if (fails) unavailability.add(share);
    for (const { name } of system.services) if (!standing(name)) services.get(name)?.add(share);
  }
  const cutSets: string[][] = [];
  for (const [state, fails] of down.entries()) {
    if (!fails) continue;
    const inside = parts.map((_, i) => i).filter((i) => ((state >> i) & 1) === 1);
    if (inside.every((i) => down[state & ~(1 << i)] !== true)) cutSets.push(inside.map((i) => parts[i] ?? ''));
  }
  return {
    unavailability: unavailability.total(),
    survives: cutSets.length === 0 ? null : Math.min(...cutSets.map((set) => set.length)) - 1,
    cutSets,
    services: new Map([...services].map(([name, each]) => [name, each.total()])),
    parts,
  };
}

/** Neumaier's sum: a million small terms lose nothing that counts. */
function sum(): { add(term: number): void; total(): number } {
  let total = 0;
  let lost = 0;
  return {
    add(term) {
      const next = total + term;
      lost += Math.abs(total) >= Math.abs(term) ? total - next + term : term - next + total;
      total = next;
    },
    total: () => total + lost,
  };
}

function standingIn(system: System, failed: ReadonlySet<string>): (service: string) => boolean {
  const domainStands = (name: string): boolean =>
    !failed.has(name) && (system.domains.find((domain) => domain.name === name)?.in ?? []).every(domainStands);
  const hostStands = (name: string): boolean =>
    !failed.has(`host:${name}`) && (system.hosts.find((host) => host.name === name)?.in ?? []).every(domainStands);
  const meets = (need: Need): boolean => {
    if (need.kind === 'service') return stands(need.name);
    const met = need.of.filter(meets).length;
    return need.kind === 'all' ? met === need.of.length : need.kind === 'anyOf' ? met > 0 : met >= need.k;
  };
  const known = new Map<string, boolean>();
  const stands = (name: string): boolean => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const service = system.services.find((each) => each.name === name);
    if (service === undefined) return false;
    const itself =
      service.kind === 'external'
        ? !failed.has(name)
        : service.on.some(({ host }) => !failed.has(`${name}@${host}`) && hostStands(host));
    const so = itself && (service.needs === null || meets(service.needs));
    known.set(name, so);
    return so;
  };
  return stands;
}
