// The whole world as a value: taken, compared with another, and put back.

import type { State } from '../../decide/state.ts';
import { SimAgent } from './agent.ts';
import type { Happening } from './happening.ts';
import type { Process, SimHost } from './host.ts';
import type { StoreEntry, SimStore } from './store.ts';
import type { World } from './world.ts';

/** Plain data: two of the same world can be compared piece by piece. */
export interface Picture {
  readonly at: number;
  readonly hosts: readonly HostPicture[];
  readonly queue: readonly { readonly at: number; readonly what: Happening }[];
  readonly revision: number;
  readonly entries: ReadonlyMap<string, StoreEntry>;
  readonly log: SimStore['log'];
  readonly storeUp: boolean;
  readonly broken: ReadonlySet<string>;
  readonly away: ReadonlySet<string>;
}

interface HostPicture {
  readonly boot: number;
  readonly lives: number;
  readonly pids: number;
  readonly up: boolean;
  readonly remembers: boolean;
  readonly processes: readonly Process[];
  readonly ended: SimHost['ended'];
  readonly terms: SimHost['terms'];
  readonly agent: AgentPicture | null;
}

interface AgentPicture {
  readonly life: string;
  readonly state: State;
  readonly tickAt: number;
  readonly giveUpAt: number;
  readonly pending: readonly { readonly id: number; readonly at: number }[];
  readonly heardUpTo: number | null;
}

/** What is, now. It shares with the world only what nobody changes. */
export function pictureOf(world: World): Picture {
  const { store, storeUp, broken, away, now } = world;
  return {
    at: now,
    hosts: [...world.hosts.values()].map(hostPicture),
    queue: world.queue.list(),
    revision: store.revision,
    entries: new Map(store.entries),
    log: store.log,
    storeUp,
    broken,
    away,
  };
}

function hostPicture(host: SimHost): HostPicture {
  const { boot, lives, pids, up, remembers, ended, terms, agent } = host;
  return {
    boot,
    lives,
    pids,
    up,
    remembers,
    processes: host.processes.map((running) => ({ ...running })),
    ended,
    terms,
    agent:
      agent === null
        ? null
        : {
            life: agent.life,
            state: agent.state,
            tickAt: agent.tickAt,
            giveUpAt: agent.giveUpAt,
            pending: [...agent.pending].map(([id, at]) => ({ id, at })),
            heardUpTo: agent.heardUpTo,
          },
  };
}

/** Makes the world what the picture shows. */
export function restore(world: World, picture: Picture): void {
  world.now = picture.at;
  world.queue.fill(picture.queue);
  world.store.revision = picture.revision;
  world.store.entries = new Map(picture.entries);
  world.store.log = picture.log;
  world.storeUp = picture.storeUp;
  world.broken = picture.broken;
  world.away = picture.away;
  let index = 0;
  for (const host of world.hosts.values()) {
    const shown = picture.hosts[index];
    index += 1;
    if (shown === undefined) continue;
    const { agent, processes, ...rest } = shown;
    Object.assign(host, rest);
    host.processes = processes.map((running) => ({ ...running }));
    host.agent = null;
    if (agent === null) continue;
    host.agent = new SimAgent(world, host, agent.life, agent.state);
    host.agent.tickAt = agent.tickAt;
    host.agent.giveUpAt = agent.giveUpAt;
    host.agent.pending = new Map(agent.pending.map(({ id, at }) => [id, at]));
    host.agent.heardUpTo = agent.heardUpTo;
  }
}
