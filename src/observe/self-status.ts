// Reads what a service says of itself: a flag (`ok`, `degraded`, `failed`; plain or as a JSON string), or
// `{ "status": flag, "subsystems": { name: flag } }`. Case, blanks and unknown further members do not matter; a word that is
// none of the three does, because guessing would turn a fault into an ok.

import type { Flag } from '../model/states.ts';
import type { SelfStatus } from '../ports.ts';
import { oneLine } from './text.ts';

/** What it said, or why that could not be read. */
export type ReadStatus =
  | { readonly ok: true; readonly said: SelfStatus }
  | { readonly ok: false; readonly why: string };

const mostSubsystems = 256;

/** Parses a status answer; says what is wrong with one that is not understood. */
export function readSelfStatus(body: string): ReadStatus {
  const text = body.replace(/^\uFEFF/, '').trim();
  if (text === '') return wrong('the status is empty');
  const plain = flagOf(text);
  if (plain !== null) return said(plain, {});
  if (!/^["{]/.test(text))
    return wrong(`the status is "${oneLine(text).slice(0, 80)}"; ok, degraded, failed or JSON was expected`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong(`the status is not valid JSON: ${oneLine(text).slice(0, 80)}`);
  }
  if (typeof value === 'string') {
    const flag = flagOf(value);
    return flag === null ? wrong(notAFlag('the status', value)) : said(flag, {});
  }
  return isRecord(value) ? readRecord(value) : wrong('the status is JSON, but neither a flag nor an object');
}

function readRecord(value: Readonly<Record<string, unknown>>): ReadStatus {
  const status = flagOf(value['status']);
  if (status === null)
    return wrong(
      value['status'] === undefined ? 'the status object has no "status"' : notAFlag('"status"', value['status']),
    );
  const subsystems: Record<string, Flag> = {};
  const given = value['subsystems'] ?? {};
  if (!isRecord(given)) return wrong('"subsystems" is not an object of names and flags');
  for (const [name, each] of Object.entries(given).slice(0, mostSubsystems)) {
    const flag = flagOf(each);
    if (flag === null) return wrong(notAFlag(`subsystem "${oneLine(name).slice(0, 60)}"`, each));
    subsystems[oneLine(name)] = flag;
  }
  const behindMs = value['behindMs'];
  return said(status, subsystems, typeof behindMs === 'number' && behindMs >= 0 ? behindMs : undefined);
}

function flagOf(value: unknown): Flag | null {
  if (typeof value !== 'string') return null;
  const word = value.trim().toLowerCase();
  return word === 'ok' || word === 'degraded' || word === 'failed' ? word : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function said(status: Flag, subsystems: Readonly<Record<string, Flag>>, behindMs?: number): ReadStatus {
  return { ok: true, said: behindMs === undefined ? { status, subsystems } : { status, subsystems, behindMs } };
}

function notAFlag(what: string, value: unknown): string {
  return `${what} is ${oneLine(JSON.stringify(value) ?? 'nothing').slice(0, 80)}, not ok, degraded or failed`;
}

function wrong(why: string): ReadStatus {
  return { ok: false, why };
}
