// Numbers drawn from a seed, one stream for each part: a variant of the description that leaves a part as it is draws the same
// faults for it (common random numbers).

import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';

/** Draws waiting times. */
export interface Stream {
  /** In [0, 1). */
  next(): number;
  /** A waiting time with this mean, exponential. */
  wait(meanMs: number): number;
}

/** The stream of that name below a seed. */
export function streamOf(seed: string, name: string): Stream {
  const generator = xoroshiro128plus(hashOf(`${seed}\u0000${name}`));
  const next = (): number => uniformFloat64(generator);
  return { next, wait: (meanMs) => -Math.log(1 - next()) * meanMs };
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0;
}
