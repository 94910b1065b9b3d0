// Small systems to try the core on; what is not said is as plain as can be.

import { service, external, need, system as plainSystem } from '../../judge/systems.ts';
import type { RunService, Service, System } from '../../../src/model/system.ts';
import { ms } from '../../../src/model/units.ts';

export { external, need, service };

/** With a hash of its own, as every description has. Every host can be fenced: who does not demand it does not see that. */
export function systemOf(hosts: readonly string[], services: readonly Service[]): System {
  const plain = plainSystem(hosts, services, []);
  const fence = { agent: 'fence_board', options: {}, within: ms(5000), powerOn: false };
  return {
    ...plain,
    hosts: plain.hosts.map((host) => ({ ...host, fence })),
    hash: services.map((each) => each.name).join('-'),
  };
}

/** Quick objectives, so that little true time passes until something has to happen. */
export const quick = { unavailable: ms(600_000), per: ms(3_600_000), recoverWithin: ms(20_000) };

/** One with one active, called over HTTP both ways. */
export function leased(name: string, on: readonly string[], more: Partial<RunService> = {}): RunService {
  return service(name, on, {
    policy: 'hot-active/warm-active',
    objective: quick,
    ready: { probe: { kind: 'http', url: 'http://127.0.0.1:1/ready' }, within: ms(5000) },
    activate: { kind: 'http', url: 'http://127.0.0.1:1/active' },
    active: { probe: { kind: 'http', url: 'http://127.0.0.1:1/is-active' }, within: ms(3000) },
    deactivate: { kind: 'http', url: 'http://127.0.0.1:1/standby' },
    ...more,
  });
}
