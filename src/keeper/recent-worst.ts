// The worst of a measure in the last five to ten minutes. Not since the beginning: one long pause of the machine would make a keeper's word count
// for little for ever after.

import { monoNow } from './clock.ts';
import { ms } from '../model/units.ts';
import type { Ms } from '../model/units.ts';

const stretchMs = 300_000;

/** Remembers the worst of the present stretch and of the one before. */
export class RecentWorst {
  #before = 0;
  #present = 0;
  #beganAt = monoNow();

  note(value: number): void {
    this.#turn();
    this.#present = Math.max(this.#present, value);
  }

  /** 0 when nothing was measured lately. */
  get worst(): Ms {
    this.#turn();
    return ms(Math.max(this.#before, this.#present));
  }

  #turn(): void {
    const since = monoNow() - this.#beganAt;
    if (since < stretchMs) return;
    this.#before = since < 2 * stretchMs ? this.#present : 0;
    this.#present = 0;
    this.#beganAt = monoNow();
  }
}
