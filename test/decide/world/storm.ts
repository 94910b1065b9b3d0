// Faults drawn from a seed, and the end of all of them.

import { ms } from '../../../src/model/units.ts';
import type { World } from './world.ts';

export interface StormTerms {
  /** Until when faults happen. */
  readonly until: number;
  /** Mean time between them. */
  readonly everyMs: number;
}

/** Draws faults until the given moment. What it breaks it may mend; the rest is mended by `heal`. */
export function storm(world: World, terms: StormTerms): void {
  const { random } = world;
  const hosts = [...world.hosts.keys()];
  const services = world.system.services.flatMap((service) =>
    service.kind === 'run' ? service.on.map(({ host }) => ({ service: service.name, host })) : [],
  );
  const soon = (most: number): number => random.between(1, most);
  const fault = (): void => {
    if (world.now >= terms.until) return;
    const host = random.pick(hosts);
    const draw = random.next();
    if (draw < 0.16) world.killAgent(host);
    else if (draw < 0.26) world.killKeeper(host);
    else if (draw < 0.3) {
      world.killAgent(host);
      world.killKeeper(host);
    } else if (draw < 0.37) {
      world.loseHost(host);
      world.at(soon(8000), () => world.bootHost(host));
    } else if (draw < 0.52) {
      const at = random.pick(services);
      world.crash(
        at.service,
        at.host,
        random.chance(0.5) ? { code: 1, signal: null } : { code: null, signal: 'SIGSEGV' },
      );
    } else if (draw < 0.57) {
      const at = random.pick(services);
      world.hang(at.service, at.host);
    } else if (draw < 0.66) {
      world.stopStore();
      world.at(soon(7000), () => world.startStore());
    } else if (draw < 0.77) {
      world.cutStore(host);
      world.at(soon(7000), () => world.healStore(host));
    } else if (draw < 0.85) {
      const other = random.pick(hosts);
      world.host(host).peersCut.add(other);
      world.at(soon(7000), () => world.host(host).peersCut.delete(other));
    } else if (draw < 0.89) {
      world.freezeAgent(host);
      world.at(soon(5000), () => world.wakeAgent(host));
    } else if (draw < 0.92) {
      // Stopped for a while, and cut off when it wakes: what it hears then is old, and nothing newer comes.
      world.freezeAgent(host);
      world.at(soon(1900), () => {
        world.wakeAgent(host);
        world.at(soon(50), () => isolate(world, host, soon(6000)));
      });
    } else if (draw < 0.94) {
      const keeper = world.host(host).keeper;
      if (keeper !== null) keeper.stuck = true;
      world.at(soon(4000), () => {
        if (keeper !== null) keeper.stuck = false;
      });
    } else if (draw < 0.955) world.apply(host);
    else if (draw < 0.965)
      world.person(host, {
        kind: 'intent',
        verb: random.pick(['maintenance', 'ban'] as const),
        service: null,
        host: random.pick(hosts),
        acceptLoss: random.chance(0.5),
        keep: random.chance(0.3),
        forMs: ms(soon(8000)),
      });
    else {
      const at = random.pick(services);
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
      world.person(host, {
        kind: 'intent',
        verb,
        service: at.service,
        host: verb === 'takeover' || random.chance(0.5) ? at.host : null,
        acceptLoss: false,
        keep: false,
        forMs: ms(soon(5000)),
      });
    }
    world.at(-Math.log(1 - random.next()) * terms.everyMs, fault);
  };
  world.at(random.between(0, 4000), fault);
}

function isolate(world: World, host: string, forMs: number): void {
  world.cutStore(host);
  world.at(forMs, () => world.healStore(host));
  for (const other of world.hosts.keys()) {
    world.host(host).peersCut.add(other);
    world.at(forMs, () => world.host(host).peersCut.delete(other));
  }
}

/** Mends everything that a person or a restart would mend, and lets nothing more happen. */
export function heal(world: World): void {
  world.noise = 0;
  world.startStore();
  for (const [name, host] of world.hosts) {
    host.storeCut = false;
    host.peersCut.clear();
    world.bootHost(name);
    host.left = false;
    world.startKeeper(name);
    world.startAgent(name);
    if (host.keeper !== null) host.keeper.stuck = false;
    world.wakeAgent(name);
    // A hang that nothing watches for is the service's own: what hangs and has no heartbeat ends here.
    for (const process of host.processes.values()) if (process.hung) world.crash(process.service, name);
    host.agent?.poll();
  }
}
