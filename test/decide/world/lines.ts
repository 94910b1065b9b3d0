// The lines between agents, store and keepers: what is lost on them, comes late or twice.

import type { Effect } from '../../../src/decide/effect.ts';
import type { Input } from '../../../src/decide/input.ts';
import type { Fate } from './hands.ts';
import type { SimHost } from './host.ts';
import type { World } from './world.ts';

export class Lines {
  readonly #world: World;
  /** So many messages of a hundred, as a share of 1, are late by more than usual, lost or repeated. */
  noise: number;
  /** What befalls one write; null: what is drawn. */
  onWrite: (host: SimHost, effect: Extract<Effect, { kind: 'store' }>) => Fate | null = () => null;

  constructor(world: World, noise: number) {
    this.#world = world;
    this.noise = noise;
  }

  send(from: SimHost, to: string, input: Input): void {
    if (this.noise > 0 && this.#world.random.chance(this.noise)) return;
    const copies = this.noise > 0 && this.#world.random.chance(this.noise) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1)
      this.#world.at(this.#delay(1), () => {
        if (!from.up || from.peersCut.has(to)) return;
        // Two machines of one name have one address as well: one of them gets it.
        const named = [...this.#world.everyMachine()].filter((host) => host.name === to && host.up);
        if (named.length === 0) return;
        const host = named.length === 1 ? named[0] : this.#world.random.pick(named);
        if (host === undefined || host.peersCut.has(from.name) || host.deafTo.has(from.name)) return;
        host.agent?.hear(input);
      });
  }

  fateOf(host: SimHost, effect: Extract<Effect, { kind: 'store' }>): Fate {
    const given = this.onWrite(host, effect);
    if (given !== null) return given;
    const lost =
      this.noise > 0 && this.#world.random.chance(this.noise)
        ? this.#world.random.pick(['request', 'answer'] as const)
        : null;
    return {
      goMs: this.storeDelay(host),
      backMs: this.storeDelay(host),
      lost,
      twice: this.noise > 0 && this.#world.random.chance(this.noise),
    };
  }

  keeperFate(): 'request lost' | 'answer lost' | null {
    return this.noise > 0 && this.#world.random.chance(this.noise / 5)
      ? this.#world.random.pick(['request lost', 'answer lost'] as const)
      : null;
  }

  storeDelay(host: SimHost): number {
    const delay = this.#delay(2);
    return host.storeSlowMs === 0 ? delay : delay + this.#world.random.between(0, host.storeSlowMs);
  }

  /** What is late here holds up all that follows, so it is so less often. */
  watchDelay(): number {
    return this.#delay(3, this.noise / 10);
  }

  keeperDelay(): number {
    return this.#delay(0.5);
  }

  /** Usually short, now and then as long as a session or three. */
  #delay(usual: number, late = this.noise): number {
    if (this.noise > 0 && this.#world.random.chance(late)) return this.#world.random.between(10, 6000);
    return this.noise > 0 ? this.#world.random.between(usual / 4, usual * 4) : usual;
  }
}
