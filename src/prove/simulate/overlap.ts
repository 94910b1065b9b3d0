// Counts moments at which two instances of a service with one active may be active. It looks at processes in true time and shares
// nothing with the core: neither leases nor terms nor what anybody believes.

import type { World } from './world.ts';

/** A policy that allows one active instance at a time; said again here, on purpose. */
const oneActive = new Set(['hot-active/cold-passive', 'hot-active/warm-passive', 'hot-active/warm-active']);

/** Told of each change; an overlap that lasts counts once. */
export class Overlaps {
  readonly #world: World;
  readonly #now = new Set<string>();
  /** How often a second one came to be active beside a first. */
  count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Something about this service's processes has changed. */
  look(service: string): void {
    if (!oneActive.has(this.#world.services.get(service)?.policy ?? '')) return;
    let active = 0;
    for (const host of this.#world.hosts.values())
      for (const running of host.processes) if (running.service === service && running.mayBeActive) active += 1;
    if (active < 2) this.#now.delete(service);
    else if (!this.#now.has(service)) {
      this.#now.add(service);
      this.count += 1;
    }
  }
}
