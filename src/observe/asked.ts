// What one asking of a probe brought.

import type { CheckResult } from '../model/states.ts';
import { durationText } from '../model/duration.ts';

/** What one asking of a probe brought. */
export interface Asked {
  readonly result: CheckResult;
  /** For people: why it is not ok, or what it said. One line. */
  readonly text: string;
  /** What it answered, for a self-status; null when there was no answer to read. At most 64 KiB. */
  readonly body: string | null;
}

/** The question could be put and the answer is no. */
export function no(text: string, body: string | null = null): Asked {
  return { result: 'critical', text, body };
}

/** The question could not be put. */
export function cannotTell(text: string): Asked {
  return { result: 'unknown', text, body: null };
}

/** Nothing came back in time. */
export function silent(withinMs: number): Asked {
  return no(`no answer within ${durationText(withinMs)}`);
}

/** A system error in words, without a stack. */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'connection broken off';
    case 'ENOENT':
      return 'not there';
    case 'EACCES':
    case 'EPERM':
      return 'not permitted';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name cannot be resolved';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'cannot be reached';
    case 'ETIMEDOUT':
      return 'no answer';
    default:
      return error.message === '' ? code || error.name : error.message;
  }
}
