// The real command line as a child process, and agents that answer from a script at real sockets.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { RunbookAnswers } from '../../src/api-runbook.ts';
import type { DetailsView } from '../../src/api-web.ts';
import type { AgentAnswers, IntentAnswer, IntentRequest, StatusView } from '../../src/api.ts';
import { systemLayout } from '../../src/layout.ts';
import { serveAgent } from '../../src/serve/server.ts';
import { status } from './views.ts';

export const root = join(import.meta.dirname, '..', '..');

/** A folder of one's own, gone after the test. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sf-cli-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const main = join(root, 'src', 'main.ts');

/** Starts `standfast WORDS`. Without a terminal unless `terminal` gives one a width. */
export function startCli(
  t: TestContext,
  words: readonly string[],
  around: Surroundings & { readonly terminal?: number } = {},
): ChildProcess {
  const { NO_COLOR: _no, COLUMNS: _columns, FORCE_COLOR: _force, ...inherited } = process.env;
  const env = { ...inherited, TZ: 'UTC', TERM: 'xterm-256color', ...around.env };
  const command = [process.execPath, main, ...words];
  const child =
    around.terminal === undefined
      ? spawn(process.execPath, [main, ...words], { env, cwd: around.cwd ?? root })
      : // bsdutils' script gives it a terminal and passes on what we type.
        spawn(
          'script',
          ['-qefc', `stty cols ${around.terminal} rows 30; exec ${command.map(quoted).join(' ')}`, '/dev/null'],
          { env, cwd: around.cwd ?? root },
        );
  t.after(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return child;
}

/** Runs `standfast WORDS` to its end. */
export function cli(
  t: TestContext,
  words: readonly string[],
  around: Surroundings & { readonly terminal?: number } = {},
): Promise<Ended> {
  return ended(startCli(t, words, around));
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

/** Resolves when the child has written something that matches; rejects when it ends before. */
export function written(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (part: Buffer | string): void => {
      text += String(part);
      if (pattern.test(text)) resolve(text);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('close', () => reject(new Error(`it ended without ${String(pattern)}:\n${text}`)));
  });
}

export interface FakeAgent {
  readonly socket: string;
  readonly asked: IntentRequest[];
  readonly acked: { incident: string; owner: string }[];
  /** Gives another picture and tells who listens. */
  show(view: StatusView): void;
  close(): Promise<void>;
}

/** An agent of host `host` that answers as told. */
export async function fakeAgent(
  t: TestContext,
  state: string,
  of: {
    readonly host?: string;
    readonly view?: StatusView;
    readonly answer?: IntentAnswer;
    readonly details?: Partial<DetailsView>;
    readonly more?: Partial<AgentAnswers>;
  } = {},
): Promise<FakeAgent> {
  let view = of.view ?? status();
  const listeners = new Set<() => void>();
  const asked: IntentRequest[] = [];
  const acked: { incident: string; owner: string }[] = [];
  const layout = systemLayout(state, view.system).host(of.host ?? 'a');
  mkdirSync(layout.folder, { recursive: true, mode: 0o700 });
  const answers: AgentAnswers = {
    status: () => view,
    failovers: () => Promise.resolve([]),
    found: () => ({ hosts: [] }),
    intents: () => [],
    intend: (request) => {
      asked.push(request);
      return Promise.resolve(of.answer ?? { ok: true, id: 'restart-1', text: `${request.kind}: under way` });
    },
    ack: (id, owner) => {
      acked.push({ incident: id, owner });
      return Promise.resolve(view.incidents.some((each) => each.id === id));
    },
    role: () => null,
    heartbeat: () => false,
    saidStatus: () => false,
    confirm: () => false,
    takeover: () => Promise.resolve({ ok: false, code: 'SF-413', why: 'it is active', next: '' }),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    description: () => ({ text: '', folder: '/', file: '', hash: '', revision: 1 }),
    apply: () => Promise.resolve(of.answer ?? { ok: true, id: '', text: '' }),
    runbooks: noRunbooks,
    elsewhere: { ask: () => Promise.resolve({ ok: false, why: 'nobody is there' }), peers: () => [] },
    console: {
      details: () => ({ host: of.host ?? 'a', measured: [], checks: [], outages: [], figures: null, ...of.details }),
      preview: () => of.answer ?? { ok: true, id: '', text: '' },
      accounts: () => Promise.resolve({ accounts: [], key: '' }),
      putAccount: () => Promise.resolve(),
      removeAccount: () => Promise.resolve(false),
      view: () => ({ state: 'off', url: null, why: 'the description says console: false' }),
    },
    ...of.more,
  };
  const server = await serveAgent({ socket: layout.agentSocket, memberSocket: layout.memberSocket, answers });
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await server.close();
  };
  t.after(close);
  return {
    socket: layout.agentSocket,
    asked,
    acked,
    show(next) {
      view = next;
      for (const listener of listeners) listener();
    },
    close,
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Of an agent that is never asked about runbooks. */
const notAsked = (): Promise<never> => Promise.reject(new Error('nobody asks this agent about runbooks'));
const noRunbooks: RunbookAnswers = {
  list: notAsked,
  show: notAsked,
  start: notAsked,
  runs: notAsked,
  run: notAsked,
  answer: notAsked,
  allow: notAsked,
  abort: notAsked,
  test: notAsked,
  stands: notAsked,
};
