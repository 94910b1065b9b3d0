// How an instance ended, and by whom.

import { durationText } from '../times.ts';
import type { Entry, Said } from './entry.ts';

/** `pricer on a ended, killed by signal 9 (SIGKILL) (by the keeper: its lease had run out)`. */
export function ended({ service, host, facts }: Entry): Said {
  const code = facts.number('code');
  const signal = facts.text('signal');
  const by = facts.text('by');
  const why = facts.text('why');
  const seen = facts.number('seenAfterMs');
  const tries = facts.number('tries') ?? 0;
  facts.implied('endedAtMs');
  const how =
    signal !== null
      ? `killed by ${signalText(signal)}`
      : code === null
        ? 'exit status not known'
        : `exit status ${code}`;
  const whose = byText(by, why, signal !== null);
  const left = facts.is('leftBehind')
    ? ', and left processes behind, which were ended with it (it seems to go into the background)'
    : '';
  const again = tries > 1 ? `; failed ${tries} times in a row` : '';
  const finished = facts.is('finished')
    ? `${service} on ${host} has finished, as planned (${how})`
    : `${service} on ${host} ended, ${how}${whose}${left}`;
  return { text: finished + again, aside: seen === null ? '' : `seen after ${durationText(seen)}` };
}

function byText(by: string | null, why: string | null, bySignal: boolean): string {
  const because = why === null ? '' : `: ${why}`;
  switch (by) {
    case 'itself':
      if (why === 'deaf') return ' (by which it is made active: it does not handle that signal)';
      return bySignal && why === null ? ' (not by Standfast)' : because;
    case 'stop':
      return ` (stopped by Standfast${because})`;
    case 'kill':
      return ` (by Standfast${because})`;
    case 'deadline':
      return ` (by the keeper: its lease had run out${because})`;
    case 'keeper-lost':
      return ` (its keeper was lost${because})`;
    default:
      return ` (by ${by ?? 'nobody knows whom'}${because})`;
  }
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** `signal 9 (SIGKILL)`. */
function signalText(signal: string): string {
  const number = signalNumbers[signal];
  return number === undefined ? `signal ${signal}` : `signal ${number} (${signal})`;
}
