// Single values with a form of their own: durations, sizes, signals, accounts, permissions, patterns.

import type { z } from 'zod';
import { durationPattern, durationText, parseDuration, parseSize, sizePattern } from './duration.ts';
import { kindOf, leaf, ok, shown, wantText, wrong } from './leaf.ts';
import { didYouMean } from './nearest.ts';
import type { Bytes, Ms } from './units.ts';

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

/** When a runbook begins by itself, as a person would say it: `severity 1, at most 2 in 1h`; what is left out is undefined. */
export function autoWords(): z.ZodType<{
  readonly severity: number;
  readonly atMost: number | undefined;
  readonly per: Ms | undefined;
}> {
  const form = /^severity ([123])(?: and graver)?(?:, at most ([1-9]\d{0,2}) in (\S+))?$/;
  return leaf(
    (value) => {
      if (typeof value !== 'string') return wantText(value, 'when it begins by itself', 'severity 1, at most 2 in 1h');
      const parts = form.exec(value.trim());
      const per = parts?.[3] === undefined ? undefined : parseDuration(parts[3]);
      if (parts === null || per === null)
        return wrong(
          'SF-138',
          `${shown(value)} does not say when a runbook begins by itself`,
          'Write for example severity 1, at most 2 in 1h.',
        );
      const atMost = parts[2] === undefined ? undefined : Number(parts[2]);
      return ok({ severity: Number(parts[1]), atMost, per });
    },
    { type: 'string', title: 'text', pattern: form.source },
  );
}

function durationHint(text: string): string {
  if (/^\s*-/.test(text)) return 'A duration cannot be negative: write 250ms, 5s, 2m, 1h or 7d.';
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

/** The value of an environment variable; numbers and yes or no have become text before. */
export function envText(): z.ZodType<string> {
  return leaf(
    (value) =>
      typeof value === 'string' ? ok(value) : wantText(value, 'the value of an environment variable', '"7101"'),
    { type: ['string', 'number', 'boolean', 'null'], title: 'text' },
  );
}
