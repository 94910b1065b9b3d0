// The key `detectors`: what looks for failure modes, and what of it is switched off.

import { z } from 'zod';
import { choice } from './leaf.ts';
import { modes } from './modes.ts';
import { key } from './shape-parts.ts';

/** Every detector of the catalogue; what the core finds by itself cannot be switched off. */
export const detectorNames: readonly string[] = [...new Set(modes.map(({ detector }) => detector))]
  .filter((name) => name !== 'core')
  .toSorted();

/** The key `detectors`. */
export const detectorsShape = z.strictObject({
  off: key(z.array(choice(detectorNames, 'a detector')), {
    description:
      'Detectors that do not look, by the names in docs/failure-modes.md: for one that is wrong here and calls people for nothing. What only it finds is then found by nobody.',
    examples: [['raid']],
  }),
});
