// The name of a settled situation: everything in a picture that can decide something, in words. Equal names, equal futures.

import { leastMoment, leastWall, mostWall } from './recurrence.ts';

/** What decides nothing: counts, names of lives, what is told, what is kept for people. */
const silent = new Set([
  'system',
  'incidents',
  'life',
  'boot',
  'boots',
  'nonce',
  'keeper',
  'pid',
  'pids',
  'agentPid',
  'keeperPid',
  'startTicks',
  'lives',
  'seq',
  'reportSeq',
  'reportWrittenSeq',
  'outages',
  'lastExit',
  'switchMs',
  'mending',
  'activateError',
  'endedBecause',
  'notYet',
  'predicted',
  'handed',
  'given',
  'cause',
  'restarts',
  'worstKillMs',
  'saidRule',
  'terms',
  'carriedOut',
  'id',
  'log',
  'text',
  'heardAt',
  'said',
  'leaseSaid',
  'everUsable',
  'adopted',
  'activateAt',
  'deposedAt',
  'reportedActive',
]);
/** Only whether there is one. */
const onlyWhether = new Set([
  'term',
  'epoch',
  'revision',
  'counter',
  'heardUpTo',
  'inFlight',
  'effect',
  'starting',
  'closing',
  'ask',
  'writing',
  'deposing',
  'lostAt',
  'firstReadAt',
]);
/** Of which the worst counts. */
const onlyWorst = new Set(['bMs', 'iMs', 'gaps']);

/** Of which an old one is as good as none. */
const oldIsNone = new Set(['extendedUntil', 'promisedAt', 'backAt']);

interface Naming {
  readonly now: number;
  readonly wall: number;
  /** Is what finished at that Unix time finished still. */
  readonly finished: (service: string, atMs: number) => boolean;
  readonly leased: (service: string) => boolean;
  /** Inside a slot: there is an instance. */
  readonly runs?: boolean;
}

/** Names what `now` shows; `then` is the picture a period before, which tells what moves. */
export function nameOf(then: unknown, now: unknown, naming: Naming): string {
  const words: string[] = [];
  say(then, now, '', '', naming, words);
  return words.join('');
}

function say(then: unknown, now: unknown, key: string, service: string, naming: Naming, words: string[]): void {
  if (silent.has(key)) return;
  if (now === null || now === undefined || typeof now === 'boolean') {
    words.push(String(now), ',');
    return;
  }
  if (typeof now === 'number') {
    words.push(numberWord(then, now, key, service, naming), ',');
    return;
  }
  if (typeof now === 'string') {
    // The instance of a slot is named after it and its life.
    const mark = now.indexOf('#');
    words.push(mark < 0 ? now : now.slice(0, mark), ',');
    return;
  }
  if (typeof now !== 'object') return;
  if (now instanceof Map) {
    words.push('(');
    for (const name of [...now.keys()].map(String).toSorted()) {
      words.push(String(name), ':');
      say(then instanceof Map ? then.get(name) : undefined, now.get(name), '', String(name), naming, words);
    }
    words.push(')');
    return;
  }
  if (now instanceof Set) {
    words.push([...now].map(String).toSorted().join(' '), ',');
    return;
  }
  if (Array.isArray(now)) {
    if (onlyWorst.has(key)) {
      // What starts and loads take is asked when a lease may move, and only then.
      if (!naming.leased(service) && key !== 'gaps') return;
      words.push(String(Math.max(0, ...now.map(Number))), ',');
      return;
    }
    // Failures count until it has run stably, and what has settled has.
    if (key === 'failures' && naming.runs) return;
    words.push('[');
    // Which of several services was reported first decides nothing.
    const order = [...now.keys()].toSorted((a, b) => compare(serviceOf(now[a]), serviceOf(now[b])) || a - b);
    for (const index of order)
      say(Array.isArray(then) ? then[index] : undefined, now[index], '', service, naming, words);
    words.push(']');
    return;
  }
  const before = isPlain(then) ? then : {};
  if (!isPlain(now)) return;
  const own = serviceOf(now) || service;
  const inside = 'now' in now ? { ...naming, runs: now['now'] !== null } : naming;
  // An old question to the peers is as good as none.
  if (key === 'ask' && before['askedAt'] === now['askedAt']) {
    words.push('null,');
    return;
  }
  words.push('{');
  for (const name in now) say(before[name], now[name], name, own, inside, words);
  words.push('}');
}

function serviceOf(value: unknown): string {
  return isPlain(value) && typeof value['service'] === 'string' ? value['service'] : '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function numberWord(then: unknown, now: number, key: string, service: string, naming: Naming): string {
  if (onlyWhether.has(key)) return now === 0 ? '0' : '+';
  if (key === 'finishedAtMs') return naming.finished(service, now) ? 'finished' : 'null';
  if (key === 'nextPlanChangeMs') return 'plan';
  if (now < leastMoment || now >= mostWall) return String(now);
  if (then === now) return oldIsNone.has(key) ? 'null' : 'old';
  return String(now >= leastWall ? now - naming.wall : now - naming.now);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The same picture with single values of that name replaced, wherever they stand; what is shared stays shared. */
export function replaced<T>(picture: T, change: (key: string, service: string, value: number) => number): T;
export function replaced(picture: unknown, change: (key: string, service: string, value: number) => number): unknown {
  const made = new Map<object, unknown>();
  const walk = (value: unknown, key: string, service: string): unknown => {
    if (typeof value === 'number') return change(key, service, value);
    if (typeof value !== 'object' || value === null || key === 'system') return value;
    const known = made.get(value);
    if (known !== undefined) return known;
    const own = serviceOf(value) || service;
    const result = rebuilt(value, own, walk);
    made.set(value, result);
    return result;
  };
  return walk(picture, '', '');
}

function rebuilt(
  value: object,
  service: string,
  walk: (value: unknown, key: string, service: string) => unknown,
): unknown {
  if (value instanceof Set) return value;
  if (value instanceof Map) {
    let changed = false;
    const map = new Map<unknown, unknown>();
    for (const [name, inner] of value) {
      const other = walk(inner, '', String(name));
      changed ||= other !== inner;
      map.set(name, other);
    }
    return changed ? map : value;
  }
  if (Array.isArray(value)) {
    const list = value.map((inner) => walk(inner, '', service));
    return list.some((inner, index) => inner !== value[index]) ? list : value;
  }
  if (!isPlain(value)) return value;
  let changed = false;
  const copy: Record<string, unknown> = {};
  for (const name in value) {
    copy[name] = walk(value[name], name, service);
    changed ||= copy[name] !== value[name];
  }
  return changed ? copy : value;
}
