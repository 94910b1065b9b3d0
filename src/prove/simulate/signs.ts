// Signs of life: what keepers, heartbeats and the checks of external services say, again and again.

import { ms } from '../../model/units.ts';
import { latencies } from './behaviour.ts';
import type { SimHost } from './host.ts';
import type { World } from './world.ts';

/** One pulse of all hosts, and the next one. */
export function pulse(world: World): void {
  world.after(world.options.pulseMs, { kind: 'pulse' });
  let heard = world.store.revision;
  for (const host of world.hosts.values()) {
    const { agent } = host;
    if (agent === null) continue;
    if (agent.heardUpTo === null && world.storeUp) agent.readStore();
    agent.hear({
      kind: 'keeperHealth',
      at: host.mono(world.now),
      worstTimerLateMs: ms(1),
      worstKillMs: ms(latencies.kill),
    });
    const at = host.mono(world.now);
    const seen = host.processes.flatMap((running) =>
      running.readyAt !== null && world.services.get(running.service)?.detect.heartbeat !== null
        ? [{ kind: 'beat' as const, instance: running.id, at }]
        : [],
    );
    if (seen.length > 0) agent.hear({ kind: 'seen', seen });
    if (agent.heardUpTo !== null) heard = Math.min(heard, agent.heardUpTo);
  }
  world.store.forget(heard);
}

/** What the checks of external services say. */
export function tellExternals(world: World, host: SimHost, only: string | null): void {
  for (const { service, checks } of world.checked) {
    if (only !== null && only !== service) continue;
    for (const check of checks)
      host.agent?.hear({
        kind: 'externalSeen',
        service,
        check,
        at: host.mono(world.now),
        result: world.away.has(service) ? 'critical' : 'ok',
        text: '',
      });
  }
}
