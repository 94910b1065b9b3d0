// Asks an agent over its Unix socket: what the command line uses, and other programs may. Every wait is bounded.

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { RunbookAnswers, RunbookQuestion } from './api-runbook.ts';
import type { Account, AccountsView, ConsoleView, DetailsView } from './api-web.ts';
import type {
  ApplyRequest,
  DescriptionView,
  ElsewhereAnswer,
  ElsewhereQuestion,
  FailoverView,
  FoundView,
  IntentAnswer,
  IntentRequest,
  IntentView,
  PeerView,
  StatusView,
} from './api.ts';

/** Not by `import`: that reads every export of node:http, the lazy ones too, which loads undici (7 MiB, 25 ms and more). */
const { request } = process.getBuiltinModule('node:http');

/** What can be asked of an agent. Everything rejects with `AgentUnreachable` when it does not answer in time. */
export interface AgentClient {
  readonly socket: string;
  status(): Promise<StatusView>;
  failovers(): Promise<readonly FailoverView[]>;
  /** What detectors of failure modes see. */
  found(): Promise<FoundView>;
  intents(): Promise<readonly IntentView[]>;
  /** Bounded by 30 s: an agent may have to wait for another host before it can answer. */
  intend(intent: IntentRequest): Promise<IntentAnswer>;
  /** False: no open incident of that name. */
  ack(incident: string, owner: string): Promise<boolean>;
  description(): Promise<DescriptionView>;
  /** Puts another description in force. Bounded like `intend`. */
  apply(request: ApplyRequest): Promise<IntentAnswer>;
  /** Something that lies on another host. Bounded by 10 s. */
  elsewhere(question: ElsewhereQuestion): Promise<ElsewhereAnswer>;
  /** The lines to the other hosts' agents. */
  peers(): Promise<readonly PeerView[]>;
  details(): Promise<DetailsView>;
  /** What the rules would answer now; nothing is done. */
  preview(intent: IntentRequest): Promise<IntentAnswer>;
  /** How this host's console stands. */
  console(): Promise<ConsoleView>;
  accounts(): Promise<AccountsView>;
  putAccount(account: Account): Promise<void>;
  /** False: there is none of that name. */
  removeAccount(name: string): Promise<boolean>;
  /** Runbooks and their runs. A start or a test may take its time: bounded by 10 min. */
  readonly runbooks: RunbookAnswers;
  /** Follows the status until stopped or ended; begins with the present one. */
  events(on: AgentEvents): { stop(): void };
}

/** What `follow` tells of. */
export interface AgentEvents {
  status(status: StatusView): void;
  /** It lives, though nothing changed. Comes each second. */
  alive?(): void;
  /** The stream ended: the agent is gone, or said nothing for 5 s. Called once, not after `stop`. */
  ended(why: string): void;
}

/** The agent did not answer, or not with what it should have. */
export class AgentUnreachable extends Error {
  override readonly name = 'AgentUnreachable';
}

/** It answered that it does not take what it was asked so: `code` and `next` as the agent gave them, `message` says why. */
export class AgentRefused extends AgentUnreachable {
  readonly code: string;
  readonly next: string;

  constructor({ code, why, next }: { readonly code: string; readonly why: string; readonly next: string }) {
    super(why);
    this.code = code;
    this.next = next;
  }
}

const answerWithinMs = 3_000;
const intendWithinMs = 30_000;
const elsewhereWithinMs = 10_000;
/** The checks of many runbooks run one after the other. */
const runbookWithinMs = 600_000;
const silentForMs = 5_000;
/** The longest answer that is read. A status of 500 services has about 300 KiB. In bytes. */
const mostBytes = 64 * 1024 * 1024;

/** A client of the agent at this socket. Opens nothing yet. `withinMs` bounds every question but `intend`. */
export function connectAgent(socket: string, withinMs: number = answerWithinMs): AgentClient {
  async function ask(method: string, path: string, body?: unknown, within = withinMs): Promise<Answer> {
    const answer = await exchange({ socket, method, path, body, withinMs: within });
    if (answer.status >= 500) throw unexpected(socket, answer);
    return answer;
  }
  /** The shape is the agent's promise: both are of one version, and a reader of ours is no border of trust. */
  async function read<T>(path: string): Promise<T> {
    const answer = await ask('GET', path);
    if (answer.status !== 200) throw unexpected(socket, answer);
    return answer.body as T;
  }
  async function runbook<T>(question: RunbookQuestion): Promise<T> {
    const answer = await ask('POST', '/api/v1/runbooks', question, runbookWithinMs);
    if (answer.status === 200) return answer.body as T;
    throw unexpected(socket, answer);
  }
  return {
    socket,
    runbooks: {
      list: () => runbook({ ask: 'list', of: [] }),
      show: (...of) => runbook({ ask: 'show', of }),
      start: (...of) => runbook({ ask: 'start', of }),
      runs: () => runbook({ ask: 'runs', of: [] }),
      run: (...of) => runbook({ ask: 'run', of }),
      answer: (...of) => runbook({ ask: 'answer', of }),
      allow: (...of) => runbook({ ask: 'allow', of }),
      abort: (...of) => runbook({ ask: 'abort', of }),
      test: (...of) => runbook({ ask: 'test', of }),
      stands: (...of) => runbook({ ask: 'stands', of }),
    },
    status: () => read<StatusView>('/api/v1/status'),
    failovers: () => read<readonly FailoverView[]>('/api/v1/failovers'),
    found: () => read<FoundView>('/api/v1/found'),
    intents: () => read<readonly IntentView[]>('/api/v1/intents'),
    description: () => read<DescriptionView>('/api/v1/description'),
    async apply(asked) {
      const answer = await ask('POST', '/api/v1/description', asked, intendWithinMs);
      if (answer.status === 200 || answer.status === 409) return answer.body as IntentAnswer;
      throw unexpected(socket, answer);
    },
    async intend(intent) {
      const answer = await ask('POST', '/api/v1/intents', intent, intendWithinMs);
      if (answer.status === 200 || answer.status === 409) return answer.body as IntentAnswer;
      throw unexpected(socket, answer);
    },
    async ack(incident, owner) {
      const path = `/api/v1/incidents/${encodeURIComponent(incident)}/ack`;
      const answer = await ask('POST', path, { owner });
      if (answer.status === 204) return true;
      if (answer.status === 404) return false;
      throw unexpected(socket, answer);
    },
    async elsewhere(question) {
      const answer = await ask('POST', '/api/v1/elsewhere', question, elsewhereWithinMs);
      if (answer.status === 200) return answer.body as ElsewhereAnswer;
      throw unexpected(socket, answer);
    },
    peers: () => read<readonly PeerView[]>('/api/v1/peers'),
    details: () => read<DetailsView>('/api/v1/details'),
    async preview(intent) {
      const answer = await ask('POST', '/api/v1/intents/preview', intent);
      if (answer.status === 200) return answer.body as IntentAnswer;
      throw unexpected(socket, answer);
    },
    console: () => read<ConsoleView>('/api/v1/console'),
    accounts: () => read<AccountsView>('/api/v1/accounts'),
    async putAccount({ name, ...account }) {
      const answer = await ask('PUT', `/api/v1/accounts/${encodeURIComponent(name)}`, account, intendWithinMs);
      if (answer.status !== 204) throw unexpected(socket, answer);
    },
    async removeAccount(name) {
      const answer = await ask('DELETE', `/api/v1/accounts/${encodeURIComponent(name)}`, undefined, intendWithinMs);
      if (answer.status === 204) return true;
      if (answer.status === 404) return false;
      throw unexpected(socket, answer);
    },
    events: (on) => follow(socket, on),
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Exchange {
  readonly socket: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly withinMs: number;
}

function exchange(asked: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = asked.body === undefined ? '' : JSON.stringify(asked.body);
    const sent = request({
      socketPath: asked.socket,
      method: asked.method,
      path: asked.path,
      agent: false,
      headers: text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    });
    const timer = setTimeout(() => {
      sent.destroy(new AgentUnreachable(`${asked.socket} did not answer within ${asked.withinMs} ms`));
    }, asked.withinMs);
    sent.once('response', (response) => {
      readAnswer(response).then(resolve, reject);
    });
    sent.on('error', (error) => {
      reject(unreachable(asked.socket, error));
    });
    sent.once('close', () => {
      clearTimeout(timer);
      reject(new AgentUnreachable(`${asked.socket} closed without an answer`));
    });
    sent.end(text);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > mostBytes) throw new AgentUnreachable(`the answer is longer than ${mostBytes} bytes`);
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString('utf8');
  try {
    const body: unknown = text === '' ? null : JSON.parse(text);
    return { status: response.statusCode ?? 0, body };
  } catch {
    throw new AgentUnreachable('the answer is no JSON');
  }
}

/** Reads a stream of server-sent events: lines, of which an empty one ends an event. */
function follow(socket: string, on: AgentEvents): { stop(): void } {
  let over = false;
  let rest = '';
  let silence: NodeJS.Timeout | undefined;
  const sent: ClientRequest = request({ socketPath: socket, path: '/api/v1/events', agent: false });

  function end(why: string): void {
    if (over) return;
    over = true;
    clearTimeout(silence);
    sent.destroy();
    on.ended(why);
  }
  function heard(): void {
    clearTimeout(silence);
    silence = setTimeout(() => {
      end(`${socket} said nothing for ${silentForMs} ms`);
    }, silentForMs);
  }
  function take(text: string): void {
    rest += text;
    if (rest.length > mostBytes) {
      end('the agent sent an event without an end');
      return;
    }
    for (let at = rest.indexOf('\n\n'); at !== -1 && !over; at = rest.indexOf('\n\n')) {
      const event = rest.slice(0, at);
      rest = rest.slice(at + 2);
      if (event.startsWith('event: status\ndata: ')) {
        const status: unknown = JSON.parse(event.slice('event: status\ndata: '.length));
        on.status(status as StatusView);
      } else on.alive?.();
    }
  }

  heard();
  sent.on('response', (response) => {
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      heard();
      try {
        take(text);
      } catch (error) {
        end(error instanceof Error ? error.message : String(error));
      }
    });
    response.on('error', (error) => {
      end(error.message);
    });
    response.on('close', () => {
      end('the agent ended the stream');
    });
  });
  sent.on('error', (error) => {
    end(unreachable(socket, error).message);
  });
  sent.end();
  return {
    stop() {
      over = true;
      clearTimeout(silence);
      sent.destroy();
    },
  };
}

function unreachable(socket: string, error: Error): AgentUnreachable {
  if (error instanceof AgentUnreachable) return error;
  return new AgentUnreachable(`nobody answers at ${socket} (${error.message})`, { cause: error });
}

/** An answer that nobody reckoned with: refused, or a fault. */
function unexpected(socket: string, { status, body }: Answer): AgentUnreachable {
  const said = refusalIn(body);
  if (said !== null && status < 500) return new AgentRefused(said);
  return new AgentUnreachable(`${socket} answered ${status}: ${said?.why ?? JSON.stringify(body)}`);
}

/** What stands in `{ error: { code, why, next } }`. */
function refusalIn(body: unknown): { readonly code: string; readonly why: string; readonly next: string } | null {
  if (typeof body !== 'object' || body === null || !('error' in body)) return null;
  const { error } = body;
  if (typeof error !== 'object' || error === null) return null;
  if (!('code' in error && 'why' in error && 'next' in error)) return null;
  const { code, why, next } = error;
  return typeof code === 'string' && typeof why === 'string' && typeof next === 'string' ? { code, why, next } : null;
}
