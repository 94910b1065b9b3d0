// What `assess --json` prints, as far as pages show it: looked at where it comes in, and part of the OpenAPI description.

import { z } from 'zod';
import type { AssessedView } from '../../api-assess.ts';

const text = z.string();
const share = z.number().describe('0 to 1');
const range = z.tuple([z.number(), z.number()]);
const count = z.number().nullable();
const verdict = {
  unavailability: share,
  unavailabilityInterval: range,
  exact: z.boolean(),
  survives: count,
  survivesParts: count,
};

/** A reader must not stumble over a key that a later version adds. */
export const assessedShape: z.ZodType<AssessedView> = z.looseObject({
  ...verdict,
  cutSetCount: text.nullable(),
  cutSets: z.array(z.array(text)),
  services: z.array(z.looseObject({ ...verdict, name: text, inFailovers: share })),
  grid: z.array(
    z.looseObject({
      component: text,
      domain: text,
      strategy: z.enum(['avoid', 'mask', 'bound', 'fixFast', 'none']),
      evidence: text,
    }),
  ),
  objective: z.looseObject({
    met: z.boolean(),
    missed: z.array(text),
    unavailableMs: z.number(),
    perMs: z.number(),
    recoverWithinMs: z.number(),
    epsilon: z.number(),
    chanceOfMoreThanEpsilon: share,
    chanceOfMoreThanUnavailable: share,
    chanceOfMissInYear: range,
  }),
  yearly: z.looseObject({
    meanMs: z.number(),
    rangeMs: range,
    outages: z.number(),
    failovers: z.number(),
    unavailabilityWithoutRate: share,
  }),
  advice: z.array(
    z.looseObject({
      what: text,
      cost: text,
      unavailability: share,
      survives: count,
      survivesParts: count,
      patch: text,
    }),
  ),
  warnings: z.array(text),
});
