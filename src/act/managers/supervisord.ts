// supervisord, by supervisorctl, which asks it over the socket that its configuration names. Tried with supervisor 4.2.5.
//
// Exit status of `status`: 0 it runs, 3 it does not, 4 no such process or nobody answers, 1 refused (supervisorctl.py, LSBStatusExitStatuses).
// `start` of what runs and `stop` of what does not end with 0; `stop` also ends automatic restarts.

import type { Command } from '../../model/system.ts';
import type { CommandEnd } from '../../ports.ts';
import { saidBy, trouble, unanswered, type ManagerSays, type ManagerTongue, type ManagerTrouble } from './tongue.ts';

/** `config`: where supervisorctl reads how to reach it; null: the one that it finds by itself. */
export function supervisordTongue(program: string, config: string | null): ManagerTongue {
  const say = (...words: string[]): Command => ({
    kind: 'argv',
    argv: ['supervisorctl', ...(config === null ? [] : ['-c', config]), ...words],
  });
  return {
    title: 'supervisord',
    name: program,
    restarts: 'supervisord starts it again as autorestart= of the program says, and when Standfast asks it to',
    start: say('start', program),
    stop: say('stop', program),
    status: say('status', program),
    hold: say('stop', program),
    heldWhen: ['changing', 'down'],
    forgets: false,
    tellsEnd: false,
    read: (end) => read(end, program),
    refused: (end) => refusal(end, program),
  };
}

function refusal(end: CommandEnd, program: string): ManagerTrouble | null {
  const silent = unanswered('supervisord', end);
  if (silent !== null || end.kind !== 'ended') return silent;
  const said = saidBy(end);
  if (/requires authentication|unauthorized|permission denied/i.test(said))
    return trouble('forbidden', `supervisord lets nobody in: ${said}`);
  if (/no such (process|group)/i.test(said))
    return trouble('unknown', `supervisord has no program ${program}: ${said}`);
  if (/already started|not running/i.test(said)) return null;
  if (/no such file|refused|could not find config|shutting down|shutdown_state|error: <class/i.test(said))
    return trouble('silent', `supervisord does not answer: ${said}`);
  if (end.code === 0) return /\bERROR\b/.test(said) ? trouble('failed', `supervisord: ${said}`) : null;
  return trouble('failed', `supervisord did not do it: ${said}`);
}

function read(end: CommandEnd, program: string): ManagerSays {
  const line = end.kind === 'ended' ? end.output.split('\n').find((each) => each.startsWith(`${program} `)) : undefined;
  const [, state = '', more = ''] = /^\S+\s+([A-Z]+)\s*(.*)$/.exec(line ?? '') ?? [];
  const text = more === '' ? state : `${state}, ${more.trim()}`;
  switch (state) {
    case 'RUNNING': {
      const pid = Number(/\bpid (\d+)/.exec(more)?.[1] ?? 0);
      return pid > 0
        ? { kind: 'runs', pid, text }
        : trouble('unknown', `supervisord names no pid of ${program}: ${text}`);
    }
    case 'STARTING':
    case 'STOPPING':
    case 'BACKOFF':
      return { kind: 'changing', text };
    case 'STOPPED':
    case 'EXITED':
    case 'FATAL':
    case 'UNKNOWN':
      return { kind: 'down', text, code: null, signal: null, last: null };
    default:
      return refusal(end, program) ?? trouble('silent', `supervisord says what nobody understands: ${saidBy(end)}`);
  }
}
