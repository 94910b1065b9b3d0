// A described system with real keepers, agents and services, driven as people drive it: command line, sockets, signals and files.
// Everything is ended by pid, found by its state folder; what an agent or a keeper must never write fails the test that made it.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { systemLayout } from '../../src/layout.ts';
import type { FailoverView, InstanceView, JournalLine, ServiceView, StatusView } from '../../src/api.ts';

const root = join(import.meta.dirname, '..', '..');

/** The folder of the services that tests describe. */
export const services = join(import.meta.dirname, 'services');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Stand {
  /** Of the description and of what its services write. */
  readonly folder: string;
  readonly state: string;
  readonly system: string;
  /** The state folder of a host, or a file in it. */
  at(host: string, ...path: readonly string[]): string;
  /** Runs `standfast WORDS` on this state, to its end. */
  cli(...words: readonly string[]): Promise<Ended>;
  /** The same, running; killed after the test. */
  begin(...words: readonly string[]): ChildProcess;
  /** `up --detach`, which must end well. */
  up(...words: readonly string[]): Promise<void>;
  /** What the first agent that answers says; `host` asks that one alone. Null: none answers. */
  status(host?: string): Promise<StatusView | null>;
  /** Until the status holds what is wanted; says what there was instead. */
  until(what: string, holds: (view: StatusView) => boolean, host?: string): Promise<StatusView>;
  journal(...words: readonly string[]): Promise<JournalLine[]>;
  failovers(): Promise<FailoverView[]>;
  /** What a service wrote to its output on this host. */
  output(service: string, host: string): string;
  /** Agents, keepers, guards and services of this state that live. */
  living(): Living[];
  /** Rewrites the description, or another file beside it. */
  write(text: string, file?: string): string;
}

export interface Living {
  readonly pid: number;
  readonly kind: 'agent' | 'keeper' | 'service' | 'guard';
  readonly host: string;
  /** `service@host#nonce`; null for agents, keepers and guards. */
  readonly instance: string | null;
  readonly command: string;
}

/** Awaits this long at most, far beyond what anything here takes on a busy machine. */
const longestWaitMs = 60_000;

/**
 * Makes the folder and writes the description; nothing runs yet. After the test all of it is taken down and looked at. `program`: the
 * `main.ts` of another checkout.
 */
export function makeStand(
  t: TestContext,
  description: string,
  how: { readonly state?: string; readonly keepsFaults?: boolean; readonly program?: string } = {},
): Stand {
  const folder = mkdtempSync(join(tmpdir(), 'sf-system-'));
  const state = how.state ?? join(folder, 'state');
  const system = /^system: *(\S+)/m.exec(description)?.[1] ?? assert.fail('the description names no system');
  const children = new Set<ChildProcess>();

  const begin = (...words: readonly string[]): ChildProcess => {
    const { NO_COLOR: _no, FORCE_COLOR: _force, NODE_TEST_CONTEXT: _test, ...env } = process.env;
    const child = spawn(process.execPath, [how.program ?? join(root, 'src', 'main.ts'), ...words], {
      cwd: folder,
      env: { ...env, STANDFAST_STATE: state },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    return child;
  };
  const hosts = (): string[] => entries(join(state, system)).filter((name) => !name.startsWith('store.db'));

  const stand: Stand = {
    folder,
    state,
    system,
    at: (host, ...path) => join(state, system, host, ...path),
    begin,
    cli: (...words) => ended(begin(...words)),
    async up(...words) {
      const { code, stdout, stderr } = await stand.cli('up', folder, '--detach', ...words);
      assert.equal(code, 0, `up: ${stderr}\n${stdout}`);
    },
    async status(host) {
      for (const each of host === undefined ? hosts() : [host]) {
        const view = await ask(systemLayout(state, system).host(each).agentSocket, 'GET', '/api/v1/status').catch(
          () => null,
        );
        if (view?.status === 200) return view.body as StatusView;
      }
      return null;
    },
    async until(what, holds, host) {
      let last: StatusView | null = null;
      for (const untilMs = performance.now() + longestWaitMs; performance.now() < untilMs; await pause(20)) {
        last = (await stand.status(host)) ?? last;
        if (last !== null && holds(last)) return last;
      }
      const journal = (await stand.cli('journal', '--since', '1m')).stdout.split('\n').slice(-40).join('\n');
      throw new Error(`did not come: ${what}. It is:\n${last === null ? 'no answer' : pictureOf(last)}\n${journal}`);
    },
    async journal(...words) {
      const { stdout } = await stand.cli('journal', '--json', ...words);
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as JournalLine);
    },
    async failovers() {
      return JSON.parse((await stand.cli('failovers', '--json')).stdout) as FailoverView[];
    },
    output: (service, host) => textOf(stand.at(host, 'log', `${service}.log`)),
    living: () => livingOf(state),
    write(text, file = 'standfast.yaml') {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      // A console is a process more for every agent: only tests about it, which say so in their description, have one.
      const bare = file !== 'standfast.yaml' || /^console:/m.test(text);
      writeFileSync(path, bare ? text : text.replace(/^system:.*$/m, '$&\nconsole: false'));
      return path;
    },
  };
  stand.write(description);
  t.after(async () => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    const faults = hosts().flatMap((host) => faultsIn(stand, host));
    const left = await takeDown(stand);
    rmSync(folder, { recursive: true, force: true });
    if (how.state !== undefined) rmSync(join(state, system), { recursive: true, force: true });
    assert.deepEqual(left, [], 'down leaves nothing');
    if (how.keepsFaults !== true) assert.deepEqual(faults, [], 'no agent or keeper stopped by its own fault');
  });
  return stand;
}

/** `up` with what follows: the usual beginning of a test. */
export async function startStand(t: TestContext, description: string): Promise<Stand> {
  const stand = makeStand(t, description);
  await stand.up();
  return stand;
}

export function serviceOf(view: StatusView, service: string): ServiceView {
  return view.services.find((each) => each.name === service) ?? assert.fail(`no service ${service}`);
}

export function instanceOf(view: StatusView, service: string, host: string): InstanceView {
  const found = serviceOf(view, service).instances.find((each) => each.host === host);
  return found ?? assert.fail(`no instance of ${service} on ${host}`);
}

/** The pid of an instance, which must run. */
export function pidOf(view: StatusView, service: string, host: string): number {
  return instanceOf(view, service, host).pid ?? assert.fail(`${service} does not run on ${host}:\n${pictureOf(view)}`);
}

/** True when all of it is in its planned phase. Of what an agent that has just begun has yet to read it knows neither. */
export function asPlanned(view: StatusView): boolean {
  return view.services.every((service) =>
    service.instances.every((each) => each.phase === each.planned && each.phase !== 'unknown'),
  );
}

/** What is open. Without those on the model: where the machine is busy any recovery may take longer than was predicted, which is one until the next fits. */
export function incidentsIn(view: StatusView): StatusView['incidents'] {
  return view.incidents.filter(({ id }) => !isOnModel(id));
}

/** An incident that says that what is predicted does not hold. */
export function isOnModel(incident: unknown): boolean {
  return typeof incident === 'string' && incident.startsWith('model-');
}

/** The one host on which it is active; null: not one. */
export function activeOn(view: StatusView, service: string): string | null {
  const { active } = serviceOf(view, service);
  return active.length === 1 ? (active[0] ?? null) : null;
}

/** Until it holds, looking every 10 ms. */
export async function eventually<T>(what: string, holds: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (const untilMs = performance.now() + longestWaitMs; performance.now() < untilMs; await pause(10)) {
    const value = await holds();
    if (value !== false && value !== null && value !== undefined) return value;
  }
  throw new Error(`did not come: ${what}`);
}

/** Until a process has written something that matches, to output or errors. */
export function written(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (part: Buffer): void => {
      text += String(part);
      if (pattern.test(text)) resolve(text);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('close', () => reject(new Error(`it ended without ${String(pattern)}:\n${text}`)));
  });
}

export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** An HTTP question over a Unix socket, as any language asks it. */
export function ask(
  socketPath: string,
  method: string,
  path: string,
  more: { readonly body?: unknown; readonly instance?: string } = {},
): Promise<{ readonly status: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = more.instance === undefined ? {} : { 'Standfast-Instance': more.instance };
    const asked = request({ socketPath, method, path, headers, agent: false, timeout: 2000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: text === '' ? null : JSON.parse(text) }),
      );
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end(more.body === undefined ? undefined : JSON.stringify(more.body));
  });
}

/** Not gone, and not a zombie: not every PID 1 reaps. */
export function lives(pid: number): boolean {
  return /\) [^ZX] /.test(textOf(`/proc/${pid}/stat`));
}

export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A status in a few lines, for who reads that it was not as wanted. */
export function pictureOf(view: StatusView): string {
  return [
    view.sentence,
    ...view.hosts.map((host) => `host ${host.name} ${host.state} agent ${host.agentPid} keeper ${host.keeperPid}`),
    ...view.services.flatMap((service) =>
      service.instances.map(
        (each) =>
          `${service.name}@${each.host} ${each.phase} (${each.planned}) pid ${each.pid} term ${each.term} restarts ${each.restarts} severity ${each.severity} ${each.reason ?? ''}`,
      ),
    ),
    ...view.incidents.map(
      (each) => `incident ${each.severity} ${each.cause} also ${each.also.join(',')} next: ${each.next}`,
    ),
  ].join('\n');
}

/** Whose environment or command line names this state folder; who starts others comes first. */
const order: readonly Living['kind'][] = ['keeper', 'agent', 'guard', 'service'];

function livingOf(state: string): Living[] {
  const found: Living[] = [];
  for (const name of entries('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !lives(pid)) continue;
    const words = textOf(`/proc/${name}/cmdline`).split('\0');
    const command = words.join(' ').trim();
    const stateAt = words.indexOf('--state');
    if (stateAt > 0 && words[stateAt + 1] === state) {
      const host = words[words.indexOf('--host') + 1] ?? '';
      const program = words.slice(0, stateAt).join(' ');
      if (/agent\.[jt]s/.test(program)) found.push({ pid, kind: 'agent', host, instance: null, command });
      else if (/keeper\.[jt]s/.test(program)) found.push({ pid, kind: 'keeper', host, instance: null, command });
      continue;
    }
    const mark = textOf(`/proc/${name}/environ`).split('\0');
    const socket = mark.find((each) => each.startsWith(`STANDFAST_ROLE_FILE=${state}/`));
    const instance = mark.find((each) => each.startsWith('STANDFAST_INSTANCE='))?.slice('STANDFAST_INSTANCE='.length);
    if (socket === undefined || instance === undefined) continue;
    found.push({
      pid,
      kind: command.includes('standfast-guard') ? 'guard' : 'service',
      host: /@([^#]*)/.exec(instance)?.[1] ?? '',
      instance,
      command,
    });
  }
  return found.toSorted((x, y) => order.indexOf(x.kind) - order.indexOf(y.kind));
}

/** What must never stand in the log of an agent or a keeper. */
function faultsIn(stand: Stand, host: string): string[] {
  return ['agent.log', 'keeper.log'].flatMap((file) =>
    textOf(stand.at(host, file))
      .split('\n')
      .filter((line) => /invariant|stopped by its own fault|Error: |^ +at /.test(line))
      .map((line) => `${host} ${file}: ${line}`),
  );
}

/** In order, then by force; what was left after `down` is told. */
async function takeDown(stand: Stand): Promise<string[]> {
  for (const each of stand.living()) signal(each.pid, 'SIGCONT');
  if (stand.living().length === 0) return [];
  const { code, stdout, stderr } = await stand.cli('down');
  const left = stand.living();
  await eventually('all of it is gone', () => {
    for (const each of stand.living()) signal(each.pid, 'SIGKILL');
    return stand.living().length === 0;
  });
  return [
    ...(code === 0 ? [] : [`down ended with ${code}: ${stderr} ${stdout}`]),
    ...left.map((each) => `${each.kind} ${each.instance ?? each.host} ${each.command}`),
  ];
}

/** Agent, keeper, guards and services of a host, at once. */
export function killHost(stand: Stand, host: string): void {
  const lost = new Set<number>();
  // Keeper and agent bring each other back within milliseconds: none of them may see the other's end, and what one of them was just starting
  // stands still too.
  for (;;) {
    const living = stand.living().filter((each) => each.host === host && !lost.has(each.pid));
    if (living.length === 0) break;
    for (const { pid } of living) {
      signal(pid, 'SIGSTOP');
      lost.add(pid);
    }
  }
  for (const pid of lost) signal(pid, 'SIGKILL');
}

/** False when there is no such process any more. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
