// The conformance suite on other process managers, and what only they have: their own restarts, their going away.
// monit and supervisord are real; systemd is a double of its command line (PID 1 here is another), and so says its file.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { openManaged } from '../../../src/act/managers/managed.ts';
import { systemdTongue } from '../../../src/act/managers/systemd.ts';
import { hostProcesses } from '../../../src/agent/host-processes.ts';
import { monoNow, wallNow } from '../../../src/keeper/clock.ts';
import { ms } from '../../../src/model/units.ts';
import { runCommand } from '../../../src/observe/command.ts';
import { failure, managerCases, value } from '../../keeper/process-manager.cases.ts';
import { eventually } from '../../keeper/waiting.ts';
import { missing, openForeign, type Foreign, type ForeignKind } from './foreign.ts';

const theirs = 'what is run, and with what environment, limits and files, is in the configuration of its manager';
const noLease = 'another manager keeps no deadline: check refuses a policy with one active (SF-192)';
const skip = {
  'hands over the environment as asked, the folder and the output': theirs,
  'says why a command cannot be run, and runs nothing': theirs,
  'limits the open files': theirs,
  'leaves no descriptor of its own open in a service': theirs,
  'tells how an instance ended: its code, its signal, whose doing':
    'what ends at once its manager may start again first',
  'takes bytes as they come, and what ends at once': 'what ends at once its manager may start again first',
  'ends what forked away together with its main process': 'no mark is in its environment: its manager has to find that',
  'arms the deadline, then the role file, then the signal; the same activation twice is one': noLease,
  'signals the first activation of what was started as active under the same term': noLease,
  'kills at the deadline, whatever hangs; an extension moves it only for its own instance and term': noLease,
  'an extension keeps it alive past the first deadline, and the new one holds': noLease,
  'disarms only after deactivation, which leaves the deadline armed': noLease,
  'refuses to start as active without a deadline to come, or in an older term': noLease,
};

// Most of their time is waiting: for monit's next cycle, for a supervisorctl to begin. They share nothing.
describe('other process managers', { concurrency: 2 }, () => {
  for (const kind of ['monit', 'supervisord', 'systemd', 'command'] as const) {
    const why = missing(kind);
    if (why !== false) {
      test(kind, { skip: why }, () => undefined);
      continue;
    }
    managerCases({
      name: kind === 'systemd' ? 'systemd (a double of systemctl)' : kind,
      open: () => openForeign(kind),
      ...(kind === 'systemd' ? {} : { exitUnknown: true as const }),
      skip,
    });
    ownCases(kind);
  }
});

test('systemd: what runs does so whatever became of its unit, and the words of a unit are not those of systemd', () => {
  const tongue = systemdTongue('authentication.service', false);
  const show = (text: string) => tongue.read({ kind: 'ended', code: 0, signal: null, output: text, errors: '' });
  const kind = (load: string, active: string, more = '') => {
    const says = show(`LoadState=${load}\nActiveState=${active.replace('/', '\nSubState=')}\nResult=success\n${more}`);
    return says.kind === 'trouble' ? says.code : says.kind;
  };
  assert.deepEqual(
    [
      kind('loaded', 'active/running', 'MainPID=7'),
      kind('masked', 'active/running', 'MainPID=7'),
      kind('not-found', 'deactivating/stop-sigterm', 'MainPID=7'),
      kind('loaded', 'reloading/reload', 'MainPID=7'),
      kind('loaded', 'activating/start', 'MainPID=7'),
      kind('loaded', 'activating/start-pre', 'MainPID=0'),
      kind('loaded', 'activating/auto-restart', 'MainPID=0'),
      kind('loaded', 'inactive/dead', 'MainPID=0\nJob=4711'),
      kind('loaded', 'failed/failed', 'MainPID=0\nJob=0'),
      kind('masked', 'inactive/dead', 'MainPID=0'),
      kind('not-found', 'inactive/dead', 'MainPID=0'),
      kind('loaded', 'active/exited', 'MainPID=0'),
    ],
    [
      'runs',
      'runs',
      'changing',
      'runs',
      'runs',
      'changing',
      'changing',
      'changing',
      'down',
      'SF-642',
      'SF-642',
      'SF-642',
    ],
  );
  assert.match((show('ActiveState=failed\nResult=start-limit-hit') as { text: string }).text, /start-limit-hit/);
  const code = (errors: string) => tongue.refused({ kind: 'ended', code: 1, signal: null, output: '', errors })?.code;
  assert.deepEqual(
    [
      code('Job for authentication.service failed because a timeout was exceeded.'),
      code('Failed to start authentication.service: Interactive authentication required.'),
      code('Failed to start authentication.service: Access denied'),
      code('Failed to start authentication.service: Unit authentication.service is masked.'),
      code('Failed to connect to bus: No such file or directory'),
      code('Failed to start authentication.service: Transport endpoint is not connected'),
      code('Failed to get properties: Message recipient disconnected from message bus without replying'),
    ],
    ['SF-643', 'SF-641', 'SF-641', 'SF-642', 'SF-640', 'SF-640', 'SF-640'],
  );
});

test('systemd: what is over at once ran once, and how it ended is known', async (t) => {
  const at = await openForeign('systemd');
  t.after(() => at.close());
  const line = `echo ran >>${at.folder}/runs; exit 3`;
  writeFileSync(join(at.folder, 'once.service'), `restart=no\nset -- /bin/sh -c '${line}'\n`);
  const request = at.request('once', line, { manager: { kind: 'systemd', name: 'once.service', user: false } });
  value(await at.managed.start(request));
  const { code, by } = await at.ended(request.instance);
  assert.deepEqual([code, by, readFileSync(join(at.folder, 'runs'), 'utf8')], [3, 'itself', 'ran\n']);
});

test('a stop that comes while it is being started is carried out as it was asked for', async (t) => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'standfast-managed-'));
  const said: string[] = [];
  const managed = openManaged({
    file: join(folder, 'managed.json'),
    processes: hostProcesses,
    run: runCommand,
    now: monoNow,
    wall: wallNow,
    env: { PATH: process.env['PATH'] ?? '' },
    mine: () => [],
    found: () => undefined,
    ended: () => undefined,
    noted: () => undefined,
    log: (text) => said.push(text),
  });
  t.after(async () => {
    await managed.close();
    rmSync(folder, { recursive: true });
  });
  const shell = (line: string) => ({ kind: 'shell', line }) as const;
  const request = {
    instance: 'slow@a#1',
    service: 'slow',
    host: 'a',
    command: shell('unused'),
    dir: folder,
    env: {},
    user: null,
    group: null,
    limits: { memory: null, files: null },
    output: join(folder, 'out'),
    role: 'active',
    term: 0,
    leasable: false,
    roleFile: join(folder, 'role'),
    deadline: null,
    manager: {
      kind: 'command',
      start: shell(
        'touch begun; until [ -e go ]; do sleep 0.01; done; setsid sleep 600 >/dev/null 2>&1 & echo $! >pid',
      ),
      // It will not: the signal that was asked for goes to the process itself.
      stop: shell('exit 1'),
      status: shell('cat pid 2>/dev/null || exit 3'),
    },
  } as const;
  const started = managed.start(request);
  await eventually(() => existsSync(join(folder, 'begun')), 'its manager begins');
  value(await managed.stop({ instance: request.instance, signal: 'SIGHUP', forcedAfter: ms(600_000) }));
  writeFileSync(join(folder, 'go'), '');
  value(await started);
  await eventually(() => managed.all().ended.length === 1, 'its end');
  assert.match(said.join(' '), /it gets SIGHUP from here/);
});

function ownCases(kind: ForeignKind): void {
  describe(`${kind}, whose process it is`, { concurrency: 1 }, () => {
    let at: Foreign;
    before(async () => {
      at = await openForeign(kind);
    });
    after(() => at.close());

    test('one that its manager starts again by itself is taken, and there are never two', async () => {
      // No other process has this command line.
      const only = `600.${String(process.pid)}${['monit', 'supervisord', 'systemd', 'command'].indexOf(kind)}`;
      const request = at.request('again', `exec sleep ${only}`);
      const first = value(await at.manager.start(request));
      process.kill(first.pid, 'SIGKILL');
      assert.equal((await at.ended(request.instance)).by, 'itself');
      if (kind !== 'command') {
        // Nobody starts it, as when a person has it paused: it is found all the same, and a start gets just that one.
        at.mine.push({ ...request, instance: 'again@a#found' });
        await eventually(() => at.found.has('again'), 'it is found');
        at.mine.length = 0;
      }
      const second = value(await at.manager.start({ ...request, instance: 'again@a#2' }));
      assert.equal(second.pid, at.found.get('again')?.pid ?? second.pid);
      assert.ok(!at.managed.knows('again@a#found'));
      assert.notEqual(second.pid, first.pid);
      assert.equal(hostProcesses.startTicks(second.pid), second.startTicks);
      const running = async (): Promise<string[]> => {
        const found = (await runCommand(ask(['pgrep', '-fx', `sleep ${only}`]))) as { output?: string };
        return (found.output ?? '').split('\n').filter(Boolean);
      };
      await eventually(async () => (await running()).length > 0, 'its program is there');
      assert.deepEqual(await running(), [String(second.pid)], 'never two');
      const note = at.managed.notes().find((each) => each.service === 'again');
      assert.equal(note?.trouble, null);
      assert.notEqual(note?.says ?? '', '', 'its own status text');

      // Killed by Standfast, it stays down until Standfast wants it up.
      value(await at.manager.kill({ instance: 'again@a#2' }));
      assert.equal((await at.ended('again@a#2')).by, 'kill');
    });

    test('another agent takes up what runs, and hears of what ended meanwhile', async () => {
      const request = at.request('kept', 'exec sleep 600');
      const started = value(await at.manager.start(request));
      await at.managed.close();
      const { manager } = request;
      const control = manager?.kind === 'monit' ? (manager.control ?? '') : null;
      if (control !== null) {
        await runCommand(ask(['monit', '-c', control, 'unmonitor', 'kept']));
        const status = () => runCommand(ask(['monit', '-c', control, 'status', 'kept']));
        await eventually(async () => /Not monitored/.test(JSON.stringify(await status())), 'monit has let it go');
      }
      const noted = new Map<string, string>();
      const next = openManaged({
        file: `${at.folder}/managed.json`,
        processes: hostProcesses,
        run: runCommand,
        now: monoNow,
        wall: wallNow,
        env: {},
        mine: () => [],
        found: () => undefined,
        ended: () => undefined,
        noted: ({ service, trouble }) => noted.set(service, trouble?.code ?? 'none'),
        log: () => undefined,
      });
      // It runs on, and a person took it out of monit's hands.
      if (control !== null) await eventually(() => noted.get('kept') === 'SF-644', 'that is told');
      assert.deepEqual(next.all().running.find((each) => each.service === 'kept')?.pid, started.pid);
      assert.ok(next.knows(request.instance));
      value(await next.kill(request));
      await eventually(() => next.all().ended.some((each) => each.service === 'kept'), 'its end');
      await next.close();
    });

    test('what its manager does not know, and a manager that is gone, are named by code', async () => {
      if (kind !== 'command') {
        const unknown = at.request('nobody', 'true');
        const told = failure(await at.managed.start({ ...unknown, manager: at.kind.manager('nobody') }));
        assert.equal(told.code, 'SF-642', told.why);
      }
      const request = at.request('left', 'exec sleep 600');
      await at.kind.down();
      const told = failure(await at.managed.start(request));
      assert.equal(told.code, 'SF-640', told.why);
      assert.match(told.why, kind === 'command' ? /status command/ : new RegExp(kind));
      assert.equal(at.managed.notes().find((each) => each.service === 'left')?.trouble?.code, 'SF-640');
      await at.kind.up();
    });
  });
}

function ask(argv: readonly string[]): Parameters<typeof runCommand>[0] {
  const path = process.env['PATH'] ?? '';
  return {
    command: { kind: 'argv', argv },
    dir: '/',
    env: { PATH: path },
    user: null,
    group: null,
    input: null,
    within: 10_000 as Parameters<typeof runCommand>[0]['within'],
  };
}
