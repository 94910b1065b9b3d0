// The processes of the services: how they behave, how they end by themselves, when they serve, and what probes see of them.

import type { Seen } from '../../../src/decide/input.ts';
import type { SimAgent } from './agent.ts';
import type { SimHost } from './host.ts';
import type { Process } from './keeper.ts';
import type { World } from './world.ts';

/** How a service behaves on a host. */
export interface Behaviour {
  bMs: number;
  iMs: number;
  activateMs: number;
  deactivateMs: number;
  stopMs: number;
  killMs: number;
  /** How long taking its address away takes. */
  addressMs: number;
  activateFails: boolean;
  deactivateFails: boolean;
  startFails: string | null;
  /** It ends by itself with exit 1 so long after its start. */
  diesAfterMs: number | null;
}

const usualBehaviour: Behaviour = {
  bMs: 300,
  iMs: 20,
  activateMs: 5,
  deactivateMs: 5,
  stopMs: 30,
  killMs: 3,
  addressMs: 3,
  activateFails: false,
  deactivateFails: false,
  startFails: null,
  diesAfterMs: null,
};

export class Programs {
  readonly #world: World;
  readonly #behaviours = new Map<string, Partial<Behaviour>>();

  constructor(world: World) {
    this.#world = world;
  }

  behaviour(service: string, host: string): Behaviour {
    return { ...usualBehaviour, ...this.#behaviours.get(service), ...this.#behaviours.get(`${service}@${host}`) };
  }

  /** `where`: `service` or `service@host`. */
  behave(where: string, change: Partial<Behaviour>): void {
    this.#behaviours.set(where, { ...this.#behaviours.get(where), ...change });
  }

  /** Everything behaves as usual. */
  behaveAgain(): void {
    this.#behaviours.clear();
  }

  process(service: string, host: string): Process | null {
    for (const process of this.#world.host(host).processes.values())
      if (process.service === service && process.alive) return process;
    return null;
  }

  /** A crash: it ends by itself. */
  crash(
    service: string,
    host: string,
    how: { code: number | null; signal: string | null } = { code: null, signal: 'SIGKILL' },
  ): void {
    const process = this.process(service, host);
    if (process === null || this.#world.host(host).frozen) return;
    const { keeper } = this.#world.host(host);
    if (keeper === null) {
      this.gone(this.#world.host(host), process);
      this.#world
        .host(host)
        .diedAlone.push({ ...this.#world.machines.lost(this.#world.host(host), process), by: 'itself' });
    } else keeper.ends(process, { by: 'itself', ...how });
  }

  hang(service: string, host: string): void {
    const process = this.process(service, host);
    if (process !== null) process.hung = true;
  }

  gone(host: SimHost, process: Process): void {
    process.alive = false;
    process.mayBeActive = false;
    process.serves = false;
    process.servesSince = null;
    host.processes.delete(process.id);
  }

  /** It was told to be active, and is. */
  serves(process: Process): void {
    if (!process.alive || process.hung || process.role !== 'active' || process.serves) return;
    process.serves = true;
    process.servesSince = this.#world.now;
    for (const host of this.#world.everyMachine())
      if (host.processes.has(process.id) && process.awaited) this.observed(host, process, 'active');
  }

  /** It has given the role back and said so. */
  rests(host: SimHost, process: Process): void {
    process.mayBeActive = false;
    process.serves = false;
    process.servesSince = null;
    this.#world.referee.rested(host, process);
  }

  awaitActive(host: SimHost, process: Process): void {
    process.awaited = true;
    if (process.serves) this.observed(host, process, 'active');
  }

  observed(host: SimHost, process: Process, kind: 'ready' | 'active' | 'beat'): void {
    this.#world.at(1, () => {
      if (process.alive)
        host.agent?.hear({ kind: 'seen', seen: [{ kind, instance: process.id, at: host.mono(this.#world.now) }] });
    });
  }

  /** Beats as its description says, for as long as this agent lives. */
  beat(host: SimHost, instance: string, agent: SimAgent): void {
    const process = host.processes.get(instance);
    if (process === undefined) return;
    // As the agent that listens has it described: another description may be in force by now.
    const service = agent.state.system?.services.find((each) => each.name === process.service);
    const every = service?.detect.heartbeat?.every ?? null;
    if (every === null) return;
    const next = (): void => {
      if (!process.alive || !agent.alive) return;
      if (!process.hung && process.readySince !== null && !host.frozen)
        agent.hear({ kind: 'seen', seen: [{ kind: 'beat', instance, at: host.mono(this.#world.now) }] });
      this.#world.at(every, next);
    };
    this.#world.at(every, next);
  }

  /** What a probe tells, given by hand. */
  see(service: string, host: string, what: (instance: string, at: ReturnType<SimHost['mono']>) => Seen): void {
    const process = this.process(service, host);
    if (process !== null)
      this.#world
        .host(host)
        .agent?.hear({ kind: 'seen', seen: [what(process.id, this.#world.host(host).mono(this.#world.now))] });
  }
}
