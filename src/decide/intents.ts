// Intents on their way to and from the store: written with an owner, a reason and an expiry, taken away when they are done or over.

import { ms } from '../model/units.ts';
import type { Draft } from './draft.ts';
import type { PersonAnswer, StorePut } from './effect.ts';
import type { StoreOutcome } from './input.ts';
import { isLasting, keys, type IntentRecord } from './records.ts';
import type { State } from './state.ts';

/** One-time intents end by themselves if nobody could carry them out. */
export const onceWithinMs = 60_000;

/** Tells a person how it came out; what we do unasked is told nobody. */
export function answer(d: Draft, request: number | null, what: PersonAnswer): void {
  if (request !== null) d.tell({ kind: 'answer', request, answer: what });
}

/** Says no, why, and what to do instead. */
export function refuse(d: Draft, request: number, code: string, why: string, next: string): void {
  answer(d, request, { ok: false, code, why, next });
}

type Request = State['requests'] extends ReadonlyMap<number, infer R> ? R : never;

/** Writes to the store for somebody, who is answered when it is known how that came out. */
export function writeFor(
  d: Draft,
  request: number | null,
  what: {
    id: string;
    text: string;
    mark?: string;
    compares: { key: string; revision: number }[];
    puts: StorePut[];
    taken?: Request['taken'];
    ends?: IntentRecord;
  },
): void {
  const id = d.ask({ kind: 'store', compares: what.compares, puts: what.puts, timeoutMs: ms(2000) });
  d.s.requests = new Map(d.s.requests).set(id, {
    request,
    id: what.id,
    text: what.text,
    mark: what.mark ?? null,
    taken: what.taken ?? usuallyTaken,
    ends: what.ends ?? null,
  });
}

const usuallyTaken: Request['taken'] = {
  code: 'SF-416',
  why: 'somebody else changed the same thing at the same time',
  next: 'Look at it and try again: standfast intents',
};

/** What the store tells of an intent; null: it is there no more. */
export function intentSeen(d: Draft, id: string, value: IntentRecord | null, revision: number): void {
  const known = d.s.intents.get(id);
  const intents = d.own('intents', d.s.intents);
  if (value === null) intents.delete(id);
  else {
    // The first that believes it over takes it away for all, so that whoever asked with a clock far ahead is not obeyed for that long.
    const before = known?.revision === revision ? known.value.untilMs : null;
    const untilMs = Math.min(longestFrom(d.now.wall, value), before ?? Infinity);
    intents.set(id, { revision, value: untilMs === Infinity ? value : { ...value, untilMs } });
    if (untilMs !== Infinity) d.wakeBy(d.mono + Math.max(0, untilMs - d.now.wall));
  }
  d.s.intents = intents;
  d.touchAll();
}

/** Until when it may last: no longer after it was heard of than it was asked for. */
function longestFrom(nowMs: number, { verb, atMs, untilMs }: IntentRecord): number {
  if (untilMs === null) return Infinity;
  return isLasting(verb) ? Math.min(untilMs, nowMs + Math.max(0, untilMs - atMs)) : untilMs;
}

/** Takes in how the write of an intent came out. True when it was one. */
export function intentOutcome(d: Draft, id: number, outcome: StoreOutcome): boolean {
  const waiting = d.s.requests.get(id);
  if (waiting === undefined) return false;
  const requests = new Map(d.s.requests);
  requests.delete(id);
  d.s.requests = requests;
  switch (outcome.kind) {
    case 'applied':
      if (waiting.ends !== null) expired(d, waiting.ends);
      answer(d, waiting.request, { ok: true, id: waiting.id, text: waiting.text });
      break;
    case 'refused':
      answer(d, waiting.request, { ok: false, ...waiting.taken });
      break;
    case 'unknown':
      // What we do unasked is done again.
      if (waiting.mark !== null)
        d.s.carriedOut = new Map([...d.s.carriedOut].filter(([each]) => each !== waiting.mark));
      answer(d, waiting.request, {
        ok: false,
        code: 'SF-507',
        why: `it is not known whether it was written: ${outcome.why}`,
        next: 'standfast intents tells',
      });
      break;
    default:
      outcome satisfies never;
  }
  return true;
}

/** Of the many agents that saw its time go by, the one that took it away says so. */
function expired(d: Draft, intent: IntentRecord): void {
  d.note({
    kind: 'person',
    rule: 614,
    service: intent.service,
    facts: { verb: intent.verb, owner: intent.owner, why: intent.why, host: intent.host, id: intent.id },
  });
}

/** Takes our name off the one-time intents that are done here; the last takes the intent away. Those that stay in force end with their time. */
export function settleIntents(d: Draft): void {
  if (!d.s.store.reachable) return;
  for (const { revision, value } of d.s.intents.values()) {
    const lasting = isLasting(value.verb);
    const over = value.untilMs !== null && value.untilMs + (lasting ? 0 : onceWithinMs) < d.now.wall;
    const done = value.pending.includes(d.s.me) && isCarriedOut(d, value);
    if (!over && !done) continue;
    const mark = `settle ${value.id} ${revision}`;
    if (d.s.carriedOut.has(mark)) continue;
    d.carriedOut(mark, value.id);
    const pending = value.pending.filter((host) => host !== d.s.me);
    const next = over || pending.length === 0 ? null : JSON.stringify({ ...value, pending });
    writeFor(d, null, {
      id: value.id,
      text: '',
      mark,
      compares: [{ key: keys.intent(value.id), revision }],
      puts: [{ key: keys.intent(value.id), value: next }],
      ...(over && lasting ? { ends: value } : {}),
    });
  }
}

function isCarriedOut(d: Draft, intent: IntentRecord): boolean {
  const services = intent.service === null ? [...d.s.slots.keys()] : [intent.service];
  return services.every((name) => {
    const slot = d.slot(name);
    if (slot === undefined) return true;
    if (d.s.carriedOut.has(`${intent.id} ${name}`)) return true;
    // Nothing to restart where nothing runs.
    return intent.verb === 'restart' && slot.now === null;
  });
}
