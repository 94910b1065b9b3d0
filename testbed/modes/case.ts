// What a case is: a failure mode, made in two ways on a service that really suffers from it.

import type { Place } from './place.ts';

/** As in a description; merged into a service on host `a`. */
export interface App {
  readonly [key: string]: unknown;
  readonly watch?: Readonly<Record<string, unknown>>;
  readonly files?: readonly unknown[];
}

export interface Way {
  /** What is done, in a few words. */
  readonly how: string;
  readonly app: App;
  /** Besides its service: more keys of the description (hosts, services, …). */
  readonly more?: Readonly<Record<string, unknown>>;
  /** It touches the whole host: nothing else can be made there at the same time. */
  readonly alone?: true;
  /** The wall clock is moved. */
  readonly clock?: true;
  /** Files of the kernel are fed that this kernel cannot have (`place.feed`). */
  readonly fed?: true;
  /** Before it starts. */
  prepare?(place: Place): Promise<void>;
  /** Brings the fault about. */
  make(place: Place): Promise<void>;
  /** Takes it back: what its page says. */
  mend?(place: Place): Promise<void>;
  /**
   * `app`: it fails of the fault, and its incident is to name the mode. `own`: nothing fails yet, the mode is an incident by itself. `known`: it calls
   * nobody by design, and `explain` of the service is to name it.
   */
  readonly shows: 'app' | 'own' | 'known';
  /** Other modes that truly are there too, by the way in which this one is made. */
  readonly also?: readonly string[];
  /** Detectors off: the way in which time is made to pass makes them speak. */
  readonly off?: readonly string[];
  /** Takes so long at most until it is named, in s (90). */
  readonly within?: number;
}

export interface Case {
  readonly mode: string;
  readonly ways: readonly [Way, Way];
}

/** A service that does a piece of work again and again, and ends when it fails. */
export const worker = (work: string): App => ({ shell: `while { ${work}; }; do sleep 0.3; done; exit 7` });

/** A service that runs on, and a check of it that asks. */
export const checked = (ask: string, run = 'exec sleep 100000'): App => ({
  shell: run,
  detect: { checks: [{ command: ['sh', '-c', ask], every: '1s', severity: 2 }] },
});

/** The same way with two values. */
export function both<T>(one: T, other: T, way: (value: T) => Way): readonly [Way, Way] {
  return [way(one), way(other)];
}
