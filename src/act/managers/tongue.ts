// How one foreign process manager is spoken to: which command lines ask what, and how its answers are read. Nothing is run here.

import type { Command } from '../../model/system.ts';
import type { CommandEnd } from '../../ports.ts';

/** What a manager says of one process of its own. */
export type ManagerSays =
  | { readonly kind: 'runs'; readonly pid: number; readonly text: string }
  /** It is about to start or stop it, or waits before it starts it again. */
  | { readonly kind: 'changing'; readonly text: string }
  /** `code`: how the last one ended, where it says so. `last`: that one, and what tells it from those before it; null: not told, or none ran. */
  | {
      readonly kind: 'down';
      readonly text: string;
      readonly code: number | null;
      readonly signal: string | null;
      readonly last: { readonly pid: number; readonly since: string } | null;
    }
  | ManagerTrouble;

/** The manager itself could not be asked, or does not know the process. */
export interface ManagerTrouble {
  readonly kind: 'trouble';
  readonly code: TroubleCode;
  readonly why: string;
}

/** `docs/errors.md` has a row for each. */
export type TroubleCode = 'SF-640' | 'SF-641' | 'SF-642' | 'SF-643' | 'SF-644';

/** What can be wrong with a manager, and the code that people are told. */
export const troubleCodes = {
  /** It is not there, is down, or does not answer in time. */
  silent: 'SF-640',
  /** It wants other credentials, or we may not ask it. */
  forbidden: 'SF-641',
  /** It has no such process. */
  unknown: 'SF-642',
  /** It was asked, and did not bring it up or down. */
  failed: 'SF-643',
  /** It lives, and its manager does not look after it. */
  letGo: 'SF-644',
} as const satisfies Record<string, TroubleCode>;

/** The command lines of one manager for one process. */
export interface ManagerTongue {
  /** As people call it: `monit`. */
  readonly title: string;
  /** What it calls the process. */
  readonly name: string;
  /** Who starts it again after a crash; a sentence for people. */
  readonly restarts: string;
  readonly start: Command;
  readonly stop: Command;
  readonly status: Command;
  /** Before a kill: from then on it does not start it again by itself. Null: it never does. */
  readonly hold: Command | null;
  /** What it says once that is so. */
  readonly heldWhen: readonly ManagerSays['kind'][];
  /** It forgets what it is asked while it does something else, so that it may be asked again. */
  readonly forgets: boolean;
  /** It tells how a process ended, and asking costs little. */
  readonly tellsEnd: boolean;
  /** What the answer to `status` means. */
  read(end: CommandEnd): ManagerSays;
  /** Why a start or stop that answered so came to nothing; null: it was accepted. */
  refused(end: CommandEnd): ManagerTrouble | null;
}

/** A program that did not come to an end of its own: the same for every manager. Null: it did. */
export function unanswered(title: string, end: CommandEnd): ManagerTrouble | null {
  switch (end.kind) {
    case 'notStarted':
      return trouble('silent', `${title} cannot be asked: ${end.why}`);
    case 'timedOut':
      return trouble('silent', `${title} did not answer in time`);
    case 'ended':
      return end.signal === null
        ? null
        : trouble('silent', `the command that asks ${title} was ended by ${end.signal}: ${saidBy(end)}`);
    default:
      return end satisfies never;
  }
}

/** With the code that goes with `what`. */
export function trouble(what: keyof typeof troubleCodes, why: string): ManagerTrouble {
  return { kind: 'trouble', code: troubleCodes[what], why };
}

const mostSaid = 300;

/** What the program wrote, in one line. */
export function saidBy(end: CommandEnd): string {
  if (end.kind === 'notStarted') return end.why;
  const text = `${end.errors}\n${end.output}`.replaceAll(/\s+/g, ' ').trim();
  return text === '' ? 'it said nothing' : text.slice(0, mostSaid);
}
