// Managers for tests: each with configuration, sockets and ports in a folder of its own, and told what to run before it is asked to.

import { execFile } from 'node:child_process';
import { accessSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import { openManaged, type Managed, type ManagerNote } from '../../../src/act/managers/managed.ts';
import type { ForeignManager } from '../../../src/act/managers/speak.ts';
import { hostProcesses } from '../../../src/agent/host-processes.ts';
import { monoNow, wallNow } from '../../../src/keeper/clock.ts';
import { isSame, readStat } from '../../../src/keeper/proc.ts';
import { runCommand } from '../../../src/observe/command.ts';
import type { Command } from '../../../src/model/system.ts';
import type { EndedInstance, Keeper, KeeperAnswer, StartRequest, StartedInstance } from '../../../src/ports.ts';
import { freePort } from '../../free-port.ts';
import { type ManagerUnderTest } from '../../keeper/process-manager.cases.ts';
import { eventually } from '../../keeper/waiting.ts';

const run = promisify(execFile);

/** One manager: how it is told of a service, gone and back. */
interface Kind {
  manager(service: string): ForeignManager;
  /** The first time that a service is started. `script`: what it is to run. */
  define(service: string, script: string): Promise<void>;
  up(): Promise<void>;
  /** The manager itself ends; what it runs may go with it. */
  down(): Promise<void>;
}

export type ForeignKind = 'monit' | 'supervisord' | 'systemd' | 'command';

export interface Foreign extends ManagerUnderTest {
  readonly managed: Managed;
  readonly notes: Map<string, ManagerNote>;
  /** What is looked for although nobody starts it, and what was found of it, by service. */
  readonly mine: StartRequest[];
  readonly found: Map<string, StartedInstance>;
  readonly kind: Kind;
  request(service: string, line: string, more?: Partial<StartRequest>): StartRequest;
}

/** Why that manager cannot be tried here; false: it can. */
export function missing(kind: ForeignKind): string | false {
  const program = { monit: 'monit', supervisord: 'supervisord', systemd: null, command: null }[kind];
  if (program === null) return false;
  const found = (process.env['PATH'] ?? '').split(delimiter).some((each) => {
    try {
      return accessSync(join(each, program)) === undefined;
    } catch {
      return false;
    }
  });
  return found ? false : `${program} is not installed`;
}

/** The manager, up, and Standfast's way to it. */
export async function openForeign(name: ForeignKind): Promise<Foreign> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), `standfast-${name}-`));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await mkdir(join(folder, 'conf'));
  await symlink(join(import.meta.dirname, 'systemctl-double.sh'), join(bin, 'systemctl'));
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, SYSTEMCTL_DOUBLE: folder };
  const kind = await kinds[name](folder);
  await kind.up();
  const ends = new Map<string, EndedInstance>();
  const notes = new Map<string, ManagerNote>();
  const mine: StartRequest[] = [];
  const found = new Map<string, StartedInstance>();
  const managed = openManaged({
    file: join(folder, 'managed.json'),
    processes: hostProcesses,
    run: runCommand,
    now: monoNow,
    wall: wallNow,
    env: {},
    mine: () => mine,
    found: (running) => found.set(running.service, running),
    ended: (ended) => ends.set(ended.instance, ended),
    noted: (note) => notes.set(note.instance, note),
    log: () => undefined,
  });
  const defined = new Map<string, Promise<void>>();
  const never = (): Promise<KeeperAnswer<never>> =>
    Promise.resolve({ kind: 'failed', code: 'SF-604', why: 'another manager holds no lease' });
  const manager: Keeper = {
    start: async (request) => {
      const { service, command, dir, output } = request;
      const script = join(folder, `${service}.run`);
      const line = command.kind === 'shell' ? command.line : command.argv.join(' ');
      await writeFile(script, `#!/bin/sh\ncd '${dir}'\nexec >>'${output}' 2>&1\n${line}\n`);
      await chmod(script, 0o755);
      const known = defined.get(service) ?? kind.define(service, script);
      defined.set(service, known);
      await known;
      return await managed.start({ ...request, manager: kind.manager(service), env: { ...request.env, ...env } });
    },
    stop: (request) => managed.stop(request),
    kill: (request) => managed.kill(request),
    forget: (request) => managed.forget(request),
    activate: never,
    extend: never,
    deactivate: never,
    disarm: never,
    ping: never,
    quit: never,
  };
  const ended = async (instance: string): Promise<EndedInstance> => {
    await eventually(() => ends.has(instance), `the end of ${instance}`);
    const end = ends.get(instance);
    if (end === undefined) throw new Error('unreachable');
    return end;
  };
  return {
    manager,
    managed,
    notes,
    mine,
    found,
    kind,
    folder,
    ended,
    request: (service, line, more = {}) => ({
      instance: `${service}@a#1`,
      service,
      host: 'a',
      command: { kind: 'shell', line },
      dir: folder,
      env,
      user: null,
      group: null,
      limits: { memory: null, files: null },
      output: join(folder, `${service}.log`),
      role: 'active',
      term: 0,
      leasable: false,
      deadline: null,
      manager: kind.manager(service),
      ...more,
    }),
    async close() {
      for (const { instance, pid, startTicks } of managed.all().running) {
        // Another life of the agent, in a test, may have ended it.
        if (hostProcesses.startTicks(pid) !== startTicks) continue;
        await managed.kill({ instance });
        await ended(instance);
      }
      await managed.close();
      await kind.down();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const kinds: Readonly<Record<ForeignKind, (folder: string) => Promise<Kind>>> = {
  async monit(folder) {
    const control = join(folder, 'monitrc');
    const port = await freePort();
    const monit = (...words: string[]): Promise<{ stdout: string }> => run('monit', ['-c', control, ...words]);
    const pidFile = join(folder, 'monit.pid');
    await writeFile(
      control,
      [
        'set daemon 1',
        ...['logfile', 'pidfile', 'idfile', 'statefile'].map(
          (each) => `set ${each} ${join(folder, `monit.${each.slice(0, -4)}`)}`,
        ),
        `set httpd port ${port} and use address 127.0.0.1 allow admin:right1`,
        `include ${join(folder, 'conf')}/*`,
        '',
      ].join('\n'),
      { mode: 0o600 },
    );
    return {
      manager: (service) => ({ kind: 'monit', name: service, control }),
      async define(service, script) {
        const pid = join(folder, `${service}.pid`);
        await writeFile(
          join(folder, 'conf', service),
          `check process ${service} with pidfile ${pid}
             start program = "/bin/sh -c 'setsid ${script} & echo $! > ${pid}'"
             stop program = "/bin/sh -c 'kill -TERM -$(cat ${pid})'"\n`,
          { mode: 0o600 },
        );
        await monit('reload');
        await eventually(
          () =>
            monit('unmonitor', service).then(
              () => true,
              () => false,
            ),
          `monit knows ${service}`,
        );
        await eventually(
          async () => /monitoring status\s+Not monitored\s*$/m.test((await monit('status', service)).stdout),
          `monit leaves ${service} down`,
        );
      },
      up: async () => {
        await writeFile(join(folder, 'conf', 'none'), '# nothing yet\n', { mode: 0o600 });
        await monit();
        await eventually(
          () =>
            monit('status').then(
              () => true,
              () => false,
            ),
          'monit answers',
        );
      },
      down: () => end(pidFile),
    };
  },
  async supervisord(folder) {
    const config = join(folder, 'supervisord.conf');
    const pidFile = join(folder, 'supervisord.pid');
    const socket = join(folder, 's.sock');
    await writeFile(
      config,
      `[unix_http_server]
file=${socket}
username=u
password=right
[supervisord]
logfile=${join(folder, 'supervisord.log')}
pidfile=${pidFile}
childlogdir=${folder}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socket}
username=u
password=right
[include]
files=${join(folder, 'conf')}/*.conf
`,
    );
    const ctl = (...words: string[]): Promise<unknown> => run('supervisorctl', ['-c', config, ...words]);
    return {
      manager: (service) => ({ kind: 'supervisord', name: service, config }),
      async define(service, script) {
        await writeFile(
          join(folder, 'conf', `${service}.conf`),
          `[program:${service}]\ncommand=${script}\nautostart=false\nautorestart=true\nstartsecs=0\nstopasgroup=true\nstopwaitsecs=20\n`,
        );
        await ctl('update', service);
      },
      up: async () => {
        await run('supervisord', ['-c', config]);
        await eventually(
          () =>
            ctl('version').then(
              () => true,
              () => false,
            ),
          'supervisord answers',
        );
      },
      down: () => end(pidFile),
    };
  },
  systemd(folder) {
    return Promise.resolve({
      manager: (service) => ({ kind: 'systemd', name: `${service}.service`, user: false }),
      define: (service, script) => writeFile(join(folder, `${service}.service`), `restart=yes\nset -- '${script}'\n`),
      up: () => rm(join(folder, 'gone'), { force: true }),
      down: () => writeFile(join(folder, 'gone'), ''),
    });
  },
  command(folder) {
    const script = join(folder, 'manage');
    const shell = (service: string, verb: string): Command => ({
      kind: 'argv',
      argv: ['/bin/sh', script, service, verb],
    });
    return Promise.resolve({
      manager: (service) => ({
        kind: 'command',
        start: shell(service, 'start'),
        stop: shell(service, 'stop'),
        status: shell(service, 'status'),
      }),
      define: () => Promise.resolve(),
      up: () =>
        writeFile(
          script,
          `cd '${folder}'
pid=$(cat "$1.pid" 2>/dev/null)
case $2 in
start) setsid "./$1.run" </dev/null >/dev/null 2>&1 & echo $! >"$1.pid" ;;
stop) kill -TERM "-$pid" ;;
status) grep -q '^State:.[RSD]' "/proc/\${pid:-0}/status" 2>/dev/null && echo "pid $pid" || exit 3 ;;
esac
`,
        ),
      down: () => writeFile(script, 'echo broken >&2; exit 9\n'),
    });
  },
};

/** Ends the daemon that wrote that file, and waits until it is gone. */
async function end(pidFile: string): Promise<void> {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const ticks = readStat(pid)?.startTicks ?? 0;
  process.kill(pid, 'SIGTERM');
  await eventually(() => !isSame(pid, ticks), 'the manager is gone');
}
