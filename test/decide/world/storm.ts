// Faults drawn from a seed, as the lines of a scenario, and the end of all of them. What a fault breaks it mends again with lines of its own, so that
// the two are left out together when a storm is shrunk.

import type { DrawnSystem } from './draw.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** One fault: its lines, each at its moment (ms). */
export type Fault = readonly { readonly at: number; readonly does: string }[];

export interface StormTerms {
  readonly from: number;
  /** Until when faults happen. */
  readonly until: number;
  /** Mean time between them. */
  readonly everyMs: number;
  /** Whether there is another description to apply. */
  readonly applies: boolean;
}

/** Draws faults until the given moment. What they break they may mend; the rest is mended by `heal`. */
export function drawStorm(random: Random, system: DrawnSystem, terms: StormTerms): Fault[] {
  const faults: Fault[] = [];
  let at = terms.from + random.between(0, 4000);
  while (at < terms.until) {
    faults.push(drawFault(random, system, Math.round(at), terms.applies));
    at += -Math.log(1 - random.next()) * terms.everyMs;
  }
  return faults;
}

function drawFault(random: Random, { hosts, services }: DrawnSystem, at: number, applies: boolean): Fault {
  const host = random.pick(hosts);
  const other = random.pick(hosts);
  const service = random.pick(services);
  const place = `${service.name}@${random.pick(service.on)}`;
  const soon = (most: number): number => at + Math.ceil(random.between(1, most));
  const once = (does: string): Fault => [{ at, does }];
  const spell = (does: string, most: number, mends: string): Fault => [
    { at, does },
    { at: soon(most), does: mends },
  ];
  const kinds: readonly (readonly [number, () => Fault])[] = [
    [14, () => once(`kill-agent ${host}`)],
    [5, () => once(`kill-agent-after ${host} ${Math.floor(random.next() * 12)}`)],
    [9, () => once(`kill-keeper ${host}`)],
    [4, () => once(`kill-both ${host}`)],
    [6, () => spell(`lose ${host}`, 8000, `boot ${host}`)],
    [1, () => spell(`lose ${host}`, 8000, `replace ${host}`)],
    [1, () => spell(`supplant ${host}`, 20_000, `power-off-former ${host}`)],
    [13, () => once(`crash ${place}${random.chance(0.5) ? ' exit 1' : ''}`)],
    [5, () => once(`hang ${place}`)],
    [3, () => drawHungMove(random, host, service.name, place, at)],
    [4, () => drawBehaviour(random, place, at, soon(8000))],
    [7, () => spell('store-stops', 7000, 'store-returns')],
    [4, () => spell('store-leader-lost', 2500, 'store-elected')],
    [2, () => spell('store-full', 7000, 'store-has-room')],
    [1, () => spell(`store-exchanged ${random.pick(['wiped', 'backup'])}`, 7000, 'store-put-back')],
    [10, () => spell(`cut-store ${host}`, 7000, `heal-store ${host}`)],
    [3, () => spell(`cut-watch ${host}`, 7000, `heal-watch ${host}${random.chance(0.3) ? ' compacted' : ''}`)],
    [2, () => once(`repeat-watch ${host}`)],
    [6, () => spell(`cut ${host} ${other}`, 7000, `heal ${host} ${other}`)],
    [3, () => spell(`deafen ${host} ${other}`, 7000, `undeafen ${host} ${other}`)],
    [4, () => spell(`freeze ${host}`, 5000, `wake ${host}`)],
    [3, () => spell(`freeze-host ${host}`, 9000, `thaw-host ${host}`)],
    [3, () => drawIsolation(random, host, at)],
    [4, () => drawSlowStore(random, host, at)],
    [2, () => drawTwins(random, host, other, at)],
    [2, () => spell(`keeper-stuck ${host}`, 4000, `keeper-answers ${host}`)],
    [
      2,
      () =>
        spell(`wall ${host} ${random.pick(['', '-'])}${random.pick(['9s', '20h', '9000h'])}`, 8000, `wall ${host} 0s`),
    ],
    [2, () => once(applies ? `apply ${host}` : `kill-agent ${host}`)],
    [applies ? 2 : 0, () => drawJoin(random, host, other, at)],
    [
      1,
      () =>
        once(
          `ask ${host} ${random.pick(['maintenance', 'ban'])} on ${other} for ${soon(8000) - at}ms${random.chance(0.5) ? ' accept-loss' : ''}${random.chance(0.3) ? ' keep' : ''}`,
        ),
    ],
    [1, () => drawDown(hosts, at, soon(8000))],
    [1, () => spell(`fencing ${random.pick(['fails', 'unknown'])}`, 8000, 'fencing works')],
    [4, () => drawAsked(random, { host, service: service.name, place }, at)],
  ];
  let left = random.next() * kinds.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, draw] of kinds) {
    left -= weight;
    if (left < 0) return draw();
  }
  return once(`kill-agent ${host}`);
}

/** It starts slowly, ignores its stop, or fails at something for a while. */
function drawBehaviour(random: Random, place: string, at: number, until: number): Fault {
  const [name, ill, well] = random.pick([
    ['bMs', '4000', '300'],
    ['iMs', '2500', '20'],
    ['stopMs', '600000', '30'],
    ['killMs', '45', '3'],
    ['addressMs', '400', '3'],
    ['deactivateMs', '2000', '5'],
    ['activateFails', 'true', 'false'],
    ['deactivateFails', 'true', 'false'],
    ['startFails', 'no-room', 'null'],
  ] as const);
  return [
    { at, does: `behave ${place} ${name}=${ill}` },
    { at: until, does: `behave ${place} ${name}=${well}` },
  ];
}

/** As `down` does it: every agent is asked; and somebody brings the system up again. */
function drawDown(hosts: readonly string[], at: number, until: number): Fault {
  return [
    ...hosts.map((host) => ({ at, does: `ask ${host} down` })),
    ...hosts.map((host) => ({ at: until, does: `begin ${host}` })),
  ];
}

/** Its agent is stopped for a while, and cut off when it wakes: what it hears then is old, and nothing newer comes. */
function drawIsolation(random: Random, host: string, at: number): Fault {
  const wakes = at + Math.ceil(random.between(1, 1900));
  const alone = wakes + Math.ceil(random.between(1, 50));
  return [
    { at, does: `freeze ${host}` },
    { at: wakes, does: `wake ${host}` },
    { at: alone, does: `isolate ${host}` },
    { at: alone + Math.ceil(random.between(1, 6000)), does: `rejoin ${host}` },
  ];
}

/** The store takes its time with all that it asks, and then hears nothing more of it: what was answered last was answered late. */
function drawSlowStore(random: Random, host: string, at: number): Fault {
  const gone = at + Math.ceil(random.between(1000, 6000));
  return [
    { at, does: `slow-store ${host} ${Math.ceil(random.between(20, 490))}ms` },
    { at: gone, does: `isolate ${host}` },
    { at: gone + Math.ceil(random.between(1, 5000)), does: `rejoin ${host}` },
    { at: gone + 5000, does: `slow-store ${host}` },
  ];
}

/** Another machine takes the name of one, and begins its session; then the store is away for a host that both of them could depose. */
function drawTwins(random: Random, host: string, other: string, at: number): Fault {
  const cut = at + Math.ceil(random.between(2500, 7000));
  return [
    { at, does: `supplant ${host}` },
    { at: cut, does: `cut-store ${other}` },
    { at: cut + Math.ceil(random.between(1000, 6000)), does: `heal-store ${other}` },
    { at: cut + 7000, does: `power-off-former ${host}` },
  ];
}

/** Another description, of which a host hears no more: or so late that it hears no answer to what it then writes. */
function drawJoin(random: Random, host: string, other: string, at: number): Fault {
  const cut = at + Math.ceil(random.between(1, 1200));
  return [
    { at, does: `apply ${host}` },
    { at: cut, does: `cut-store ${other}` },
    { at: cut + Math.ceil(random.between(500, 6000)), does: `heal-store ${other}` },
  ];
}

/** It hangs, and is to move before anybody notices. */
function drawHungMove(random: Random, host: string, service: string, place: string, at: number): Fault {
  return [
    { at, does: `hang ${service}@${place.split('@')[1] ?? ''}` },
    { at: at + Math.ceil(random.between(1, 300)), does: `ask ${host} failover ${service} for 4000ms` },
  ];
}

function drawAsked(random: Random, on: { host: string; service: string; place: string }, at: number): Fault {
  const verb = random.pick([
    'restart',
    'failover',
    'failover',
    'failover',
    'start',
    'stop',
    'pause',
    'takeover',
  ] as const);
  const to = verb === 'takeover' || random.chance(0.5) ? ` on ${on.place.split('@')[1] ?? ''}` : '';
  const forMs = Math.ceil(random.between(1, 5000));
  return [{ at, does: `ask ${on.host} ${verb} ${on.service}${to} for ${forMs}ms` }];
}

/** Mends everything that a person or a restart would mend, and lets nothing more happen. */
export function heal(world: World): void {
  world.lines.noise = 0;
  world.machines.switchedOnAfterMs = 5000;
  world.at(8000, () => {
    vouch(world);
    upAgain(world);
  });
  world.machines.fencing = 'works';
  world.programs.behaveAgain();
  world.storage.putBack();
  world.storage.full = false;
  world.storage.begin();
  for (const name of world.hosts.keys()) world.machines.powerOffFormer(name);
  for (const [name, host] of world.hosts) {
    host.storeCut = false;
    host.watchCut = false;
    host.storeSlowMs = 0;
    host.effectsLeft = null;
    host.wallOff = 0;
    host.peersCut.clear();
    host.alone = false;
    host.deafTo.clear();
    world.machines.thaw(name);
    world.machines.boot(name);
    host.left = false;
    world.machines.startKeeper(name);
    world.machines.startAgent(name);
    if (host.keeper !== null) host.keeper.stuck = false;
    world.machines.wakeAgent(name);
    // A hang that nothing watches for is the service's own: what hangs and has no heartbeat ends here.
    for (const process of host.processes.values()) if (process.hung) world.programs.crash(process.service, name);
    host.agent?.poll();
  }
  world.storage.members.look();
}

/** Who had not yet gone down when the others were begun again, since something there hung, has gone by now. */
function upAgain(world: World): void {
  for (const [name, host] of world.hosts) {
    host.left = false;
    world.machines.startKeeper(name);
    world.machines.startAgent(name);
  }
}

/**
 * Only a person knows that these are off (safety.md): a machine whose name another took, and that no peer is left to depose; and a host that still holds a
 * lease though no description tells any more how it could be fenced.
 */
function vouch(world: World): void {
  const described = new Set(world.inForce.hosts.map(({ name }) => name));
  for (const { name, machine } of world.hosts.values()) {
    const session = world.store.entries.get(`session/${name}`)?.value;
    const former = session?.includes('"dead":false') === true && !session.includes(`"machine":"${machine}"`);
    if (!former && (described.has(name) || !holdsLease(world, name))) continue;
    for (const asked of world.hosts.keys()) world.person(asked, { kind: 'fence', host: name, confirm: true });
  }
}

function holdsLease(world: World, host: string): boolean {
  return world.store.entries
    .entries()
    .some(([key, { value }]) => key.startsWith('lease/') && value.includes(`"host":"${host}"`));
}
