// Makes a storm that broke something as small as it gets while it still breaks the same: leaves out faults by halves, quarters and one by one (delta
// debugging, Zeller and Hildebrandt 2002), then lines of the description, then what comes after. Deterministic: every attempt is a run of its own.

import { errorWords } from '../../../src/model/error-words.ts';
import { tryPlan, type Plan } from './trial.ts';

/** What was found wrong, without the names and numbers that a smaller storm may have otherwise; null: nothing. */
export function failureOf(plan: Plan, asks: 'all' | 'safety'): string | null {
  const found = firstOf(plan, asks);
  return found === null
    ? null
    : (found
        .replace(/^at [\d.]+ ms: /, '')
        .replaceAll(/s\d@\S+|\b[a-d]\b|s\d|\d+/g, '·')
        .split(':')[0] ?? '');
}

/** The first thing found wrong, in full; null: nothing. A core that throws has shown its mistake too. */
export function firstOf(plan: Plan, asks: 'all' | 'safety'): string | null {
  try {
    const { broken, unsettled } = tryPlan(plan, asks);
    return broken[0] ?? unsettled[0] ?? null;
  } catch (error) {
    // Not the core's, but of who planted a mistake into it.
    if (error instanceof ReferenceError) throw error;
    return `it throws: ${errorWords(error)}`;
  }
}

/** The smallest plan found that fails in the same way. */
export function shrink(plan: Plan, asks: 'all' | 'safety'): Plan {
  const wanted = failureOf(plan, asks);
  if (wanted === null) return plan;
  const fails = (smaller: Plan): boolean => failureOf(smaller, asks) === wanted;
  let least = cutShort(plan, asks, fails);
  for (let before = -1; before !== sizeOf(least);) {
    before = sizeOf(least);
    const now = least;
    least = { ...now, faults: fewer(now.faults, (faults) => fails({ ...now, faults })) };
    const then = least;
    least = { ...then, about: fewer(then.about, (about) => isWhole(about) && fails({ ...then, about })) };
    const left = least;
    for (const host of left.hosts) {
      const without = withoutHost(least, host);
      if (without.hosts.length > 0 && fails(without)) least = without;
    }
  }
  return cutShort(least, asks, fails);
}

/** Nothing after the moment at which it was seen, if that is known. */
function cutShort(plan: Plan, asks: 'all' | 'safety', fails: (plan: Plan) => boolean): Plan {
  const seenAt = /^at ([\d.]+) ms: /.exec(firstOf(plan, asks) ?? '')?.[1];
  if (seenAt === undefined) return plan;
  const short = { ...plan, until: Math.ceil(Number(seenAt)) + 1 };
  return fails(short) ? { ...short, faults: short.faults.filter((fault) => (fault[0]?.at ?? 0) <= short.until) } : plan;
}

/** Whatever a service needs is described too, and the later description is not of hosts alone. */
function isWhole(about: readonly string[]): boolean {
  const whole = (lines: readonly string[]): boolean => {
    const names = new Set(lines.map((line) => /^service (\S+)/.exec(line)?.[1]));
    return lines.every((line) => [...line.matchAll(/; needs (\S+?)(?=;|$)/g)].every(([, need]) => names.has(need)));
  };
  const later = about.filter((line) => line.startsWith('then ')).map((line) => line.slice(5));
  return whole(about) && whole(later) && (later.length !== 1 || !later[0]?.startsWith('hosts'));
}

function sizeOf({ faults, about, hosts }: Plan): number {
  return faults.length + about.length + hosts.length;
}

/** As few of them as still fail: ever smaller pieces are left out. */
function fewer<T>(items: readonly T[], fails: (items: readonly T[]) => boolean): readonly T[] {
  let least = items;
  for (let piece = Math.ceil(items.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2))
    for (let from = 0; from < least.length;) {
      const without = [...least.slice(0, from), ...least.slice(from + piece)];
      if (fails(without)) least = without;
      else from += piece;
    }
  return least;
}

/** The same system without one of its hosts; where a service has but one left, the reader refuses it, and it stays. */
function withoutHost(plan: Plan, host: string): Plan {
  const about = plan.about
    .filter((line) => !line.startsWith(`clock ${host} `))
    .map((line) =>
      line
        .replace(new RegExp(`( on.*?) ${host}(?= |;|$)`), '$1')
        .replace(new RegExp(`; prefer ${host}(; failBack)?`), ''),
    );
  if (about.some((line) => /(?<!single) on( \S+)?(;|$)/.test(line) || /single on(;|$)/.test(line)))
    return { ...plan, hosts: [] };
  const gone = new RegExp(`(^|[ @])${host}( |$)`);
  return {
    ...plan,
    hosts: plan.hosts.filter((each) => each !== host),
    about,
    faults: plan.faults.filter((fault) => !fault.some(({ does }) => gone.test(does))),
  };
}
