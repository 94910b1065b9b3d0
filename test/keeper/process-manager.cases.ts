// What every process manager must do, whoever it is: the keeper's own (`native`), and monit, systemd, supervisord and commands through the same port.
// A skip needs a reason, and one that names no case fails.

import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { after as later, monoMs, ms } from '../../src/model/units.ts';
import type { MonoMs } from '../../src/model/units.ts';
import { monoNow } from '../../src/keeper/clock.ts';
import { isAlive, isSame, readStat } from '../../src/keeper/proc.ts';
import type { EndedInstance, Keeper, KeeperAnswer, StartRequest, StartedInstance } from '../../src/ports.ts';
import { freePort } from '../free-port.ts';
import { eventually, lines } from './waiting.ts';

/** A manager, ready for use, with a folder for what a case writes. */
export interface ManagerUnderTest {
  readonly manager: Keeper;
  readonly folder: string;
  /** Resolves when the end of that instance is told. */
  ended(instance: string): Promise<EndedInstance>;
  close(): Promise<void>;
}

export interface ManagerSuite {
  readonly name: string;
  open(): Promise<ManagerUnderTest>;
  /** It does not tell with what code a process ended. */
  readonly exitUnknown?: true;
  /** Titles of cases and why they do not apply. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** A request with nothing special: a service of its own, no lease. */
export function startRequest(
  folder: string,
  service: string,
  line: string,
  more: Partial<StartRequest> = {},
): StartRequest {
  return {
    instance: `${service}@a#1`,
    service,
    host: 'a',
    command: { kind: 'shell', line },
    dir: folder,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', STANDFAST_SERVICE: service },
    user: null,
    group: null,
    limits: { memory: null, files: null },
    output: join(folder, `${service}.log`),
    role: 'active',
    term: 0,
    leasable: false,
    deadline: null,
    ...more,
  };
}

/** As active under a lease, or (term 0) as a standby that may get one. */
export function leased(term: number, deadline: MonoMs | null): Partial<StartRequest> {
  return { role: term === 0 ? 'standby' : 'active', term, leasable: true, deadline };
}

export function value<T>(answer: KeeperAnswer<T>): T {
  assert.ok(answer.kind === 'done', answer.kind === 'done' ? '' : `${answer.kind}: ${answer.why}`);
  return answer.value;
}

export function failure(answer: KeeperAnswer<unknown>): { code: string; why: string } {
  assert.equal(answer.kind, 'failed', JSON.stringify(answer));
  assert.ok(answer.kind === 'failed');
  return answer;
}

export function inMs(span: number): MonoMs {
  return later(monoNow(), span);
}

/** A line of shell whose child leaves session and group, forks again, and writes its pid to a file. */
export function forksAway(pidFile: string, child = 'exec sleep 600'): string {
  return `setsid sh -c '(echo $$ >"${pidFile}.half"; mv "${pidFile}.half" "${pidFile}"; ${child}) &' &`.replace(
    '$$',
    '$(sh -c "echo \\$PPID")',
  );
}

export function managerCases(suite: ManagerSuite): void {
  // One case after the other, also where suites run at once.
  describe(suite.name, { concurrency: 1 }, () => {
    let under: ManagerUnderTest;
    before(async () => {
      under = await suite.open();
    });
    after(() => under.close());

    const unmatched = new Set(Object.keys(suite.skip ?? {}));
    const titles = new Set<string>();
    let service = 0;
    /** A case gets a service name nobody else has. */
    const a = (
      title: string,
      body: (at: { m: Keeper; folder: string; name: string; start: typeof start }) => Promise<void>,
    ): void => {
      assert.ok(!titles.has(title), `two cases are called "${title}"`);
      titles.add(title);
      unmatched.delete(title);
      const why = suite.skip?.[title];
      const name = `s${++service}`;
      test(title, { skip: why ?? false }, () => body({ m: under.manager, folder: under.folder, name, start }));
    };
    const start = async (name: string, line: string, more: Partial<StartRequest> = {}): Promise<StartedInstance> =>
      value(await under.manager.start(startRequest(under.folder, name, line, more)));

    a('hands over the environment as asked, the folder and the output', async ({ folder, name, start: go }) => {
      await mkdir(join(folder, 'a folder'), { recursive: true });
      await writeFile(join(folder, `${name}.log`), 'before\n');
      const odd = { A: "it's $HOME", 'odd.name': 'kept', EMPTY: '' };
      const request = startRequest(folder, name, 'env; pwd; echo to stderr >&2; exec sleep 600');
      const started = await go(name, 'env; pwd; echo to stderr >&2; exec sleep 600', {
        dir: join(folder, 'a folder'),
        env: { ...request.env, ...odd },
      });
      const said = await lines(request.output, (all) => all.includes('to stderr'));
      assert.equal(said[0], 'before', 'output is appended');
      assert.ok(said.includes(join(folder, 'a folder')), 'the folder');
      const env = new Map(
        said
          .filter((line) => line.includes('='))
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      assert.equal(env.get('A'), odd.A);
      assert.equal(env.get('EMPTY'), '');
      const environ = await readFile(`/proc/${started.pid}/environ`, 'utf8');
      assert.ok(environ.split('\0').includes("A=it's $HOME"), 'unchanged');
      assert.equal(env.get('STANDFAST_INSTANCE'), `${name}@a#1`);
      assert.equal(env.get('STANDFAST_ROLE'), 'active');
      assert.equal(env.get('STANDFAST_TERM'), '0');
      const roleFile = env.get('STANDFAST_ROLE_FILE') ?? '';
      assert.deepEqual(JSON.parse(await readFile(roleFile, 'utf8')), { role: 'active', term: 0 });
      assert.equal(env.get('HOME'), undefined, 'nothing of the manager’s own environment');
      assert.equal(isSame(started.pid, started.startTicks), true);
      assert.equal(readStat(started.pid)?.pgid, started.pid, 'a group of its own');
      assert.equal(readStat(started.pid)?.session, started.pid, 'a session of its own');
    });

    a('tells how an instance ended: its code, its signal, whose doing', async ({ m, name, start: go }) => {
      const { pid } = await go(name, 'exit 7');
      const seven = await under.ended(`${name}@a#1`);
      assert.deepEqual([seven.code, seven.signal, seven.by, seven.pid], [7, null, 'itself', pid]);
      assert.ok(seven.goneAt >= seven.endedAt);
      const again = await go(name, 'exec sleep 600', { instance: `${name}@a#2` });
      process.kill(again.pid, 'SIGKILL');
      const killed = await under.ended(`${name}@a#2`);
      assert.deepEqual([killed.code, killed.signal, killed.by], [null, 'SIGKILL', 'itself']);
      value(await m.forget({ instance: `${name}@a#1` }));
      value(await m.forget({ instance: `${name}@a#1` }));
    });

    a('says why a command cannot be run, and runs nothing', async ({ m, folder, name }) => {
      const cases: readonly [what: string, request: Partial<StartRequest>, why: RegExp][] = [
        [
          'missing',
          { command: { kind: 'argv', argv: ['no-such-program'] } },
          /"no-such-program" was not found in PATH/,
        ],
        ['missing path', { command: { kind: 'argv', argv: ['./no-such'] } }, /no-such does not exist/],
        ['not executable', { command: { kind: 'argv', argv: ['./plain'] } }, /plain is not executable \(mode 0644\)/],
        ['a folder', { command: { kind: 'argv', argv: ['./'] } }, /is a folder/],
        [
          'interpreter',
          { command: { kind: 'argv', argv: ['./script'] } },
          /begins with #!\/no\/such\/interpreter, which does not exist/,
        ],
        ['no dir', { dir: join(folder, 'nowhere') }, /the folder .*nowhere does not exist/],
        ['dir a file', { dir: join(folder, 'plain') }, /plain is not a folder/],
        ['no user', { user: 'no-such-user' }, /there is no user no-such-user/],
        ['no group', { group: 'no-such-group' }, /there is no group no-such-group/],
        [
          'too many files',
          { limits: { memory: null, files: 1e12 } },
          /may not have 1000000000000 open files: lower .limits\.files./,
        ],
      ];
      await writeFile(join(folder, 'plain'), 'x', { mode: 0o644 });
      await writeFile(join(folder, 'script'), '#!/no/such/interpreter\n');
      await chmod(join(folder, 'script'), 0o755);
      for (const [index, [what, more, why]] of cases.entries()) {
        const instance = `${name}@a#${index}`;
        const answer = await m.start(startRequest(folder, name, 'true', { instance, ...more }));
        const told = failure(answer);
        assert.match(told.why, why, what);
        assert.match(told.code, /^SF-\d{3}$/);
        assert.equal(failure(await m.kill({ instance })).code, 'SF-602', `${what}: nothing is left`);
      }
    });

    a('starts once when asked twice, and never two of one service', async ({ m, folder, name }) => {
      const request = startRequest(folder, name, 'exec sleep 600');
      const [one, two] = await Promise.all([m.start(request), m.start(request)]);
      const third = await m.start(request);
      assert.deepEqual(value(one), value(two));
      assert.deepEqual(value(one), value(third));
      const other = failure(await m.start({ ...request, instance: `${name}@a#2` }));
      assert.match(other.why, new RegExp(`${name} runs already: ${name}@a#1, pid ${value(one).pid}`));
      value(await m.kill({ instance: request.instance }));
      await under.ended(request.instance);
      assert.equal(failure(await m.start(request)).code, 'SF-603', 'an ended one is not started again under its name');
      value(await m.start({ ...request, instance: `${name}@a#2` }));
    });

    a(
      'stops in order: the signal to the whole group, and by force what ignores it',
      async ({ m, folder, name, start: go }) => {
        await go(
          name,
          `trap 'echo asked; exit 3' TERM; (trap 'echo child asked; exit 0' TERM; echo child; while :; do sleep 0.02; done) & echo main; while :; do sleep 0.02; done`,
        );
        const log = join(folder, `${name}.log`);
        await lines(log, (all) => all.includes('main') && all.includes('child'));
        value(await m.stop({ instance: `${name}@a#1`, signal: 'SIGTERM', forcedAfter: ms(60_000) }));
        const ended = await under.ended(`${name}@a#1`);
        assert.deepEqual([ended.code, ended.by], [suite.exitUnknown === true ? null : 3, 'stop']);

        await go(name, `trap '' TERM; echo deaf; while :; do sleep 0.02; done`, { instance: `${name}@a#2` });
        await lines(log, (all) => all.includes('deaf'));
        value(await m.stop({ instance: `${name}@a#2`, signal: 'SIGTERM', forcedAfter: ms(100) }));
        const forced = await under.ended(`${name}@a#2`);
        assert.deepEqual([forced.signal, forced.by], ['SIGKILL', 'stop']);
      },
    );

    a('a second stop or a kill cuts a stop short', async ({ m, folder, name, start: go }) => {
      const log = join(folder, `${name}.log`);
      for (const [index, cut] of [
        () => m.stop({ instance: `${name}@a#1`, signal: 'SIGTERM', forcedAfter: ms(0) }),
        () => m.kill({ instance: `${name}@a#2` }),
      ].entries()) {
        const instance = `${name}@a#${index + 1}`;
        await go(name, `trap '' TERM; echo deaf ${index}; while :; do sleep 0.02; done`, { instance });
        await lines(log, (all) => all.includes(`deaf ${index}`));
        value(await m.stop({ instance, signal: 'SIGTERM', forcedAfter: ms(600_000) }));
        value(await cut());
        const ended = await under.ended(instance);
        assert.equal(ended.signal, 'SIGKILL');
        assert.equal(ended.by, index === 0 ? 'stop' : 'kill');
        assert.equal(failure(await m.stop({ instance, signal: 'SIGNOSUCH', forcedAfter: ms(0) })).code, 'SF-615');
      }
    });

    a('ends what forked away together with its main process', async ({ m, folder, name, start: go }) => {
      const pidFile = join(folder, `${name}.pid`);
      for (const how of ['itself', 'kill', 'stop'] as const) {
        const instance = `${name}@a#${how}`;
        const away = `${pidFile}-${how}`;
        const { pid } = await go(name, `${forksAway(away)} exec sleep 600`, { instance });
        const [child] = (await lines(away, (all) => all.length > 0)).map(Number);
        assert.ok(child !== undefined && isAlive(readStat(child)));
        assert.notEqual(readStat(child)?.pgid, pid, 'it left the group');
        if (how === 'itself') process.kill(pid, 'SIGKILL');
        else if (how === 'kill') value(await m.kill({ instance }));
        else value(await m.stop({ instance, signal: 'SIGTERM', forcedAfter: ms(60_000) }));
        const ended = await under.ended(instance);
        assert.equal(ended.by, how);
        assert.equal(isAlive(readStat(child)), false, `${how}: the forked child is gone when the end is told`);
      }
    });

    a(
      'arms the deadline, then the role file, then the signal; the same activation twice is one',
      async ({ m, folder, name, start: go }) => {
        const instance = `${name}@a#1`;
        const log = join(folder, `${name}.log`);
        const request = { instance, term: 5, deadline: inMs(600_000), signal: 'SIGUSR1' };
        await go(
          name,
          `trap 'echo now $(cat "$STANDFAST_ROLE_FILE")' USR1; echo ready; while :; do sleep 0.02; done`,
          leased(0, null),
        );
        await lines(log, (all) => all.includes('ready'));
        const first = value(await m.activate(request));
        await lines(log, (all) => all.includes('now {"role":"active","term":5}'));
        const second = value(await m.activate(request));
        assert.equal(second.activatedAt, first.activatedAt);
        assert.equal(failure(await m.activate({ ...request, term: 4 })).code, 'SF-606', 'an older term');
        assert.equal(
          failure(await m.activate({ ...request, term: 6, deadline: monoMs(1) })).code,
          'SF-605',
          'a deadline that is past',
        );
        assert.equal(
          failure(await m.activate({ ...request, instance: `${name}@a#other` })).code,
          'SF-602',
          'another instance',
        );
        value(await m.activate({ ...request, term: 6 }));
        const said = await lines(log, (all) => all.includes('now {"role":"active","term":6}'));
        assert.equal(said.filter((line) => line.startsWith('now')).length, 2, 'one signal for each activation');
      },
    );

    a(
      'signals the first activation of what was started as active under the same term',
      async ({ m, folder, name, start: go }) => {
        const instance = `${name}@a#1`;
        const log = join(folder, `${name}.log`);
        const deadline = inMs(600_000);
        await go(name, `trap 'echo now' USR1; echo ready; while :; do sleep 0.02; done`, leased(5, deadline));
        await lines(log, (all) => all.includes('ready'));
        // Earlier than the one that it was started with, which therefore stands.
        const request = { instance, term: 5, deadline: inMs(300_000), signal: 'SIGUSR1' };
        const first = value(await m.activate(request));
        await lines(log, (all) => all.includes('now'));
        assert.equal(value(await m.activate(request)).activatedAt, first.activatedAt);
        assert.equal(value(await m.extend([{ instance, term: 5, deadline }])).taken.length, 1);
        value(await m.kill({ instance }));
      },
    );

    a(
      'kills at the deadline, whatever hangs; an extension moves it only for its own instance and term',
      async ({ m, folder, name, start: go }) => {
        const instance = `${name}@a#1`;
        const away = join(folder, `${name}.pid`);
        await go(name, `trap '' TERM; ${forksAway(away)} echo deaf; while :; do sleep 0.02; done`, leased(0, null));
        const [child] = (await lines(away, (all) => all.length > 0)).map(Number);
        await lines(join(folder, `${name}.log`), (all) => all.includes('deaf'));
        const deadline = inMs(1500);
        value(await m.activate({ instance, term: 3, deadline, signal: null }));
        const far = inMs(600_000);
        const extended = value(
          await m.extend([
            { instance, term: 2, deadline: far },
            { instance, term: 4, deadline: far },
            { instance: `${name}@a#2`, term: 3, deadline: far },
            { instance, term: 3, deadline: monoMs(1) },
          ]),
        );
        assert.deepEqual(extended.taken, []);
        value(await m.stop({ instance, signal: 'SIGTERM', forcedAfter: ms(600_000) }));
        const ended = await under.ended(instance);
        assert.deepEqual([ended.by, ended.signal, ended.term], ['deadline', 'SIGKILL', 3]);
        assert.ok(ended.endedAt >= deadline, 'not before it');
        assert.ok(child !== undefined && !isAlive(readStat(child)), 'nor what forked away');
      },
    );

    a('an extension keeps it alive past the first deadline, and the new one holds', async ({ m, name, start: go }) => {
      const instance = `${name}@a#1`;
      const first = inMs(1500);
      await go(name, 'exec sleep 600', leased(1, first));
      const second = later(first, 300);
      assert.deepEqual(value(await m.extend([{ instance, term: 1, deadline: second }])).taken, [instance]);
      assert.deepEqual(
        value(await m.extend([{ instance, term: 1, deadline: first }])).taken,
        [instance],
        'an overtaken one takes nothing away',
      );
      const ended = await under.ended(instance);
      assert.equal(ended.by, 'deadline');
      assert.ok(ended.endedAt >= second);
    });

    a('disarms only after deactivation, which leaves the deadline armed', async ({ m, name, start: go }) => {
      const instance = `${name}@a#1`;
      const started = await go(name, 'exec sleep 600', leased(0, null));
      // what shares the deadline and is not disarmed tells when it has passed
      const other = `${name}-other@a#1`;
      await go(`${name}-other`, 'exec sleep 600', { ...leased(0, null), instance: other });
      const deadline = inMs(2000);
      value(await m.activate({ instance: other, term: 1, deadline, signal: null }));
      value(await m.activate({ instance, term: 8, deadline, signal: null }));
      const roleFile =
        (await readFile(`/proc/${started.pid}/environ`, 'utf8'))
          .split('\0')
          .find((each) => each.startsWith('STANDFAST_ROLE_FILE='))
          ?.slice(20) ?? '';
      assert.equal(failure(await m.disarm({ instance, term: 8 })).code, 'SF-604', 'still active');
      assert.equal(
        failure(await m.deactivate({ instance, term: 7, role: 'standby', signal: null })).code,
        'SF-607',
        'another term',
      );
      value(await m.deactivate({ instance, term: 8, role: 'standby', signal: null }));
      value(await m.deactivate({ instance, term: 8, role: 'standby', signal: null }));
      assert.deepEqual(JSON.parse(await readFile(roleFile, 'utf8')), { role: 'standby', term: 8 });
      assert.equal(failure(await m.disarm({ instance, term: 7 })).code, 'SF-607', 'another term');
      value(await m.disarm({ instance, term: 8 }));
      value(await m.disarm({ instance, term: 8 }));
      await under.ended(other);
      assert.equal(isSame(started.pid, started.startTicks), true, 'it outlived the deadline');
      assert.deepEqual(
        value(await m.extend([{ instance, term: 8, deadline: inMs(600_000) }])).taken,
        [],
        'nothing to extend any more',
      );
      const third = await go(`${name}-third`, 'exec sleep 600', leased(0, null));
      value(await m.activate({ instance: third.instance, term: 1, deadline: inMs(1000), signal: null }));
      value(await m.deactivate({ instance: third.instance, term: 1, role: 'passive', signal: null }));
      assert.equal((await under.ended(third.instance)).by, 'deadline', 'deactivated is not yet confirmed');
    });

    a(
      'refuses to start as active without a deadline to come, or in an older term',
      async ({ m, folder, name, start: go }) => {
        const ask = async (more: Partial<StartRequest>): Promise<string> =>
          failure(await m.start(startRequest(folder, name, 'exec sleep 600', more))).code;
        assert.equal(await ask(leased(4, null)), 'SF-604');
        assert.equal(await ask(leased(4, monoMs(1))), 'SF-605');
        await go(name, 'exec sleep 600', leased(4, inMs(600_000)));
        value(await m.kill({ instance: `${name}@a#1` }));
        await under.ended(`${name}@a#1`);
        assert.equal(await ask({ ...leased(3, inMs(600_000)), instance: `${name}@a#2` }), 'SF-606');
      },
    );

    a('forgets the ended only', async ({ m, name, start: go }) => {
      await go(name, 'exec sleep 600');
      assert.equal(failure(await m.forget({ instance: `${name}@a#1` })).code, 'SF-616');
      value(await m.kill({ instance: `${name}@a#1` }));
      assert.equal((await under.ended(`${name}@a#1`)).by, 'kill');
      value(await m.forget({ instance: `${name}@a#1` }));
    });

    a('limits the open files', async ({ folder, name, start: go }) => {
      await go(name, 'ulimit -n; exec sleep 600', { limits: { memory: null, files: 77 } });
      await lines(join(folder, `${name}.log`), (all) => all.includes('77'));
    });

    a('leaves no descriptor of its own open in a service', async ({ name, start: go }) => {
      const { pid } = await go(name, 'exec sleep 600');
      // what this test was itself started with goes through everybody
      const inherited = new Set((await openFiles(process.pid)).values());
      await eventually(async () => {
        const open = [...(await openFiles(pid))].filter(([fd, file]) => Number(fd) < 3 || !inherited.has(file));
        return open.map(([fd]) => fd).join() === '0,1,2';
      }, 'only standard input, output and error are open');
    });

    a('takes bytes as they come, and what ends at once', async ({ folder, name, start: go }) => {
      await go(name, `printf '\\377\\000\\001'`);
      assert.equal((await under.ended(`${name}@a#1`)).code, 0);
      assert.deepEqual([...(await readFile(join(folder, `${name}.log`)))], [255, 0, 1]);
    });

    a('a service that listens is no longer answered for when its end is told', async ({ m, name, start: go }) => {
      const port = await freePort();
      await go(name, `exec ${process.execPath} -e 'require("node:net").createServer().listen(${port},"127.0.0.1")'`);
      await eventually(() => connects(port), 'it listens');
      value(await m.kill({ instance: `${name}@a#1` }));
      await under.ended(`${name}@a#1`);
      assert.equal(await connects(port), false);
    });

    test('every skip names a case', () => assert.deepEqual([...unmatched], []));
  });
}

/** Descriptors and what they lead to. */
async function openFiles(pid: number): Promise<Map<string, string>> {
  const folder = `/proc/${pid}/fd`;
  const found = new Map<string, string>();
  for (const fd of (await readdir(folder)).sort()) found.set(fd, await readlink(join(folder, fd)).catch(() => ''));
  return found;
}

/** Whether somebody listens there. */
export async function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('connect', () => (socket.destroy(), resolve(true)));
    socket.on('error', () => resolve(false));
  });
}
