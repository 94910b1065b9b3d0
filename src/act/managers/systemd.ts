// systemd, by systemctl: `show` prints KEY=value lines made for programs (systemctl(1), org.freedesktop.systemd1(5)).
//
// A start is only queued: one that takes minutes (`Type=notify`) runs as soon as there is a main process. `stop` also ends automatic restarts. ExecMainCode is the si_code of waitid(2): 1 exited, 2 killed, 3 dumped.

import { constants } from 'node:os';
import type { Command } from '../../model/system.ts';
import type { CommandEnd } from '../../ports.ts';
import { saidBy, trouble, unanswered, type ManagerSays, type ManagerTongue, type ManagerTrouble } from './tongue.ts';

const asked = [
  'LoadState',
  'ActiveState',
  'SubState',
  'MainPID',
  'ExecMainPID',
  'ExecMainStartTimestampMonotonic',
  'ExecMainCode',
  'ExecMainStatus',
  'Result',
  'StatusText',
  'ActiveEnterTimestamp',
  'Job',
];
/** Its main process is there and not yet, or no longer, what the unit calls active: what it is good for `ready` tells. */
const comingUp = ['start', 'start-post'];
const exited = 1;

/** `user`: the manager of who runs the agent. */
export function systemdTongue(unit: string, user: boolean): ManagerTongue {
  const say = (...words: string[]): Command => ({
    kind: 'argv',
    argv: ['systemctl', ...(user ? ['--user'] : []), '--no-pager', '--no-ask-password', ...words],
  });
  return {
    title: 'systemd',
    name: unit,
    restarts: 'systemd starts it again as Restart= of the unit says, and when Standfast asks it to',
    start: say('start', '--no-block', unit),
    stop: say('stop', unit),
    status: say('show', `--property=${asked.join(',')}`, unit),
    hold: say('stop', '--no-block', unit),
    heldWhen: ['changing', 'down'],
    forgets: false,
    tellsEnd: true,
    read: (end) => refusal(end, unit) ?? read(end.kind === 'ended' ? end.output : '', unit),
    refused: (end) => refusal(end, unit),
  };
}

function refusal(end: CommandEnd, unit: string): ManagerTrouble | null {
  const silent = unanswered('systemd', end);
  if (silent !== null || end.kind !== 'ended') return silent;
  if (end.code === 0) return null;
  const said = saidBy(end);
  // Whole phrases: the name of the unit stands among them.
  if (/access denied|authentication required|permission denied|not (authorized|permitted)/i.test(said))
    return trouble('forbidden', `systemd refuses: ${said}`);
  if (/ not found\b|could not be found|not loaded|is masked|invalid unit name|missing the instance name/i.test(said))
    return trouble('unknown', `${unit}: ${said}`);
  if (
    /not been booted|failed to connect|not connected|connection (timed out|refused|reset|terminated)|host is down|disconnected from message bus|not receive a reply|failed to (get properties|list)/i.test(
      said,
    )
  )
    return trouble('silent', `systemd does not answer: ${said}`);
  return trouble('failed', `systemd did not do it: ${said}`);
}

function read(output: string, unit: string): ManagerSays {
  const is = new Map(
    output
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const get = (key: string): string => is.get(key) ?? '';
  if (get('ActiveState') === '') return trouble('silent', `systemd says nothing of ${unit}`);
  const since = get('ActiveEnterTimestamp');
  const pid = Number(get('MainPID'));
  const words = [
    `${get('ActiveState')} (${get('SubState')})`,
    ...(get('ActiveState') === 'active' && since !== '' ? [`since ${since}`] : []),
    ...(get('StatusText') === '' ? [] : [get('StatusText')]),
    ...(get('Result') === 'success' || get('Result') === '' ? [] : [get('Result')]),
    ...(get('LoadState') === 'masked' ? [`masked: systemctl unmask ${unit}`] : []),
  ];
  const text = words.join(', ');
  switch (get('ActiveState')) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return pid > 0
        ? { kind: 'runs', pid, text }
        : trouble('unknown', `${unit} is ${text} and has no main process: Standfast supervises processes`);
    case 'activating':
      return pid > 0 && comingUp.includes(get('SubState')) ? { kind: 'runs', pid, text } : { kind: 'changing', text };
    case 'inactive':
    case 'failed': {
      // What still runs is told above: it may be masked, or its unit removed, meanwhile.
      if (get('LoadState') === 'not-found') return trouble('unknown', `systemd has no unit ${unit}`);
      if (get('LoadState') === 'masked') return trouble('unknown', `${unit} is masked: systemctl unmask ${unit}`);
      if (Number(get('Job')) > 0) return { kind: 'changing', text };
      const status = Number(get('ExecMainStatus'));
      const code = Number(get('ExecMainCode'));
      const began = get('ExecMainStartTimestampMonotonic');
      return {
        kind: 'down',
        text,
        code: code === exited ? status : null,
        signal: code > exited ? signalName(status) : null,
        last: Number(began) > 0 ? { pid: Number(get('ExecMainPID')), since: began } : null,
      };
    }
    default:
      return { kind: 'changing', text };
  }
}

function signalName(number: number): string | null {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}
