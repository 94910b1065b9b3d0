// Addresses of `route` on the machines, as the keeper and the kernel hold them: put up under a deadline after a look whether anybody else answers,
// silenced by the kernel at that deadline whoever lives, and gone before the end or the release of its instance is told.

import type { SimHost } from './host.ts';
import type { Process } from './keeper.ts';
import type { World } from './world.ts';

/** How long the keeper listens for another answerer. */
const probeMs = 40;

export class Addresses {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Whether that machine answers for the address of the service at this moment. */
  answers(host: SimHost, service: string): boolean {
    const held = host.addresses.get(service);
    return held !== undefined && host.up && !host.frozen && host.mono(this.#world.now) < held.until;
  }

  /** Puts it up for the instance, whose deadline is armed; tells null, or why it is not here. */
  bring(host: SimHost, process: Process, came: (refused: string | null) => void): void {
    const { service } = process;
    if (this.#world.service(service).route === null) return came(null);
    host.addresses.delete(service);
    this.#world.on(host, probeMs, () => {
      if (host.keeper === null || !process.alive || process.dying || process.deadline === null)
        return came('it is ending');
      if (this.#answeredBesides(host, service)) return came('the address is answered by another machine');
      host.addresses.set(service, { instance: process.id, until: process.deadline });
      came(null);
    });
  }

  /** The instance may be active until later. */
  extend(host: SimHost, process: Process): void {
    const held = host.addresses.get(process.service);
    if (held?.instance === process.id && process.deadline !== null) held.until = process.deadline;
  }

  /** Takes that of the instance away, if it has one; `gone` is called when nobody here answers for it. */
  drop(host: SimHost, process: Process, gone: () => void): void {
    if (host.addresses.get(process.service)?.instance !== process.id) return gone();
    this.#world.on(host, this.#world.programs.behaviour(process.service, host.name).addressMs, () => {
      if (host.addresses.get(process.service)?.instance === process.id) host.addresses.delete(process.service);
      gone();
    });
  }

  /** A machine that can be heard from there answers already. */
  #answeredBesides(host: SimHost, service: string): boolean {
    for (const other of this.#world.everyMachine())
      if (other !== host && this.answers(other, service))
        if (!host.peersCut.has(other.name) && !other.peersCut.has(host.name)) return true;
    return false;
  }
}
