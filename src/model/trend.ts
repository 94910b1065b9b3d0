// When something that grows will be full. The intuition: the median of all slopes between pairs of samples (Theil–Sen) does not care for a few odd
// samples; and where space is freed again and again (logrotate), what counts is where the level falls back to, not how it rises in between.
// Does not cover: growth that speeds up; the next looks find it.

/** How full something is, in a unit that `untilFullMs` does not care about. */
export interface Sample {
  readonly atMs: number;
  readonly level: number;
}

/** Pairs grow with the square: more samples than this are thinned. */
const mostSamples = 60;
/** A fall counts as freeing when it takes back this part of all that was seen to rise and fall. */
const fallShare = 0.3;
const fewestTroughs = 3;
/** Where freeing was seen, a prediction reaches so many times as far as what was watched; without, no farther: a first rise may be the first tooth. */
const reachWithTeeth = 6;
const reachWithout = 1;
/** A trend has most of its pairs rising. */
const risingShare = 0.7;

/** How long until the level reaches `full`, from the last sample; null: it does not rise, or too little was seen to say so. */
export function untilFullMs(samples: readonly Sample[], full: number, watchedAtLeastMs: number): number | null {
  const last = samples.at(-1);
  const first = samples[0];
  if (first === undefined || last === undefined || last.atMs - first.atMs < watchedAtLeastMs) return null;
  const { troughs, peak } = teeth(samples);
  if (troughs.length >= fewestTroughs) {
    // It must not reach `full` at the top of a tooth either, so the teeth are as high as the highest yet.
    const rise = slopeOf(troughs);
    if (rise === null) return null;
    const height = Math.max(0, peak - Math.max(...troughs.map((each) => each.level)));
    return within((full - height - (troughs.at(-1)?.level ?? 0)) / rise, reachWithTeeth * (last.atMs - first.atMs));
  }
  if (troughs.length > 0 && last.level <= peak) return null; // No higher than it has been: the next freeing may bring it down again.
  const rising = troughs.length === 0 ? samples : samples.filter((each) => each.atMs >= (troughs.at(-1)?.atMs ?? 0));
  const rise = slopeOf(rising);
  return rise === null ? null : within((full - last.level) / rise, reachWithout * (last.atMs - first.atMs));
}

/** The median slope per millisecond; null: it does not rise. */
export function slopeOf(samples: readonly Sample[]): number | null {
  const few = thinned(samples);
  const slopes: number[] = [];
  for (const [index, a] of few.entries())
    for (const b of few.slice(index + 1)) if (b.atMs > a.atMs) slopes.push((b.level - a.level) / (b.atMs - a.atMs));
  if (slopes.length === 0) return null;
  const rising = slopes.filter((slope) => slope > 0).length / slopes.length;
  const median = medianOf(slopes);
  return rising >= risingShare && median > 0 ? median : null;
}

/** The middle value; the mean of both middle ones; NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The levels just after each freeing, and the highest level just before one. */
function teeth(samples: readonly Sample[]): { readonly troughs: readonly Sample[]; readonly peak: number } {
  const levels = samples.map((each) => each.level);
  const range = Math.max(...levels) - Math.min(...levels);
  const troughs: Sample[] = [];
  let peak = Number.NEGATIVE_INFINITY;
  let high = samples[0]?.level ?? 0;
  let low: Sample | null = null;
  for (const sample of samples) {
    if (high - sample.level > fallShare * range && range > 0) {
      if (low === null) peak = Math.max(peak, high);
      if (low === null || sample.level <= low.level) low = sample;
    }
    if (low !== null && sample.level > low.level) {
      troughs.push(low);
      low = null;
      high = sample.level;
    } else if (low === null) high = Math.max(high, sample.level);
  }
  if (low !== null) troughs.push(low);
  return { troughs, peak };
}

function within(untilMs: number, reachMs: number): number | null {
  return untilMs <= reachMs ? Math.max(0, untilMs) : null;
}

function thinned(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= mostSamples) return samples;
  const step = samples.length / mostSamples;
  return Array.from({ length: mostSamples }, (_, index) => samples[Math.floor(index * step)]).filter(
    (each) => each !== undefined,
  );
}
