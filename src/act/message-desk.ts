// Where a service's own word about its role arrives (`POST /v1/role/confirm`) and where role calls by message wait for it.
// A service reads its role file quickly: its word may be here before anybody waits for it, so the last one of each instance
// is kept. Terms grow with every activation, so that a kept word is never taken for a later one.

import type { Role } from '../model/states.ts';
import type { CallAnswer, InstanceId } from '../ports.ts';
import type { MonoMs, Ms } from '../model/units.ts';

/** Words of instances that nobody forgot are dropped beyond this, the oldest first. */
const mostKept = 10_000;

interface Word {
  readonly role: string;
  readonly term: number;
  readonly at: MonoMs;
}

interface Waiting {
  readonly role: Role;
  readonly term: number;
  readonly done: (word: Word) => void;
}

/** The last word of each instance, and who waits for one. */
export class MessageDesk {
  readonly #now: () => MonoMs;
  readonly #last = new Map<InstanceId, Word>();
  readonly #waiting = new Map<InstanceId, Set<Waiting>>();

  constructor(now: () => MonoMs) {
    this.#now = now;
  }

  /** Waits until the instance confirms this role under this term; unknown when it has not within the time. Never rejects. */
  expect(instance: InstanceId, role: Role, term: number, within: Ms): Promise<CallAnswer> {
    const last = this.#last.get(instance);
    if (last?.role === role && last.term === term) return Promise.resolve({ kind: 'done', at: last.at });
    return new Promise((resolve) => {
      const leave = (answer: CallAnswer): void => {
        clearTimeout(timer);
        const all = this.#waiting.get(instance);
        all?.delete(waiting);
        if (all?.size === 0) this.#waiting.delete(instance);
        resolve(answer);
      };
      const waiting: Waiting = { role, term, done: (word) => leave({ kind: 'done', at: word.at }) };
      const timer = setTimeout(
        () => leave({ kind: 'unknown', why: `it did not confirm the role ${role} (term ${term}) in time` }),
        within,
      );
      const all = this.#waiting.get(instance) ?? new Set();
      this.#waiting.set(instance, all.add(waiting));
    });
  }

  /** The instance says which role it has taken. True when somebody was waiting for just this. */
  confirmed(instance: InstanceId, role: string, term: number): boolean {
    const word: Word = { role, term, at: this.#now() };
    this.#last.delete(instance);
    this.#last.set(instance, word);
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= mostKept) break;
      this.#last.delete(oldest);
    }
    const meant = [...(this.#waiting.get(instance) ?? [])].filter((each) => each.role === role && each.term === term);
    for (const each of meant) each.done(word);
    return meant.length > 0;
  }

  /** The instance has ended. Who still waits learns by its time limit. */
  forget(instance: InstanceId): void {
    this.#last.delete(instance);
  }
}
