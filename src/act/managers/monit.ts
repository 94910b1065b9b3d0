// monit, by its command line, which asks the daemon over the HTTP interface that its control file names. Tried with monit 5.33.
//
// `start` also begins monitoring, `stop` and `unmonitor` end it: so a process that Standfast wants down stays down. An action is only queued; it is carried
// out in the next cycle, and `status` says so meanwhile ("start pending"). What `status` tells is of the last cycle: a pid in it may be of a process that is gone.

import type { Command } from '../../model/system.ts';
import type { CommandEnd } from '../../ports.ts';
import { saidBy, trouble, unanswered, type ManagerSays, type ManagerTongue, type ManagerTrouble } from './tongue.ts';

/** `control`: its control file; null: the one that it finds by itself. */
export function monitTongue(name: string, control: string | null): ManagerTongue {
  const say = (...words: string[]): Command => ({
    kind: 'argv',
    argv: ['monit', ...(control === null ? [] : ['-c', control]), ...words],
  });
  return {
    title: 'monit',
    name,
    restarts: 'monit starts it again in its next cycle, or at once when Standfast asks it to',
    start: say('start', name),
    stop: say('stop', name),
    status: say('status', name),
    hold: say('unmonitor', name),
    heldWhen: ['down'],
    forgets: true,
    tellsEnd: false,
    read: (end) => refusal(end, name) ?? read(end.kind === 'ended' ? end.output : '', name),
    refused: (end) => refusal(end, name),
  };
}

function refusal(end: CommandEnd, name: string): ManagerTrouble | null {
  const silent = unanswered('monit', end);
  if (silent !== null || end.kind !== 'ended') return silent;
  if (end.code === 0) return null;
  const said = saidBy(end);
  if (/no service named|service '.*' not found/i.test(said))
    return trouble('unknown', `monit has no service ${name}: ${said}`);
  if (/not authorized|credentials|permission|must be (owned|set)/i.test(said))
    return trouble('forbidden', `monit lets nobody in: ${said}`);
  return trouble('silent', `monit does not answer: ${said}`);
}

function read(output: string, name: string): ManagerSays {
  const field = (key: string): string | null =>
    new RegExp(`^\\s+${key}\\s{2,}(.+?)\\s*$`, 'm').exec(output)?.[1] ?? null;
  const status = field('status');
  // monit writes the words of a service while another thread changes it: then the line stands there without any.
  if (status === null && output.includes(`Process '${name}'`)) return { kind: 'changing', text: 'just changing' };
  if (status === null)
    return trouble('unknown', `monit shows no status of ${name}: it must be a \`check process\` of that name`);
  const pid = Number(field('pid') ?? 0);
  const uptime = field('uptime');
  const watched = field('monitoring status') ?? '';
  const text = `${status}, ${watched.toLowerCase()}${uptime === null ? '' : `, up ${uptime}`}`;
  if (/pending|initializ/i.test(`${status} ${watched}`)) return { kind: 'changing', text };
  if (pid > 0 && !/does not exist/i.test(status)) return { kind: 'runs', pid, text };
  if (/^not monitored/i.test(watched)) return { kind: 'down', text, code: null, signal: null, last: null };
  return { kind: 'changing', text };
}
