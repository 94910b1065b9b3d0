// What the failure modes came to: printed, and kept in bench/results/modes.json, from which docs/failure-modes.md takes its totals.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../bench/machine.ts';
import type { Told } from './measure.ts';

/** `on`: with all detectors; `off`: without its own. A text: it could not be made. Null: not tried. */
export interface MeasuredWay {
  readonly how: string;
  readonly on: Omit<Told, 'explained'> | string | null;
  readonly off: Omit<Told, 'explained'> | string | null;
}

export interface Measured {
  readonly mode: string;
  readonly ways: readonly MeasuredWay[];
}

export interface Totals {
  readonly modes: number;
  readonly ways: number;
  /** Ways in which it was named first. */
  readonly first: number;
  /** Ways with its detector off that were tried. */
  readonly off: number;
  /** Of those, how many brought another certain answer. */
  readonly certain: number;
}

/** The kept results, oldest measurement of each mode replaced by its newest. */
export const resultsFile = join(import.meta.dirname, '..', '..', 'bench', 'results', 'modes.json');

/** The last run of `npm run calm -- --save`. */
export const calmFile = join(import.meta.dirname, '..', '..', 'bench', 'results', 'calm.json');

/** Counts over all ways. */
export function totals(measured: readonly Measured[]): Totals {
  const all = measured.flatMap(({ mode, ways }) => ways.map((way) => ({ mode, ...way })));
  const off = all.filter((way) => way.off !== null && typeof way.off !== 'string');
  return {
    modes: measured.length,
    ways: all.length,
    first: all.filter((way) => isFirst(way.mode, way.on)).length,
    off: off.length,
    certain: off.filter((way) => isCertain(way.off)).length,
  };
}

/** It was named first. */
export function isFirst(mode: string, told: MeasuredWay['on']): boolean {
  return told !== null && typeof told !== 'string' && told.first === mode;
}

/** Something that is not there was said for certain. */
export function isCertain(told: MeasuredWay['on']): boolean {
  return told !== null && typeof told !== 'string' && told.wrong.length > 0;
}

/** A table for people: each mode a line. */
export function printed(measured: readonly Measured[]): string {
  const lines = measured.map(({ mode, ways }) => {
    const cells = ways.map(({ on }) => cell(mode, on).padEnd(26)).join('');
    const off = ways.map((way) =>
      way.off === null ? '–' : typeof way.off === 'string' ? '?' : isCertain(way.off) ? (way.off.wrong[0] ?? '') : 'no',
    );
    return `${mode.padEnd(24)}${cells}${off.join(', ')}\n`;
  });
  const { modes, ways, first, off, certain } = totals(measured);
  return `\n${''.padEnd(24)}${'way 1'.padEnd(26)}${'way 2'.padEnd(26)}detector off: another certain answer\n${lines.join('')}
named first: ${first} of ${ways} ways of ${modes} modes (${((100 * first) / ways).toFixed(1)} %); detector off: another certain answer in ${certain} of ${off}`;
}

function cell(mode: string, told: MeasuredWay['on']): string {
  if (told === null) return '–';
  if (typeof told === 'string') return '✖ not made';
  if (told.first !== mode) return `✖ ${told.first ?? 'nothing'}`;
  return `✔ ${told.sure ?? ''}, ${((told.afterMs ?? 0) / 1000).toFixed(0)} s`;
}

/** As it lies in `resultsFile`. */
export interface Kept {
  readonly machine: Machine;
  readonly modes: readonly Measured[];
}

/** What was not tried this time stays as it was measured before. */
function merged(before: Measured | undefined, now: Measured): Measured {
  const old = new Map((before?.ways ?? []).map((way) => [way.how, way]));
  const ways = now.ways.map((way) => ({
    how: way.how,
    on: way.on ?? old.get(way.how)?.on ?? null,
    off: way.off ?? old.get(way.how)?.off ?? null,
  }));
  const names = new Set(ways.map(({ how }) => how));
  // With `--way` only one of the two was tried.
  const others = (before?.ways ?? []).filter(({ how }) => !names.has(how)).slice(0, Math.max(0, 2 - ways.length));
  return { mode: now.mode, ways: [...ways, ...others] };
}

/** Puts these in the place of their earlier measurements. */
export function save(measured: readonly Measured[], machine: Machine): string {
  const before = existsSync(resultsFile) ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as Kept).modes : [];
  const known = new Map(before.map((each) => [each.mode, each]));
  for (const each of measured) known.set(each.mode, merged(known.get(each.mode), each));
  const modes = [...known.values()].toSorted((a, b) => a.mode.localeCompare(b.mode));
  writeFileSync(resultsFile, `${JSON.stringify({ machine, modes } satisfies Kept, null, 1)}\n`);
  return resultsFile;
}
