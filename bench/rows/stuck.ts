// Does anything that hangs hold up the agent's loop? Its delay while all is well, and while a FUSE file system hangs on which a service keeps its data,
// log and configuration, a check of it comes to no end, and the device of another is frozen. `--runs`: windows of 20 s.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { missing, Place } from '../../testbed/modes/place.ts';
import type { Row } from '../row.ts';

const windowMs = 20_000;

const description = {
  system: 'm',
  console: false,
  objective: { unavailable: '10m', per: '60m', recoverWithin: '30s' },
  hosts: { a: { address: '127.0.0.1' } },
  services: {
    hangs: {
      run: 'sleep 100000',
      on: 'a',
      log: { file: 'hung/app.log' },
      files: [{ path: 'hung/app.conf' }],
      watch: { disk: ['hung'], queues: ['hung/queue'] },
      detect: { checks: [{ command: 'ls hung/app.conf', every: '1s', severity: 2 }] },
    },
    waits: {
      run: 'sleep 100000',
      on: 'a',
      watch: { disk: ['frozen'] },
      detect: { checks: [{ command: 'sleep 100000', every: '1s', severity: 3 }] },
    },
    ...Object.fromEntries(Array.from({ length: 48 }, (_, n) => [`s${n}`, { run: 'sleep 100000', on: 'a' }])),
  },
};

export const stuck: Row = {
  name: 'stuck',
  what: 'the longest wait of the agent’s loop while a file system hangs, a command hangs and a device is frozen; 50 services',
  async measure(context) {
    const cannot = missing();
    if (cannot !== null) throw new Error(cannot);
    const options = `--import ${join(import.meta.dirname, '..', 'loop-delay.mjs')}`;
    const folder = mkdtempSync(join(tmpdir(), 'sf-loop-'));
    const place = await Place.open({ env: { NODE_OPTIONS: options, LOOP_DELAY_FILE: join(folder, 'delay') } });
    try {
      await place.sh(
        'mkdir hung frozen && echo a=1 > hung/app.conf && touch hung/app.log && mkdir hung/queue && truncate -s 24M image && mkfs.ext4 -q -F image && mount -o loop image frozen',
      );
      place.write('standfast.yaml', JSON.stringify(description));
      const up = await place.standfast('up', place.folder, '--detach', '--timeout', '120s');
      if (up.code !== 0) throw new Error(up.errors + up.out);
      const pid = (await place.status())?.hosts[0]?.agentPid ?? 0;
      const longest = async (): Promise<number[]> => {
        const values: number[] = [];
        await told(folder, pid);
        for (let run = 0; run < context.runs(3); run += 1) {
          await pause(windowMs);
          values.push((await told(folder, pid)).max);
        }
        return values;
      };
      await pause(windowMs);
      const well = await longest();
      context.note('the file system hangs, the device is frozen');
      await place.begin(
        'sh',
        '-c',
        'exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 hung hung && echo up && exec sleep 100000 3<&3',
      );
      place.after(() => place.run(['fsfreeze', '-u', 'frozen']));
      await place.sh('fsfreeze -f frozen');
      const hung = await longest();
      await place.sh('fsfreeze -u frozen');
      return [
        { what: 'all is well', unit: 'ms', values: well, target: null, reached: null },
        { what: 'all of it hangs', unit: 'ms', values: hung, target: 'at most 50', reached: Math.max(...hung) <= 50 },
      ];
    } finally {
      await place.standfast('down');
      await place.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function told(folder: string, pid: number): Promise<{ readonly max: number }> {
  const file = join(folder, `delay.${pid}`);
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let tries = 0; tries < 500; tries += 1) {
    await pause(20);
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as { max: number };
    } catch {
      // Not yet.
    }
  }
  throw new Error('the agent does not tell its delays');
}
