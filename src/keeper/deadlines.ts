// Kills at deadlines. Timers of Node have a granularity of 1 ms and may ring early, so the last stretch is gone turn by turn. Whoever wakes the
// keeper for another reason (a message, an end) calls `sweep` first: after a stop of the whole keeper what is due comes before what is new.

import { monoNow } from './clock.ts';
import type { MonoMs, Ms } from '../model/units.ts';
import { RecentWorst } from './recent-worst.ts';

/** setTimeout may ring this much late without anything being wrong; from here on the wait goes turn by turn. */
const lastStretchMs = 2;
/** How often the lateness of timers is measured while anything is armed. */
const measureEveryMs = 100;
/** The longest that setTimeout takes. */
const longestMs = 0x7fff_ffff;

/** The armed deadlines of all instances, by a key. */
export class Deadlines {
  readonly #armed = new Map<string, MonoMs>();
  readonly #strike: (key: string, deadline: MonoMs) => void;
  #next: MonoMs | null = null;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;
  #measure: NodeJS.Timeout | null = null;
  readonly #late = new RecentWorst();

  /** `strike` must kill at once, by signals, and by lines to programs that run already: no file, no fork. */
  constructor(strike: (key: string, deadline: MonoMs) => void) {
    this.#strike = strike;
  }

  /** Worst lateness of a timer lately, deadlines that struck included. */
  get worstLateMs(): Ms {
    return this.#late.worst;
  }

  /** Sets or moves a deadline. */
  arm(key: string, deadline: MonoMs): void {
    this.#armed.set(key, deadline);
    this.#plan();
  }

  disarm(key: string): void {
    if (this.#armed.delete(key)) this.#plan();
  }

  /** Strikes whatever is due. Cheap when nothing is. */
  sweep(): void {
    if (this.#next === null || monoNow() < this.#next) return;
    // After a stall several are due at once: the one that has waited longest first.
    for (const [key, deadline] of [...this.#armed].toSorted(([, one], [, other]) => one - other)) {
      const late = monoNow() - deadline;
      if (late < 0) break;
      // A strike may have disarmed another, or moved it.
      if (this.#armed.get(key) !== deadline) continue;
      this.#armed.delete(key);
      this.#strike(key, deadline);
      this.#late.note(late);
    }
    this.#plan();
  }

  /** Resolves when no deadline is due within `span`: for what would hold up the keeper, such as starting a program. */
  async quietFor(span: number): Promise<void> {
    for (;;) {
      this.sweep();
      if (this.#next === null || this.#next - monoNow() > span) return;
      await new Promise<void>((resolve) => setTimeout(resolve, 1));
    }
  }

  #plan(): void {
    let next: MonoMs | null = null;
    for (const deadline of this.#armed.values()) if (next === null || deadline < next) next = deadline;
    this.#measureWhile(next !== null);
    if (next === this.#next) return;
    this.#next = next;
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
    if (this.#next === null) return;
    const left = this.#next - monoNow();
    const ring = (): void => {
      this.sweep();
      this.#wait();
    };
    if (left <= lastStretchMs) this.#turn = setImmediate(ring);
    else this.#timer = setTimeout(ring, Math.min(longestMs, Math.floor(left - lastStretchMs)));
  }

  #measureWhile(armed: boolean): void {
    if (!armed && this.#measure !== null) {
      clearTimeout(this.#measure);
      this.#measure = null;
    }
    if (!armed || this.#measure !== null) return;
    const expected = monoNow() + measureEveryMs;
    this.#measure = setTimeout(() => {
      this.#measure = null;
      this.#late.note(monoNow() - expected);
      this.sweep();
      this.#measureWhile(this.#armed.size > 0);
    }, measureEveryMs);
  }
}
