// The single values of a description as zod schemas: each reads what a person wrote into what the program uses,
// and says in one sentence what is wrong and in another what to write instead.

import { z } from 'zod';
import { durationPattern, durationText, parseDuration, parseSize, sizePattern } from './duration.ts';
import { didYouMean } from './nearest.ts';
import { splitWords } from './words.ts';
import type { Command } from './system.ts';
import type { Bytes, Ms } from './units.ts';

/** Why a value cannot be read. `kind` true: it is of another kind altogether, so that another alternative may fit it. */
export interface Wrong {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly kind: boolean;
}

/** What an editor and the reference show of a key. `title` is the type's name, `default` as a person would write it. */
export interface About {
  readonly description?: string;
  readonly title?: string;
  readonly default?: unknown;
  readonly examples?: unknown[];
}

type Read<T> = { readonly ok: T } | { readonly wrong: Wrong };

/** A value read by `read`; `json` is what JSON Schema can say of it. */
function leaf<T>(read: (value: unknown) => Read<T>, json: Record<string, unknown>): z.ZodType<T> {
  return z
    .unknown()
    .transform((value, context): T => {
      const result = read(value);
      if ('ok' in result) return result.ok;
      context.addIssue({ code: 'custom', message: result.wrong.message, params: { wrong: result.wrong } });
      return z.NEVER;
    })
    .meta(json);
}

function ok<T>(value: T): Read<T> {
  return { ok: value };
}

function wrong(code: string, message: string, next: string, kind = false): { wrong: Wrong } {
  return { wrong: { code, message, next, kind } };
}

/** What kind of thing a value is, for people. */
export function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'a number';
  if (typeof value === 'boolean') return 'a yes or no';
  return 'a mapping';
}

function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return kindOf(value);
}

function wantText(value: unknown, what: string, example: string): { wrong: Wrong } {
  if (typeof value === 'number' || typeof value === 'boolean')
    return wrong(
      'SF-113',
      `${what} is wanted as text, and ${shown(value)} is ${kindOf(value)}`,
      `Put it in quotes: "${String(value)}".`,
      true,
    );
  return wrong('SF-113', `${what} is wanted here, and this is ${kindOf(value)}`, `Write for example ${example}.`, true);
}

/** Text with something in it. */
export function text(what: string, example: string): z.ZodType<string> {
  return leaf(
    (value) => {
      if (typeof value !== 'string') return wantText(value, what, example);
      if (value.trim() === '')
        return wrong(
          'SF-114',
          `${what} is wanted here, and the text is empty`,
          `Write for example ${example}, or leave the key out.`,
        );
      return ok(value);
    },
    { type: 'string', title: 'text', minLength: 1 },
  );
}

/** Text that may hold `${NAME}`; whether the names exist is seen where the environment is known. */
export function template(what: string, example: string): z.ZodType<string> {
  return text(what, example).meta({ type: 'string', title: 'text with ${NAME}', minLength: 1 });
}

/** A duration. `least` in milliseconds: 0 allows none at all. */
export function duration(least = 1): z.ZodType<Ms> {
  return leaf(
    (value) => {
      if (typeof value === 'number')
        return wrong(
          'SF-120',
          `a duration needs a unit, and ${shown(value)} has none`,
          Number.isFinite(value) && value >= 0
            ? `Write ${value}s for seconds, or ${value}ms, ${value}m, ${value}h, ${value}d.`
            : 'Write for example 5s.',
        );
      if (typeof value !== 'string')
        return wrong(
          'SF-120',
          `a duration is wanted here, and this is ${kindOf(value)}`,
          'Write for example 250ms, 5s, 2m, 1h or 7d.',
          true,
        );
      const read = parseDuration(value);
      if (read === null) return wrong('SF-120', `${shown(value)} is not a duration`, durationHint(value));
      if (read < least) return wrong('SF-122', `${value} is too short`, `Write at least ${durationText(least)}.`);
      return ok(read);
    },
    { type: 'string', title: 'duration', pattern: durationPattern },
  );
}

function durationHint(text: string): string {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*([a-zA-Zµ]+)\s*$/.exec(text);
  const unit = parts?.[2]?.toLowerCase() ?? '';
  const meant = /^(ms|milli)/.test(unit)
    ? 'ms'
    : unit.startsWith('s')
      ? 's'
      : unit.startsWith('m') && !unit.startsWith('mo')
        ? 'm'
        : unit.startsWith('h')
          ? 'h'
          : unit.startsWith('d')
            ? 'd'
            : null;
  if (parts !== null && meant !== null) return `Write ${parts[1]}${meant}.`;
  return 'Write one number and one unit: 250ms, 5s, 2m, 1h or 7d.';
}

/** A size in bytes. */
export function size(): z.ZodType<Bytes> {
  return leaf(
    (value) => {
      if (typeof value === 'number')
        return wrong(
          'SF-121',
          `a size needs a unit, and ${shown(value)} has none`,
          'Write for example 512MiB, 2GiB or 4096B.',
        );
      if (typeof value !== 'string')
        return wrong(
          'SF-121',
          `a size is wanted here, and this is ${kindOf(value)}`,
          'Write for example 512MiB.',
          true,
        );
      const read = parseSize(value);
      if (read === null || read <= 0)
        return wrong(
          'SF-121',
          `${shown(value)} is not a size`,
          'Write one number and one unit: B, KiB, MiB, GiB or TiB, for example 512MiB.',
        );
      return ok(read);
    },
    { type: 'string', title: 'size', pattern: sizePattern },
  );
}

export interface Range {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
  readonly above?: boolean;
}

/** A number within a range; `above` leaves the least itself out. */
export function number(range: Range): z.ZodType<number> {
  const noun = range.whole === true ? 'whole number' : 'number';
  const words = `a ${noun} ${range.above === true ? 'above' : 'from'} ${range.least}${Number.isFinite(range.most) && range.most !== Number.MAX_SAFE_INTEGER ? ` ${range.above === true ? 'and up ' : ''}to ${range.most}` : range.above === true ? '' : ' up'}`;
  return leaf(
    (value) => {
      if (typeof value !== 'number') {
        const plain = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
        return wrong(
          'SF-113',
          `${words} is wanted here, and this is ${kindOf(value)}`,
          plain ? `Write ${value} without quotes.` : `Write ${words}.`,
          true,
        );
      }
      const inside =
        Number.isFinite(value) &&
        (range.above === true ? value > range.least : value >= range.least) &&
        value <= range.most;
      if (!inside || (range.whole === true && !Number.isInteger(value)))
        return wrong('SF-122', `${shown(value)} is not ${words}`, `Write ${words}.`);
      return ok(value);
    },
    {
      type: range.whole === true ? 'integer' : 'number',
      title: noun,
      ...(range.above === true ? { exclusiveMinimum: range.least } : { minimum: range.least }),
      ...(Number.isFinite(range.most) && range.most !== Number.MAX_SAFE_INTEGER ? { maximum: range.most } : {}),
    },
  );
}

/** true or false. */
export function flag(): z.ZodType<boolean> {
  return leaf(
    (value) =>
      typeof value === 'boolean'
        ? ok(value)
        : wrong('SF-113', `true or false is wanted here, and this is ${shown(value)}`, 'Write true or false.', true),
    { type: 'boolean', title: 'true or false' },
  );
}

/** A key that only says that it is there: `true`. */
export function onlyTrue(): z.ZodType<true> {
  return leaf(
    (value) =>
      value === true
        ? ok<true>(true)
        : wrong('SF-113', `only true can stand here, and this is ${shown(value)}`, 'Write true, or leave the key out.'),
    { const: true, title: 'true' },
  );
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[], what: string): z.ZodType<T> {
  return leaf(
    (value) => {
      const found = words.find((word) => word === value);
      if (found !== undefined) return ok(found);
      if (typeof value !== 'string')
        return wrong(
          'SF-113',
          `${what} is wanted here, and this is ${kindOf(value)}`,
          `Write one of ${words.join(', ')}.`,
          true,
        );
      return wrong(
        'SF-115',
        `${shown(value)} is not ${what}`,
        `${didYouMean(value, words)}Write one of ${words.join(', ')}.`,
      );
    },
    { enum: [...words], title: 'one of' },
  );
}

/** Signals that a process can be sent on Linux, without those that only the kernel raises. */
const signals = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGABRT',
  'SIGPIPE',
  'SIGCONT',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGURG',
  'SIGPROF',
  'SIGVTALRM',
  'SIGTRAP',
];

/** A signal by name. `heard`: one that the process must be able to hear, so not SIGKILL. */
export function signal(heard: boolean): z.ZodType<string> {
  const allowed = heard ? signals.filter((name) => name !== 'SIGKILL') : signals;
  return leaf(
    (value) => {
      if (typeof value === 'string' && allowed.includes(value)) return ok(value);
      if (value === 'SIGKILL')
        return wrong('SF-123', 'a process cannot hear SIGKILL', 'Write a signal that it handles, for example SIGUSR1.');
      if (typeof value !== 'string')
        return wrong(
          'SF-123',
          `a signal is wanted by its name, and this is ${kindOf(value)}`,
          'Write for example SIGTERM.',
          true,
        );
      const upper = value.toUpperCase();
      const full = upper.startsWith('SIG') ? upper : `SIG${upper}`;
      const hint = allowed.includes(full)
        ? `Write ${full}.`
        : `${didYouMean(full, allowed)}Write for example SIGTERM, SIGINT, SIGHUP or SIGUSR1.`;
      return wrong('SF-123', `${shown(value)} is not a signal that can be sent here`, hint);
    },
    { enum: allowed, title: 'signal' },
  );
}

/** A file's permissions, as `chmod` writes them, in quotes. */
export function fileMode(): z.ZodType<string> {
  return leaf(
    (value) => {
      if (typeof value === 'string' && /^[0-7]{3,4}$/.test(value)) return ok(value.padStart(4, '0'));
      if (typeof value === 'number')
        return wrong(
          'SF-129',
          `a file mode is wanted as text; without quotes YAML reads ${value} as a decimal number`,
          `Put it in quotes: "${String(value).padStart(4, '0')}".`,
        );
      return wrong(
        'SF-129',
        `${shown(value)} is not a file mode`,
        'Write three or four octal digits in quotes, for example "0440".',
        typeof value !== 'string',
      );
    },
    { type: 'string', title: 'file mode', pattern: '^[0-7]{3,4}$' },
  );
}

/** A user or group, by name or by number. */
export function account(what: string): z.ZodType<string> {
  return leaf(
    (value) => {
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return ok(String(value));
      if (typeof value !== 'string') return wantText(value, what, 'www-data');
      return /^([a-z_][a-z0-9_.-]*\$?|\d+)$/i.test(value)
        ? ok(value)
        : wrong('SF-134', `${shown(value)} is not ${what}`, 'Write its name or its number.');
    },
    { type: ['string', 'integer'], title: 'account' },
  );
}

/** A regular expression of JavaScript. */
export function pattern(): z.ZodType<string> {
  return leaf(
    (value) => {
      if (typeof value !== 'string') return wantText(value, 'a pattern', '"ERROR .*price"');
      if (value === '')
        return wrong('SF-114', 'a pattern is wanted here, and the text is empty', 'Write for example "ERROR .*price".');
      try {
        RegExp(value, 'u');
        return ok(value);
      } catch {
        // Without the u flag more is allowed; only what neither form takes is wrong.
      }
      try {
        RegExp(value);
        return ok(value);
      } catch (error) {
        const why = error instanceof Error ? (error.message.split(': ').at(-1) ?? '') : '';
        return wrong(
          'SF-126',
          `${shown(value)} is not a regular expression: ${why.toLowerCase()}`,
          'Put a backslash before ( ) [ ] { } * + ? . when they stand for themselves.',
        );
      }
    },
    { type: 'string', title: 'regular expression', format: 'regex' },
  );
}

const commandJson = {
  title: 'command',
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', items: { type: 'string' }, minItems: 1 },
    {
      type: 'object',
      properties: { shell: { type: 'string', minLength: 1 } },
      required: ['shell'],
      additionalProperties: false,
    },
  ],
};

/** A program and its arguments: text split as a shell would, a list, or `{ shell: LINE }`. */
export function command(): z.ZodType<Command> {
  return leaf((value): Read<Command> => {
    if (typeof value === 'string') {
      const words = splitWords(value);
      if ('wrong' in words) return wrong('SF-130', words.wrong, words.next);
      return ok({ kind: 'argv', argv: words.words });
    }
    if (Array.isArray(value)) {
      const argv: string[] = [];
      for (const word of value as unknown[]) {
        if (typeof word === 'string') argv.push(word);
        else if (typeof word === 'number' || typeof word === 'boolean')
          return wrong(
            'SF-130',
            `a command's words are text, and ${shown(word)} is ${kindOf(word)}`,
            `Put it in quotes: "${String(word)}".`,
          );
        else
          return wrong(
            'SF-130',
            `a command's words are text, and one of these is ${kindOf(word)}`,
            'Write for example [node, feed.mjs].',
          );
      }
      return (argv[0] ?? '') === ''
        ? wrong('SF-130', 'a command is wanted here, and the list is empty', 'Write for example [node, feed.mjs].')
        : ok({ kind: 'argv', argv });
    }
    if (typeof value === 'object' && value !== null) {
      const keys = Object.keys(value);
      const line = (value as Record<string, unknown>)['shell'];
      const other = keys.find((key) => key !== 'shell');
      if (other !== undefined)
        return wrong(
          'SF-130',
          `a command has no key "${other}"`,
          'Write text, a list, or { shell: "a line for /bin/sh" }.',
        );
      if (typeof line !== 'string' || line.trim() === '')
        return wrong('SF-130', 'the shell line is not text', 'Write { shell: "a line for /bin/sh" }.');
      return ok({ kind: 'shell', line });
    }
    return wrong(
      'SF-130',
      `a command is wanted here, and this is ${kindOf(value)}`,
      'Write text (split as a shell would), a list, or { shell: "a line for /bin/sh" }.',
    );
  }, commandJson);
}

/** A line for `/bin/sh -c`. */
export function shellLine(): z.ZodType<Command> {
  return text('a line for /bin/sh', '"ulimit -n 4096; exec ./feed"')
    .transform((line): Command => ({ kind: 'shell', line }))
    .meta({ type: 'string', title: 'shell line', minLength: 1 });
}

/** The value of an environment variable; numbers and yes or no have become text before. */
export function envText(): z.ZodType<string> {
  return leaf(
    (value) =>
      typeof value === 'string' ? ok(value) : wantText(value, 'the value of an environment variable', '"7101"'),
    { type: ['string', 'number', 'boolean'], title: 'text' },
  );
}
