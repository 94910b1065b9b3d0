// A host that joins those of a leased service, just when who holds the lease ceases to hear the store: the session that names the newcomer is written, and
// the answer to that write never comes. The newcomer may depose from then on, so it must be asked for its promise though nobody confirmed that it is named.

import type { DrawnSystem } from './draw.ts';
import type { Random } from './random.ts';
import type { Fault } from './storm.ts';

export interface Joining {
  readonly system: DrawnSystem;
  readonly later: DrawnSystem;
  readonly holder: string;
  readonly newcomer: string;
}

/** Three hosts, of which two share a leased service; and the description by which the third does too. */
export function drawJoining(random: Random): Joining {
  const hosts = ['a', 'b', 'c'];
  const [holder = 'a', second = 'b', newcomer = 'c'] = hosts.toSorted(() => random.next() - 0.5);
  const policy = random.pick(['warm-passive', 'warm-active'] as const);
  const options = [`prefer ${holder}`, ...(random.chance(0.35) ? ['vip'] : [])];
  const storeOn = hosts.slice(0, random.pick([0, 0, 3]));
  const on = (places: readonly string[]): DrawnSystem => ({
    hosts,
    storeOn,
    services: [{ name: 's0', policy, on: places, options }],
  });
  return { system: on([holder, second]), later: on([holder, second, newcomer]), holder, newcomer };
}

/** The store takes its time with the holder; the newcomer is described; and the holder hears no more, while the hosts hear each other. */
export function drawLateAnswer(random: Random, { holder, newcomer }: Joining, at: number): Fault {
  // By then it has heard of the description, and hears nothing more but answers.
  const deaf = at + Math.ceil(random.between(20, 200));
  const cut = deaf + Math.ceil(random.between(100, 1200));
  return [
    { at: at - 600, does: `slow-store ${holder} ${Math.ceil(random.between(200, 490))}ms` },
    { at, does: `apply ${newcomer}` },
    { at: deaf, does: `cut-watch ${holder}` },
    { at: cut, does: `cut-store ${holder}` },
    { at: cut + Math.ceil(random.between(3000, 7000)), does: `heal-store ${holder}` },
    { at: cut + 7000, does: `heal-watch ${holder}` },
    { at: cut + 7000, does: `slow-store ${holder}` },
  ];
}

/** Now and then somebody's `up` knows of a higher term than the store has. */
export function drawRaises(random: Random, { from, until }: { from: number; until: number }): Fault[] {
  const moments = Array.from({ length: 2 }, () => Math.round(random.between(from, until))).toSorted((a, b) => a - b);
  return moments.map((at, index) => [{ at, does: `raise-lease s0 ${50 * (index + 1)}` }]);
}
