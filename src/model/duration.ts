// Durations and sizes as people write them: `250ms`, `5s`, `2m`, `1h`, `7d`; `512MiB`.

import type { Bytes, Ms } from './units.ts';
import { bytes, ms } from './units.ts';

/** JSON Schema pattern of a duration. */
export const durationPattern = '^\\d+(\\.\\d+)?(ms|s|m|h|d)$';
/** JSON Schema pattern of a size. */
export const sizePattern = '^\\d+(\\.\\d+)?(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB)$';

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};

/** A thousand years: longer is a slip, and still far from what numbers hold exactly. */
const longestMs = 365_250 * 86_400_000;

/** Milliseconds of a duration's text, or null when it is none (or longer than a thousand years). */
export function parseDuration(text: string): Ms | null {
  const match = new RegExp(durationPattern).exec(text);
  const unit = durationUnits[match?.[2] ?? ''];
  if (match === null || unit === undefined) return null;
  const value = Number.parseFloat(text) * unit;
  return value <= longestMs ? ms(Math.round(value * 1000) / 1000) : null;
}

/** Bytes of a size's text, or null when it is none. */
export function parseSize(text: string): Bytes | null {
  const match = new RegExp(sizePattern).exec(text);
  const unit = sizeUnits[match?.[2] ?? ''];
  if (match === null || unit === undefined) return null;
  const value = Math.round(Number.parseFloat(text) * unit);
  return Number.isSafeInteger(value) ? bytes(value) : null;
}

/** A duration for people: the largest unit that gives a short exact number, else about two digits (`1.5s`, `90d`, `850ms`). */
export function durationText(duration: number): string {
  if (!Number.isFinite(duration)) return String(duration);
  if (duration < 0) return `-${durationText(-duration)}`;
  if (duration === 0) return '0s';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = durationUnits[unit] ?? 1;
    const count = duration / size;
    if (count >= 1 && Number.isInteger(count) && (count < 1000 || unit === 'd')) return `${count}${unit}`;
  }
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = durationUnits[unit] ?? 1;
    if (duration >= size) return `${Number((duration / size).toPrecision(3))}${unit}`;
  }
  return `${Number(duration.toPrecision(3))}ms`;
}
