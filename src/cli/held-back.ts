// Detectors whose looks are dear look less often: said wherever people read what is found, since it may be so old.

import type { FoundView } from '../api.ts';
import { safe } from './text.ts';
import { durationText } from './times.ts';

/** A clause for each of a host: `slow looks every 4 min, not every 20 s, since a look takes 2.1 s of a processor`. */
export function heldBackTexts({ heldBack }: Pick<FoundView['hosts'][number], 'heldBack'>): readonly string[] {
  return heldBack.map(
    ({ detector, everyMs, usualMs, costMs }) =>
      `${safe(detector)} looks every ${durationText(everyMs)}, not every ${durationText(usualMs)}, since a look takes ${durationText(costMs)} of a processor`,
  );
}
