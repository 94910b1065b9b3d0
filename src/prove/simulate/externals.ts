// All that comes from outside, in order: drawn faults and repairs, and the moments at which a schedule changes what is wanted. None of
// it depends on what the core does, so it can be looked at before it happens.

import { isScheduled, nextChange } from '../../model/schedule.ts';
import type { RunService, Schedule, System } from '../../model/system.ts';
import { wallMs } from '../../model/units.ts';
import type { Fault, Faults } from './faults.ts';

/** `fault`: a part fails or is repaired; `plan`: a schedule changes what is wanted. `at`: true time in ms. */
export type External =
  | { readonly kind: 'fault'; readonly at: number; readonly fault: Fault; readonly words: string }
  | { readonly kind: 'plan'; readonly at: number; readonly words: string };

/** One at a time, the earliest first, with a look ahead. */
export class Externals {
  readonly #faults: Faults;
  readonly #scheduled: readonly RunService[];
  /** What lies between a fault's moment and true time. */
  readonly #later: number;
  readonly #wallLessTime: number;
  readonly #ahead: External[] = [];
  /** By schedule, of which moments the next change is known. */
  readonly #changes = new Map<Schedule, { readonly from: number; readonly to: number }>();
  #planAt: number;

  constructor(
    faults: Faults,
    system: System,
    from: { readonly now: number; readonly later: number; readonly wallLessTime: number },
  ) {
    this.#faults = faults;
    this.#scheduled = system.services.filter(
      (service): service is RunService => service.kind === 'run' && service.schedule !== null,
    );
    this.#later = from.later;
    this.#wallLessTime = from.wallLessTime;
    this.#planAt = this.#planAfter(from.now);
  }

  /** When the next comes; Infinity: none does. */
  get nextAt(): number {
    return this.peek(0)?.at ?? Infinity;
  }

  /** The one after so many. */
  peek(place: number): External | null {
    while (this.#ahead.length <= place) {
      const next = this.#draw();
      if (next === null) return null;
      this.#ahead.push(next);
    }
    return this.#ahead[place] ?? null;
  }

  take(): External | null {
    const next = this.peek(0);
    this.#ahead.shift();
    return next;
  }

  /** Which schedules are open, one letter for each. */
  plans(at: number): string {
    return this.#scheduled
      .map(({ schedule }) => (schedule !== null && isScheduled(schedule, wallMs(at + this.#wallLessTime)) ? 'o' : 'c'))
      .join('');
  }

  /** Unix ms of the next change of a schedule after a moment; null: none has one. */
  nextPlanWall(at: number): number | null {
    const next = this.#planAfter(at);
    return next === Infinity ? null : next + this.#wallLessTime;
  }

  #draw(): External | null {
    const faultAt = this.#faults.nextAt + this.#later;
    if (faultAt === Infinity && this.#planAt === Infinity) return null;
    if (this.#planAt <= faultAt) {
      const at = this.#planAt;
      this.#planAt = this.#planAfter(at);
      return { kind: 'plan', at, words: `plan ${this.plans(at)}` };
    }
    const fault = this.#faults.take();
    return fault === null
      ? null
      : { kind: 'fault', at: faultAt, fault, words: `${fault.part.name} ${fault.down ? 'down' : 'up'}` };
  }

  #planAfter(at: number): number {
    let next = Infinity;
    for (const { schedule } of this.#scheduled)
      if (schedule !== null)
        next = Math.min(next, this.changeAfter(schedule, at + this.#wallLessTime) - this.#wallLessTime);
    return next;
  }

  /** `nextChange`, at a Unix time: asked again and again of one stretch of a schedule. */
  changeAfter(schedule: Schedule, wall: number): number {
    const known = this.#changes.get(schedule);
    if (known !== undefined && known.from <= wall && wall < known.to) return known.to;
    const to: number = nextChange(schedule, wallMs(wall));
    this.#changes.set(schedule, { from: wall, to });
    return to;
  }
}
