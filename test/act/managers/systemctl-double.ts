// A double of systemctl and the little of systemd behind it: units in a folder, one process each that starts the main process, starts it again as Restart=
// says and writes down what `show` tells. Words, exit status and messages as of systemd 252: start of what is not there ends with 5, `show` with 0.
// Not tried against a real systemd: here PID 1 is another.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

interface UnitState {
  readonly ActiveState: string;
  readonly SubState: string;
  readonly MainPID: number;
  readonly ExecMainPID: number;
  readonly ExecMainStartTimestampMonotonic: number;
  readonly ExecMainCode: number;
  readonly ExecMainStatus: number;
  readonly Result: string;
}

const folder = process.env['SYSTEMCTL_DOUBLE'] ?? '';
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const [verb = '', unit = ''] = words;
const noBlock = process.argv.includes('--no-block');
const stateFile = join(folder, `${unit}.state`);
const unitFile = join(folder, unit);

if (existsSync(join(folder, 'gone'))) {
  process.stderr.write('Failed to connect to bus: Connection refused\n');
  process.exit(1);
}
const first: UnitState = {
  ActiveState: 'inactive',
  SubState: 'dead',
  MainPID: 0,
  ExecMainPID: 0,
  ExecMainStartTimestampMonotonic: 0,
  ExecMainCode: 0,
  ExecMainStatus: 0,
  Result: 'success',
};
const read = (): UnitState =>
  (existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : first) as UnitState;
const write = (state: UnitState): void => {
  writeFileSync(`${stateFile}.${process.pid}`, JSON.stringify(state));
  renameSync(`${stateFile}.${process.pid}`, stateFile);
};
const settled = async (wanted: readonly string[]): Promise<void> => {
  while (!wanted.includes(read().ActiveState)) await pause(20);
};

switch (verb) {
  case 'show': {
    const loaded = existsSync(unitFile);
    const state = { LoadState: loaded ? 'loaded' : 'not-found', ...read(), StatusText: '', ActiveEnterTimestamp: '' };
    process.stdout.write(
      Object.entries(state)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    break;
  }
  case 'start': {
    if (!existsSync(unitFile)) {
      process.stderr.write(`Failed to start ${unit}: Unit ${unit} not found.\n`);
      process.exit(5);
    }
    if (read().ActiveState === 'deactivating') await settled(['inactive', 'failed']);
    if (!['active', 'activating'].includes(read().ActiveState)) {
      write({ ...first, ActiveState: 'activating', SubState: 'start' });
      spawn(process.execPath, [import.meta.filename, 'main', unit], { detached: true, stdio: 'ignore' }).unref();
    }
    if (!noBlock) await settled(['active', 'failed', 'inactive']);
    process.exit(read().ActiveState === 'failed' ? 1 : 0);
    break;
  }
  case 'stop': {
    const state = read();
    if (['active', 'activating'].includes(state.ActiveState)) {
      write({ ...state, ActiveState: 'deactivating', SubState: 'stop-sigterm' });
      if (state.MainPID > 0) process.kill(-state.MainPID, 'SIGTERM');
    }
    if (!noBlock) await settled(['inactive', 'failed']);
    break;
  }
  case 'main':
    await main();
    break;
  default:
    process.stderr.write(`Unknown command verb ${verb}.\n`);
    process.exit(1);
}

async function main(): Promise<void> {
  const { command, restart } = JSON.parse(readFileSync(unitFile, 'utf8')) as { command: string[]; restart: boolean };
  for (;;) {
    const child = spawn(command[0] ?? 'false', command.slice(1), { detached: true, stdio: 'ignore' });
    const pid = child.pid ?? 0;
    const began = {
      ExecMainPID: pid,
      ExecMainStartTimestampMonotonic: Math.round((performance.timeOrigin + performance.now()) * 1000),
    };
    write({ ...first, ...began, ActiveState: 'active', SubState: 'running', MainPID: pid });
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.on('exit', (...end) => resolve(end)),
    );
    const end = {
      ...began,
      MainPID: 0,
      ExecMainCode: signal === null ? 1 : 2,
      ExecMainStatus: code ?? (signal === null ? 1 : constants.signals[signal]),
      Result: signal !== null ? 'signal' : code === 0 ? 'success' : 'exit-code',
    };
    const asked = read().ActiveState === 'deactivating';
    if (asked || !restart) {
      write({ ...end, ActiveState: asked || code === 0 ? 'inactive' : 'failed', SubState: 'dead' });
      return;
    }
    write({ ...end, ActiveState: 'activating', SubState: 'auto-restart' });
    await pause(300);
    if (read().ActiveState === 'deactivating') return write({ ...end, ActiveState: 'inactive', SubState: 'dead' });
  }
}
