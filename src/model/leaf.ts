// The single values of a description as zod schemas: each reads what a person wrote into what the program uses,
// and says in one sentence what is wrong and in another what to write instead. Here the plain ones: text, numbers, words.

import { z } from 'zod';
import { didYouMean } from './nearest.ts';

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

/** A value read, or why not. */
export type Read<T> = { readonly ok: T } | { readonly wrong: Wrong };

/** A value read by `read`; `json` is what JSON Schema can say of it. */
export function leaf<T>(read: (value: unknown) => Read<T>, json: Record<string, unknown>): z.ZodType<T> {
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

/** It can be read. */
export function ok<T>(value: T): Read<T> {
  return { ok: value };
}

/** It cannot. */
export function wrong(code: string, message: string, next: string, kind = false): { wrong: Wrong } {
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

/** A value in a sentence. */
export function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return kindOf(value);
}

/** It is no text, and text is wanted. */
export function wantText(value: unknown, what: string, example: string): { wrong: Wrong } {
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

/** Bounds of a number, both included. */
export interface Range {
  readonly least: number;
  readonly most: number;
  /** Only whole numbers; absent: any. */
  readonly whole?: boolean;
  /** The least itself is too little; absent: it will do. */
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
