// The console's HTTP side, served for real, over a port that answers from pictures.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AddressInfo } from 'node:net';
import type { RunbookRefusal } from '../../../src/api-runbook.ts';
import type { Account, ConsoleStatus } from '../../../src/api-web.ts';
import type { IntentAnswer, IntentRequest, StatusView } from '../../../src/api.ts';
import type { ConsoleChoice } from '../../../src/model/system.ts';
import { consoleApp, type WebOptions } from '../../../src/serve/web/app.ts';
import { hashed } from '../../../src/serve/web/passwords.ts';
import type { ConsolePort } from '../../../src/serve/web/port.ts';
import { failoverView, status } from '../../cli/views.ts';

export interface Told {
  readonly intents: IntentRequest[];
  readonly acks: { incident: string; owner: string }[];
}

export interface Picture {
  readonly port: ConsolePort;
  readonly told: Told;
  readonly accounts: Account[];
  /** Shows another status and tells who follows. */
  readonly show: (view: StatusView, source?: Partial<ConsoleStatus['source']>) => void;
  /** How many follow now. */
  readonly followed: () => number;
}

const none = (): Promise<RunbookRefusal> =>
  Promise.resolve({ ok: false, code: 'SF-461', why: 'there is none of that name', next: 'standfast runbook list' });

/** A port that answers from what it was given. */
export function picture(more: Partial<ConsolePort> & { readonly answer?: IntentAnswer } = {}): Picture {
  const told: Told = { intents: [], acks: [] };
  const accounts: Account[] = [];
  const listeners = new Set<() => void>();
  let shown: { readonly view: StatusView; readonly source: Partial<ConsoleStatus['source']> } = {
    view: status(),
    source: {},
  };
  // Heard just now, unless it is said when: an agent that lives goes on telling.
  const present = (): ConsoleStatus => ({
    ...shown.view,
    source: { host: 'a', agent: 'live', asOfMs: Date.now(), why: null, ...shown.source },
  });
  const { answer = { ok: true, id: 'restart-1', text: 'under way' }, ...rest } = more;
  const port: ConsolePort = {
    present,
    follow(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    status: () => Promise.resolve(present()),
    failovers: () => Promise.resolve([failoverView()]),
    intents: () => Promise.resolve([]),
    intend(asked) {
      told.intents.push(asked);
      return Promise.resolve(answer);
    },
    preview: () => Promise.resolve(answer),
    ack(incident, owner) {
      told.acks.push({ incident, owner });
      return Promise.resolve(shown.view.incidents.some((each) => each.id === incident));
    },
    details: () => Promise.resolve({ of: [], missing: [] }),
    explain: () => Promise.resolve(null),
    journal: () => Promise.resolve({ lines: [], more: false, missing: [] }),
    pastIncidents: () => Promise.resolve([]),
    incident: () => Promise.resolve(null),
    logs: (service) => Promise.resolve({ service, outputs: [], missing: [] }),
    happenings: () => Promise.resolve([]),
    topology: () => Promise.resolve(null),
    assessment: () => Promise.resolve({ state: 'failed', hash: '', why: 'not here' }),
    runbooks: () => ({
      list: () => Promise.resolve([]),
      show: none,
      start: none,
      runs: () => Promise.resolve([]),
      run: none,
      answer: none,
      allow: none,
      abort: none,
      test: none,
      stands: none,
    }),
    accounts: () => Promise.resolve({ accounts, key: Buffer.alloc(32, 7).toString('base64url') }),
    ...rest,
  };
  return {
    port,
    told,
    accounts,
    show(view, source = {}) {
      shown = { view, source };
      for (const listener of listeners) listener();
    },
    followed: () => listeners.size,
  };
}

export const loopback: ConsoleChoice = {
  address: '127.0.0.1',
  port: 0,
  usual: false,
  tls: null,
  names: [],
  oidc: null,
};

export interface Served {
  readonly port: number;
  readonly logged: string[];
  readonly ask: (asked: Asked) => Promise<Answer>;
  /** Signs in and gives what acting needs. */
  signIn(name: string, password: string): Promise<Record<string, string>>;
}

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

/** Whatever JSON.parse gives: tests look into it freely. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** What is no JSON: null. */
  readonly json: Json;
}

/** Serves it on a free port, with pages of its own, until the test ends. */
export async function serve(t: TestContext, port: ConsolePort, more: Partial<WebOptions> = {}): Promise<Served> {
  const home = mkdtempSync(join(tmpdir(), 'sf-pages-'));
  const pages = join(home, 'pages');
  mkdirSync(join(pages, 'assets'), { recursive: true });
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(pages, 'assets', 'main-1234.js'), 'export {};');
  writeFileSync(join(home, 'sf-secret.txt'), 'secret');
  const logged: string[] = [];
  const app = consoleApp({
    port,
    system: 'pricing',
    choice: loopback,
    tls: null,
    pages,
    version: '0.0.0',
    names: ['myhost'],
    log: (text) => logged.push(text),
    ...more,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await app.close();
    rmSync(home, { recursive: true, force: true });
  });
  const { port: number } = app.server.address() as AddressInfo;
  const asking = (asked: Asked): Promise<Answer> => ask(number, asked);
  return {
    port: number,
    logged,
    ask: asking,
    async signIn(name, password) {
      const answer = await asking({ method: 'POST', path: '/api/v1/sign-in', body: { name, password } });
      const cookie = String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? '';
      return { cookie, 'standfast-csrf': String(answer.json?.csrf) };
    },
  };
}

/** One request on a connection of its own. */
export async function ask(port: number, { method = 'GET', path, headers = {}, body }: Asked): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const sent = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    agent: false,
    headers: {
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...headers,
    },
  });
  sent.end(text);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let read = '';
  for await (const part of response.setEncoding('utf8')) read += String(part);
  let json: unknown = null;
  try {
    json = JSON.parse(read);
  } catch {
    // said by null
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: read, json };
}

export async function account(name: string, role: Account['role'], password = 'correct horse'): Promise<Account> {
  return { name, role, password: await hashed(password), changedAtMs: 1, by: 'root' };
}
