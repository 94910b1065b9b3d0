// Starting and stopping a process through its manager: asked, asked again where it forgets, and looked at until it is so.

import { setTimeout as pause } from 'node:timers/promises';
import { ms, type MonoMs, type Ms } from '../../model/units.ts';
import type { Asking } from './ask.ts';
import { troubleCodes, type ManagerSays, type ManagerTrouble } from './tongue.ts';

/** How a start came out. */
export type Begun =
  | {
      readonly kind: 'runs';
      readonly says: Extract<ManagerSays, { kind: 'runs' }>;
      readonly startTicks: number;
      /** It did before its manager was asked to start it. */
      readonly ranAlready: boolean;
    }
  | ManagerTrouble;

/** A manager has this long for a start. */
const startWithin = ms(30_000);
const startAskedMs = 300;
/** For a start that is not wanted any more, to be taken back. */
const giveUpWithinMs = 3_000;
const mostAsked = 3;
/** A start command may be over before there is anything to be seen of what it started. */
const seenWithinMs = 2_000;
const stopAskedMs = 1_000;
/** A stop may take its time: whether anybody is there at all is asked meanwhile. */
const thereAskedMs = 5_000;

/** Until it runs, the manager refuses, or its time is over. One that is unwanted meanwhile is taken back. */
export async function startThrough(of: {
  readonly asked: Asking;
  readonly service: string;
  /** Null: dead. */
  readonly startTicks: (pid: number) => number | null;
  readonly isUnwanted: () => boolean;
  readonly now: () => MonoMs;
}): Promise<Begun> {
  const { asked, now } = of;
  const until = now() + startWithin;
  let says = await asked.status();
  const before = says.kind === 'down' ? (says.last?.since ?? '') : null;
  let told = 0;
  let toldAt = now();
  let givenUpAt: number | null = null;
  for (;;) {
    if (says.kind === 'trouble') return says;
    const startTicks = says.kind === 'runs' ? of.startTicks(says.pid) : null;
    if (says.kind === 'runs' && startTicks !== null) return { kind: 'runs', says, startTicks, ranAlready: told === 0 };
    if (says.kind === 'down' && says.last !== null && before !== null && says.last.since !== before)
      // It ran, and is over already.
      return { kind: 'runs', says: { ...says, kind: 'runs', pid: says.last.pid }, startTicks: 0, ranAlready: false };
    const mayAsk = told === 0 || (asked.tongue.forgets && told < mostAsked);
    const isOver = says.kind === 'down' && !mayAsk && now() - toldAt > seenWithinMs;
    if (now() > until || isOver) return notStarted(of, `says: ${says.text}`);
    if (of.isUnwanted()) {
      // What its manager is still about would start, or be tried again, long after nobody wants it.
      if (givenUpAt !== null && (says.kind === 'down' || now() - givenUpAt > giveUpWithinMs))
        return notStarted(of, `had not done so when it was given up: ${says.text}`);
      if (givenUpAt === null) {
        givenUpAt = now();
        void asked.stop(startWithin);
      }
    } else if (mayAsk && (told === 0 || says.kind === 'down')) {
      told += 1;
      const refused = await asked.start(startWithin);
      if (refused !== null) return refused;
      toldAt = now();
    }
    await pause(startAskedMs);
    says = await asked.status();
  }
}

/** Until it is gone or `within` is over; or why the manager does not do it, at once: then it still lives. */
export async function stopThrough(of: {
  readonly asked: Asking;
  readonly within: Ms;
  readonly lives: () => boolean;
  readonly now: () => MonoMs;
}): Promise<ManagerTrouble | null> {
  const { asked, within, lives, now } = of;
  for (const until = now() + within; now() < until && lives();) {
    const refused = await stopAsked(of);
    if (!lives()) return null;
    if (refused !== null) return refused;
    // monit forgets what it is asked while it is doing something else: until it is about it, it is asked again.
    let says: ManagerSays;
    do {
      await pause(stopAskedMs, undefined, { ref: false });
      if (!lives()) return null;
      says = await asked.status();
    } while (says.kind === 'changing' && lives());
  }
  return null;
}

/** How the manager took it; or why it takes nothing, as soon as that is known. */
async function stopAsked(of: Parameters<typeof stopThrough>[0]): Promise<ManagerTrouble | null> {
  const { asked, within, lives } = of;
  let over = false;
  const silent = async (): Promise<ManagerTrouble | null> => {
    for (;;) {
      await pause(thereAskedMs, undefined, { ref: false });
      if (over || !lives()) return null;
      const says = await asked.status();
      if (says.kind === 'trouble') return says;
    }
  };
  const told = await Promise.race([asked.stop(within), silent()]);
  over = true;
  return told;
}

function notStarted({ asked, service }: { asked: Asking; service: string }, said: string): ManagerTrouble {
  const { title } = asked.tongue;
  return { kind: 'trouble', code: troubleCodes.failed, why: `${title} was asked to start ${service}, and ${said}` };
}
