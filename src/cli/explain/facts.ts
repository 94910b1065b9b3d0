// The facts of a journal entry, taken apart one by one. What no word was made of is still said, as `name value`: nothing stays silent.

import type { JsonValue } from '../../model/json.ts';
import { safe } from '../text.ts';
import { durationText, exactClockText } from '../times.ts';

/** Whoever takes a fact marks it as said. */
export interface Facts {
  /** Text, made safe; null when absent or null. */
  text(name: string): string | null;
  number(name: string): number | null;
  is(name: string): boolean;
  texts(name: string): readonly string[];
  /** Any value; `undefined` when absent. */
  value(name: string): JsonValue | undefined;
  /** Marks facts as told by others: the sentence means them without naming them. */
  implied(...names: readonly string[]): void;
  /** What was not asked for, as people read it: `tries 3, next at 14:02:11.000`. */
  rest(nowMs: number): string;
}

/** Facts of one entry. */
export function factsOf(because: Readonly<Record<string, JsonValue>>): Facts {
  const told = new Set<string>();
  function take(name: string): JsonValue | undefined {
    told.add(name);
    return because[name];
  }
  return {
    text(name) {
      const value = take(name);
      if (value === undefined || value === null || value === '') return null;
      return safe(typeof value === 'string' ? value : JSON.stringify(value));
    },
    number(name) {
      const value = take(name);
      return typeof value === 'number' ? value : null;
    },
    is: (name) => take(name) === true,
    texts(name) {
      const value = take(name);
      return Array.isArray(value)
        ? value.map((each: JsonValue) => safe(typeof each === 'string' ? each : JSON.stringify(each)))
        : [];
    },
    value: take,
    implied(...names) {
      for (const name of names) told.add(name);
    },
    rest: (nowMs) =>
      Object.entries(because)
        .filter(([name, value]) => !told.has(name) && !isEmpty(value))
        .map(([name, value]) => factText(name, value, nowMs))
        .join(', '),
  };
}

/** `switchMs: 17` as `switch 17 ms`, `nextAtMs` as a time of day, the rest as it stands. */
export function factText(name: string, value: JsonValue, nowMs: number): string {
  if (typeof value === 'number' && (name.endsWith('AtMs') || name === 'sinceMs'))
    return `${spaced(name.replace(/Ms$/, ''))} ${exactClockText(value, nowMs)}`;
  if (typeof value === 'number' && name.endsWith('Ms'))
    return `${spaced(name.replace(/Ms$/, ''))} ${durationText(value)}`;
  return `${spaced(name)} ${safe(typeof value === 'string' ? value : JSON.stringify(value))}`;
}

function isEmpty(value: JsonValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** `endedAt` as `ended at`. */
function spaced(name: string): string {
  return safe(name).replace(/([a-z])([A-Z])/g, (_, low: string, high: string) => `${low} ${high.toLowerCase()}`);
}
