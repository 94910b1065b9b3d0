// The described system as a world of plain data in true time: hosts, keepers, processes, a store, agents with the production core.
// Nothing is drawn here and no real time passes: faults come from outside, latencies are constants, so equal situations go on equally.
//
// Does not cover: clocks of different rates, lost messages, frozen agents, keepers that die. Those are what test/decide tries
// by the thousand; here it is about how often parts fail.

import type { initialState } from '../../decide/initial.ts';
import type { Decided, step } from '../../decide/step.ts';
import type { RunService, System } from '../../model/system.ts';
import { ms } from '../../model/units.ts';
import { SimAgent } from './agent.ts';
import type { Behaviour } from './behaviour.ts';
import { latencies } from './behaviour.ts';
import { happen } from './happen.ts';
import type { Happening } from './happening.ts';
import { SimHost, timeBegan } from './host.ts';
import { Queue } from './queue.ts';
import { end } from './processes.ts';
import { tellExternals } from './signs.ts';
import { SimStore } from './store.ts';

/** The core that is tried: the production one, or a copy of it with something broken. */
export interface Core {
  readonly step: typeof step;
  readonly initialState: typeof initialState;
}

/** All that is fixed before a world begins. */
export interface WorldOptions {
  readonly system: System;
  readonly core: Core;
  readonly behaviours: ReadonlyMap<string, Behaviour>;
  /** Unix ms at the beginning. */
  readonly began: number;
  /** Between signs of life, in milliseconds. */
  readonly pulseMs: number;
}

/** What people watch: who serves, and what the core said of it. */
export interface Watcher {
  /** A process may be active from now on, or not any more; or it serves, or not any more. */
  changed(service: string): void;
  /** It has done its work, and ends well. */
  finished(service: string): void;
  decided(host: string, decided: Decided): void;
}

/** A host beside the described ones keeps the incidents: they decide nothing, and what is told is not simulated. */
const incidentKeeper = '~incidents';

/** Hosts and what is on its way between them. `now` is true time in ms. */
export class World {
  readonly core: Core;
  readonly options: WorldOptions;
  /** The system as the agents know it. */
  readonly described: System;
  readonly hosts: ReadonlyMap<string, SimHost>;
  readonly queue = new Queue<Happening>();
  readonly store = new SimStore();
  readonly services: ReadonlyMap<string, RunService>;
  /** External services that are checked. */
  readonly checked: readonly { readonly service: string; readonly checks: readonly string[] }[];
  watcher: Watcher = { changed: () => undefined, finished: () => undefined, decided: () => undefined };
  now: number = timeBegan;
  steps = 0;
  storeUp = true;
  /** Instances, as `service@host`, that cannot be started until they are repaired. */
  broken: ReadonlySet<string> = new Set();
  /** External services that are away. */
  away: ReadonlySet<string> = new Set();

  constructor(options: WorldOptions) {
    const { system } = options;
    this.options = options;
    this.core = options.core;
    this.described = {
      ...system,
      hosts: [
        {
          name: incidentKeeper,
          address: '127.0.0.1',
          in: [],
          peerPort: null,
          reliability: { unavailability: null, mtbf: null, mttr: null, recoverWithin: null },
          fence: null,
        },
        ...system.hosts,
      ],
    };
    this.hosts = new Map(system.hosts.map(({ name }) => [name, new SimHost(name, options.began)]));
    this.services = new Map(
      system.services.flatMap((service) => (service.kind === 'run' ? [[service.name, service] as const] : [])),
    );
    this.checked = system.services.flatMap((service) =>
      service.kind === 'external' && service.detect.checks.length > 0
        ? [{ service: service.name, checks: service.detect.checks.map((check) => check.name) }]
        : [],
    );
    const session = {
      epoch: 1,
      dead: false,
      left: false,
      nonce: '',
      boot: '',
      keeper: '',
      ttlMs: 2000,
      mayDepose: [],
      machine: '',
      machines: {},
    };
    this.store.write([], [{ key: `session/${incidentKeeper}`, value: session }]);
    this.after(options.pulseMs, { kind: 'pulse' });
  }

  after(delay: number, what: Happening): void {
    this.queue.add(this.now + delay, what);
  }

  /** Lets everything happen up to and at that true moment. */
  run(until: number): void {
    for (;;) {
      let at = this.queue.nextAt;
      let rings: SimHost | null = null;
      for (const host of this.hosts.values()) {
        const { agent } = host;
        if (agent === null) continue;
        const due = agent.tickAt < agent.giveUpAt ? agent.tickAt : agent.giveUpAt;
        if (due < at) {
          at = due;
          rings = host;
        }
      }
      if (at > until) break;
      this.now = at;
      if (rings === null) {
        const what = this.queue.take();
        if (what !== null) happen(this, what);
      } else if (rings.agent !== null) {
        if (rings.agent.giveUpAt <= at) rings.agent.giveUp();
        else rings.agent.hear({ kind: 'tick' });
      }
    }
    this.now = until;
  }

  counted(host: SimHost, decided: Decided): void {
    this.steps += 1;
    this.watcher.decided(host.name, decided);
  }

  // ---------------------------------------------------------------- what befalls the world

  hostUp(name: string): void {
    const host = this.hosts.get(name);
    if (host === undefined || host.up) return;
    host.up = true;
    host.boot += 1;
    host.terms = new Map();
    this.agentUp(name);
  }

  /** Power off: everything on it is gone at once. */
  hostDown(name: string): void {
    const host = this.hosts.get(name);
    if (host === undefined || !host.up) return;
    host.up = false;
    host.agent = null;
    const gone = host.processes;
    host.processes = [];
    host.ended = [];
    for (const running of gone) this.watcher.changed(running.service);
  }

  agentDown(name: string): void {
    const host = this.hosts.get(name);
    if (host !== undefined) host.agent = null;
  }

  agentUp(name: string): void {
    const host = this.hosts.get(name);
    if (host === undefined || !host.up || host.agent !== null) return;
    host.lives += 1;
    host.pids += 1;
    const life = `${name}${host.boot}.${host.lives}`;
    const agent = new SimAgent(
      this,
      host,
      life,
      this.core.initialState({ me: name, boot: host.bootId, machine: name, life, agentPid: host.pids }),
    );
    host.agent = agent;
    agent.hear({
      kind: 'keeperHello',
      keeper: { pid: 1, startTicks: host.boot },
      running: host.running(),
      ended: [...host.ended],
    });
    if (this.storeUp) agent.readStore();
    else if (host.remembers) agent.hear({ kind: 'rememberedSystem', system: this.described });
    agent.hear({
      kind: 'keeperHealth',
      at: host.mono(this.now),
      worstTimerLateMs: ms(1),
      worstKillMs: ms(latencies.kill),
    });
    tellExternals(this, host, null);
  }

  storeDown(): void {
    if (!this.storeUp) return;
    this.storeUp = false;
    for (const host of this.hosts.values())
      if (host.agent !== null)
        this.after(latencies.storeLoss, { kind: 'storeAway', host: host.name, life: host.agent.life });
  }

  /** Agents that had lost it read it anew with the next pulse. */
  storeBack(): void {
    this.storeUp = true;
    for (const host of this.hosts.values()) host.agent?.poll();
  }

  externalIs(service: string, away: boolean): void {
    const set = new Set(this.away);
    if (away) set.add(service);
    else set.delete(service);
    this.away = set;
    for (const host of this.hosts.values()) tellExternals(this, host, service);
    this.watcher.changed(service);
  }

  /** An instance ends by itself; `lasting`: it cannot be started until it is mended. */
  crash(service: string, host: string, lasting: boolean): void {
    if (lasting) this.broken = new Set(this.broken).add(`${service}@${host}`);
    const running = this.hosts.get(host)?.processes.find((each) => each.service === service);
    if (running !== undefined) end(this, host, running.id, { by: 'itself', code: 1, signal: null });
  }

  mend(service: string, host: string): void {
    const set = new Set(this.broken);
    set.delete(`${service}@${host}`);
    this.broken = set;
  }
}
