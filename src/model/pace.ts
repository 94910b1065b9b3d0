// How often each detector may look, so that all of them together stay within what they may cost. The intuition: what is there is poured out evenly; who
// needs less than its part leaves the rest to the others (max-min fairness, Bertsekas and Gallager, Data Networks, 6.5.2). So a detector whose looks are
// dear looks less often, and none of the others does.

/** What one detector takes. */
export interface Load {
  /** How often it looks when nothing holds it back. */
  readonly usualMs: number;
  /** Processor time of one look. */
  readonly costMs: number;
}

/** One that looks less often than usual, and why. */
export interface Pace extends Load {
  readonly everyMs: number;
}

/** However dear: what a detector finds must not be older than this, and half of it. */
const longestMs = 3_600_000;

/** By name, how often each looks when all of them may take this `share` of one processor (0 to 1). Those that are not held back look as usual. */
export function pacesOf(loads: ReadonlyMap<string, Load>, share: number): ReadonlyMap<string, Pace> {
  const byNeed = [...loads].toSorted(([, a], [, b]) => needOf(a) - needOf(b));
  const paces = new Map<string, Pace>();
  let left = share;
  for (const [index, [name, load]] of byNeed.entries()) {
    const part = left / (byNeed.length - index);
    const isMore = needOf(load) > part;
    left -= isMore ? part : needOf(load);
    paces.set(name, { ...load, everyMs: isMore ? Math.min(longestMs, load.costMs / part) : load.usualMs });
  }
  return paces;
}

function needOf({ costMs, usualMs }: Load): number {
  return costMs / usualMs;
}

const prefix = 'pace ';
/** Who looks a little less often is late for nobody. */
const toldFrom = 1.5;

/** As facts of a host that other hosts are told: those that look clearly less often than usual. Two figures, so that they change seldom. */
export function paceFacts(paces: ReadonlyMap<string, Pace>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...paces]
      .filter(([, { everyMs, usualMs }]) => everyMs >= toldFrom * usualMs)
      .map(([name, { everyMs, usualMs, costMs }]) => [
        `${prefix}${name}`,
        [everyMs, usualMs, costMs].map((each) => Number(each.toPrecision(2))).join(' '),
      ]),
  );
}

/** Those that look less often than usual, from a host's facts. */
export function pacesIn(facts: Readonly<Record<string, string>>): readonly (Pace & { readonly detector: string })[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    const [everyMs = Number.NaN, usualMs = Number.NaN, costMs = Number.NaN] = value.split(' ').map(Number);
    return name.startsWith(prefix) && Number.isFinite(everyMs + usualMs + costMs)
      ? [{ detector: name.slice(prefix.length), everyMs, usualMs, costMs }]
      : [];
  });
}
