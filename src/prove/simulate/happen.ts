// What each happening does when its moment has come.

import type { SimAgent } from './agent.ts';
import { latencies } from './behaviour.ts';
import type { Happening } from './happening.ts';
import { end, kill, ready, serves } from './processes.ts';
import { request } from './requests.ts';
import { pulse } from './signs.ts';
import type { World } from './world.ts';

/** Does it; what it is of may be there no more, and then nothing happens. */
export function happen(world: World, what: Happening): void {
  switch (what.kind) {
    case 'pulse':
      pulse(world);
      break;
    case 'hear':
      living(world, what.host, what.life)?.hear(what.input);
      break;
    case 'message':
      if (world.hosts.get(what.from)?.up === true) world.hosts.get(what.to)?.agent?.hear(what.input);
      break;
    case 'write': {
      if (!world.storeUp) break;
      const answer = world.store.write(what.compares, what.puts);
      world.after(latencies.store, {
        kind: 'hear',
        host: what.host,
        life: what.life,
        input: { kind: 'storeOutcome', id: what.id, answer },
      });
      if (answer.kind === 'applied')
        for (const host of world.hosts.values())
          if (host.agent !== null)
            world.after(latencies.watch, { kind: 'watch', host: host.name, life: host.agent.life });
      break;
    }
    case 'watch':
      living(world, what.host, what.life)?.poll();
      break;
    case 'storeAway': {
      const agent = living(world, what.host, what.life);
      if (agent === undefined || world.storeUp || agent.heardUpTo === null) break;
      agent.heardUpTo = null;
      agent.hear({ kind: 'storeLost', why: 'it does not answer' });
      break;
    }
    case 'request':
    case 'called':
    case 'rested':
      request(world, what);
      break;
    case 'ready':
      ready(world, what.host, what.instance);
      break;
    case 'serves':
      serves(world, what.host, what.instance, what.term);
      break;
    case 'end':
      end(world, what.host, what.instance, what);
      break;
    case 'finished':
      if (world.hosts.get(what.host)?.process(what.instance) === undefined) break;
      world.watcher.finished(world.hosts.get(what.host)?.process(what.instance)?.service ?? '');
      end(world, what.host, what.instance, { by: 'itself', code: 0, signal: null });
      break;
    case 'deadline': {
      const host = world.hosts.get(what.host);
      const running = host?.process(what.instance);
      if (
        host !== undefined &&
        running !== undefined &&
        running.deadline !== null &&
        running.deadline <= host.mono(world.now)
      )
        kill(world, host, running, 'deadline');
      break;
    }
    default:
      what satisfies never;
  }
}

/** The agent there, in that very life. */
function living(world: World, host: string, life: string): SimAgent | undefined {
  const agent = world.hosts.get(host)?.agent ?? undefined;
  return agent?.life === life ? agent : undefined;
}
