// A manager that three commands drive, with the exit status of an init script (LSB Core, "Init Script Actions").

import type { ProcessManager } from '../../model/system.ts';
import type { CommandEnd } from '../../ports.ts';
import { saidBy, trouble, unanswered, type ManagerSays, type ManagerTongue, type ManagerTrouble } from './tongue.ts';

const title = 'its command';
/** Exit status of `status`: dead with a pid file, dead with a lock file, not running. */
const notRunning = [1, 2, 3];

/** A manager that is three command lines of the description. `name`: what it calls the process. */
export function commandTongue(name: string, manager: Extract<ProcessManager, { kind: 'command' }>): ManagerTongue {
  return {
    title,
    name,
    restarts: 'nobody but Standfast, by its start command',
    start: manager.start,
    stop: manager.stop,
    status: manager.status,
    hold: null,
    heldWhen: [],
    forgets: false,
    tellsEnd: false,
    read,
    refused: (end) => refused(end),
  };
}

function refused(end: CommandEnd): ManagerTrouble | null {
  const silent = unanswered(title, end);
  if (silent !== null || end.kind !== 'ended' || end.code === 0) return silent;
  return trouble('failed', `its command ended with exit status ${end.code}: ${saidBy(end)}`);
}

function read(end: CommandEnd): ManagerSays {
  const silent = unanswered('its status command', end);
  if (silent !== null) return silent;
  if (end.kind !== 'ended' || end.code === null) return trouble('silent', 'its status command said nothing');
  const text = saidBy(end);
  if (notRunning.includes(end.code)) return { kind: 'down', text, code: null, signal: null, last: null };
  if (end.code !== 0) return trouble('silent', `its status command ended with exit status ${end.code}: ${text}`);
  const pid = Number((/\bpid\D{0,3}(\d+)/i.exec(end.output) ?? /^\s*(\d+)\s*$/.exec(end.output))?.[1] ?? 0);
  return pid > 0
    ? { kind: 'runs', pid, text }
    : trouble(
        'unknown',
        `its status command says that it runs and names no pid: let it print "pid N". It said: ${text}`,
      );
}
