// Objective, placements and detection of a service, as written.

import { z } from 'zod';
import { onlyTrue, template, text } from './leaf.ts';
import { duration, envText } from './leaf-special.ts';
import { byName, checkShape, key, statusShape } from './shape-parts.ts';

/** The objective's keys; on a service each may stand alone. */
export const objectiveShape = z.strictObject({
  unavailable: key(duration(0), { description: 'x: not unavailable for more than this …', examples: ['10m'] }),
  per: key(duration(), { description: 'y: … in any period this long.', examples: ['60m'] }),
  recoverWithin: key(duration(), { description: 'z: a failure is recovered from within this time.', examples: ['2m'] }),
});

/** Names and values. */
export const environment = z.record(z.string(), envText()).meta({ title: 'environment' });

/** Where instances run. */
export const placements = z
  .union([
    text('the name of a host', 'a'),
    z.array(text('the name of a host', 'a')),
    byName(
      z
        .strictObject({
          env: key(environment, {
            description: 'Environment of this instance alone, over that of the service.',
            examples: [{ PORT: '7001' }],
          }),
        })
        .nullable(),
    ),
  ])
  .meta({ title: 'hosts' });

const heartbeat = z
  .strictObject({
    file: key(template('a file', 'run/pricer.beat'), {
      description: 'The service touches this file.',
      examples: ['run/pricer.beat'],
    }),
    message: key(onlyTrue(), {
      description: 'The service sends `POST /v1/heartbeat` to its socket.',
      examples: [true],
    }),
    row: key(
      z
        .strictObject({
          url: key(template('a database', '"postgres://127.0.0.1/prices"'), {
            description: 'Which database: `postgres:`, `mysql:`, `mariadb:` or `sqlite:`.',
            examples: ['postgres://db.example/prices'],
          }),
          query: key(text('a query', '"select beat_at from beats"'), {
            description: 'Its first value changes with every beat.',
            examples: ["select beat_at from beats where name = 'pricer'"],
          }),
        })
        .meta({ required: ['url', 'query'] }),
      {
        description: 'The service changes a row of a database.',
        examples: [{ url: 'sqlite:run/beats.db', query: 'select at from beats' }],
      },
    ),
    every: key(duration(), {
      description: 'How often the service beats; at most half of d. Absent: half of d.',
      examples: ['1s'],
    }),
  })
  .meta({ title: 'heartbeat', minProperties: 1 });

/** How a failure is noticed. */
export const detect = z.strictObject({
  heartbeat: key(heartbeat, {
    description: 'How the service says that it is alive.',
    examples: [{ file: 'run/pricer.beat' }],
  }),
  status: key(statusShape, {
    description: 'What the service says of itself.',
    examples: [{ http: 'http://127.0.0.1:${PORT}/status' }],
  }),
  checks: key(z.array(checkShape), {
    description: 'What is looked at from outside, again and again.',
    examples: [[{ tcp: '127.0.0.1:${PORT}', every: '1s' }]],
  }),
});

/** As zod has read it; a key that is missing is found by `lower.ts`. */
export type ObjectiveShape = z.output<typeof objectiveShape>;
