// The parts that recur in a description: names, probes, role calls, needs, how often something fails.

import { z } from 'zod';
import { number, onlyTrue, template, text, type About } from './leaf.ts';
import { command } from './leaf-command.ts';
import { duration, pattern, signal } from './leaf-special.ts';

/** JSON Schema pattern of a name. Not digits alone: JavaScript would reorder such keys, and the order of `on` is a preference. */
export const namePattern = '^(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9._-]{0,62}$';

/** Where a schema carries its examples until `schema.ts` puts them in place. */
export const examplesKey = 'x-examples';

/** Where it carries its default. */
export const defaultKey = 'x-default';

/** Adds a sentence, a default and an example to a schema, and makes the key one that may be left out. */
export function key<T extends z.ZodType>(schema: T, about: About): z.ZodOptional<T> {
  const { examples, default: fallback, ...rest } = about;
  // zod leaves `examples` and `default` out of what reads into another type, so they travel under other names (see schema.ts).
  return schema
    .meta({
      ...rest,
      ...(examples === undefined ? {} : { [examplesKey]: examples }),
      ...(fallback === undefined ? {} : { [defaultKey]: fallback }),
    })
    .optional();
}

/** Keyed by name. */
export function byName<T extends z.ZodType>(value: T): z.ZodRecord<z.ZodString, T> {
  return z.record(z.string(), value).meta({ propertyNames: { pattern: namePattern } });
}

/** A name, or a list of names. */
export function names(what: string): z.ZodType<readonly string[]> {
  const name = text(what, 'a');
  return z.union([name.transform((one) => [one]), z.array(name)]).meta({ title: 'name, or list of names' });
}

/** How often a part fails. */
export const reliabilityKeys = {
  unavailability: key(number({ least: 0, most: 1 }), {
    description:
      'The share of time that it does not work. It has no rate, so it brings no failovers into the arithmetic; not together with the other three.',
    examples: [1e-5],
  }),
  mtbf: key(duration(), { description: 'Mean time from repair to the next failure.', examples: ['90d'] }),
  mttr: key(duration(), {
    description: 'Mean time to repair it: unavailability = mttr / (mtbf + mttr).',
    examples: ['4h'],
  }),
  recoverWithin: key(duration(), {
    description: 'Instead of mttr: it works again within this time.',
    examples: ['10m'],
  }),
};

/** Durations in ms, `unavailability` from 0 to 1; absent: not stated. */
export type ReliabilityShape = Readonly<Partial<Record<keyof typeof reliabilityKeys, number | undefined>>>;

const probeKeys = {
  http: key(template('a URL', '"http://127.0.0.1:8080/ready"'), {
    description: 'Asks this URL; any 2xx answer is a yes.',
    examples: ['http://127.0.0.1:${PORT}/ready'],
  }),
  tcp: key(template('an address', '"127.0.0.1:8080"'), {
    description: 'Connects to this host:port.',
    examples: ['127.0.0.1:${PORT}'],
  }),
  command: key(command(), { description: 'Runs this command; exit 0 is a yes.', examples: ['./check-prices.sh'] }),
  log: key(pattern(), {
    description: 'A line that matches this pattern appears in the file named by `in`.',
    examples: ['ERROR .*price'],
  }),
  in: key(template('a file', 'log/pricer.log'), {
    description: 'The file that `log` is looked for in. Absent: the file of `log.file`, else what the instance prints.',
    examples: ['log/pricer.log'],
  }),
  file: key(template('a file', 'run/ready'), {
    description: 'This file exists; where `ready` or `active` asks, written since the start.',
    examples: ['run/ready'],
  }),
};

/** A probe as written: exactly one of its keys counts, which is seen to after reading. */
export interface ProbeShape {
  readonly http?: string | undefined;
  readonly tcp?: string | undefined;
  readonly command?: z.output<ReturnType<typeof command>> | undefined;
  readonly log?: string | undefined;
  readonly in?: string | undefined;
  readonly file?: string | undefined;
}

const one = { minProperties: 1 };

/** Waits until a probe answers. */
export function waitShape(
  fallback: string,
): z.ZodObject<typeof probeKeys & { within: z.ZodOptional<ReturnType<typeof duration>> }> {
  const within = key(duration(), {
    description: 'How long it may take; after that it has failed.',
    default: fallback,
    examples: ['10s'],
  });
  return z.strictObject({ ...probeKeys, within }).meta({ title: 'wait', ...one });
}

/** How a service is asked how it does; exactly one of the keys. */
export const statusShape = z
  .strictObject({
    http: key(template('a URL', '"http://127.0.0.1:8080/status"'), {
      description:
        'GET this URL: the answer is `ok`, `degraded` or `failed`, or `{ "status": …, "subsystems": { name: flag } }`.',
      examples: ['http://127.0.0.1:${PORT}/status'],
    }),
    command: key(command(), {
      description: 'Runs this command; what it prints is the answer.',
      examples: ['./status.sh'],
    }),
    file: key(template('a file', 'run/status.json'), {
      description: 'This file holds the answer.',
      examples: ['run/status.json'],
    }),
  })
  .meta({ title: 'status', ...one });

/** One entry of `detect.checks`: exactly one probe, and how it is asked and meant. */
export const checkShape = z
  .strictObject({
    ...probeKeys,
    every: key(duration(), { description: 'How often. Absent: derived from the objective.', examples: ['1s'] }),
    severity: key(number({ least: 1, most: 3, whole: true }), {
      description: 'What a failure means: 1 ends the instance, 2 and 3 are shown. Absent: 1, and 3 for `log`.',
      examples: [3],
    }),
  })
  .meta({ title: 'check', ...one });

/** How a role is given or taken. */
export const roleCallShape = z
  .strictObject({
    signal: key(signal(true), { description: 'Sends this signal to the main process.', examples: ['SIGUSR1'] }),
    http: key(template('a URL', '"http://127.0.0.1:8080/activate"'), {
      description: 'POSTs to this URL; any 2xx answer confirms.',
      examples: ['http://127.0.0.1:${PORT}/activate'],
    }),
    command: key(command(), { description: 'Runs this command; exit 0 confirms.', examples: ['./promote.sh'] }),
    message: key(onlyTrue(), {
      description: 'Tells it over the socket; its answer confirms.',
      examples: [true],
    }),
  })
  .meta({ title: 'role call', ...one });

/** As zod has read it; that exactly one key stands there is found by `lower-probe.ts`. */
export type RoleCallShape = z.output<typeof roleCallShape>;

/** What must stand, as written. */
export type NeedShape =
  | string
  | readonly NeedShape[]
  | {
      readonly all?: readonly NeedShape[] | undefined;
      readonly anyOf?: readonly NeedShape[] | undefined;
      readonly atLeast?: number | undefined;
      readonly of?: readonly NeedShape[] | undefined;
    };

/** A name, a list (all of it), or `all`, `anyOf`, `atLeast` nested at will. */
export const needShape: z.ZodType<NeedShape> = z
  .lazy(() => {
    const list = z.array(needShape);
    return z.union([
      text('the name of a service', 'feed'),
      list,
      z.strictObject({
        all: key(list, { description: 'All of these must stand.', examples: [['feed', 'rates-1']] }),
        anyOf: key(list, { description: 'One of these is enough.', examples: [['rates-1', 'rates-2']] }),
        atLeast: key(number({ least: 1, most: 1000, whole: true }), {
          description: 'So many of those in `of` must stand.',
          examples: [2],
        }),
        of: key(list, { description: 'What `atLeast` counts.', examples: [['rates-1', 'rates-2', 'rates-3']] }),
      }),
    ]);
  })
  .meta({ id: 'need', title: 'need' });
