// The agent's socket: HTTP/1.1 for the services it runs and for the people who ask. It only carries what `AgentAnswers` says.
//
// By hand on node:http, not fastify: 7 to 9 MiB less, with the same time per heartbeat (docs/decisions/020-agent-socket.md).
// Who may connect is who may open the socket: the agent's is its owner's. The members' is everybody's, since a service may run under another account;
// it takes only what services say, each about the instance whose name it was given.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { chmod, lstat, unlink } from 'node:fs/promises';
import type { AgentAnswers } from '../api.ts';
import { errorWords } from '../model/error-words.ts';
import { readBody } from './body.ts';
import { openStream } from './events.ts';
import type { EventStream } from './events.ts';
import { Refusal } from './refusal.ts';
import { routeFor } from './routes.ts';

/** Not by `import`: that reads every export of node:http, the lazy ones too, which loads undici (7 MiB). */
const { createServer } = process.getBuiltinModule('node:http');

/** Listens on the agent's socket until closed. A socket file left behind by a dead agent is replaced; a living one is not: rejects. */
export async function serveAgent(options: {
  readonly socket: string;
  /** Only `/v1/…`, and open to every account. */
  readonly memberSocket: string;
  readonly answers: AgentAnswers;
}): Promise<{ close(): Promise<void> }> {
  const events = openStream(options.answers);
  const people = await listen({ ...options, events, mode: 0o600, only: '/' });
  const members = await listen({ ...options, socket: options.memberSocket, events, mode: 0o666, only: '/v1/' });
  return {
    async close() {
      events.close();
      await Promise.all([people.close(), members.close()]);
    },
  };
}

async function listen(options: {
  readonly socket: string;
  readonly answers: AgentAnswers;
  readonly events: EventStream;
  readonly mode: number;
  /** How the path of a request must begin. */
  readonly only: string;
}): Promise<{ close(): Promise<void> }> {
  await clearStaleSocket(options.socket);
  const server = createServer((request, response) => {
    void answer(request, response, options);
  });
  // A request of ours is a few hundred bytes on a local socket: who takes longer is stuck, and must not hold a connection.
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  // Longer than the longest sensible heartbeat interval, so that a beating service keeps its connection.
  server.keepAliveTimeout = 30_000;
  server.maxHeadersCount = 50;
  server.on('clientError', (_error, socket) => {
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.socket, () => {
      server.off('error', reject);
      resolve();
    });
  });
  await chmod(options.socket, options.mode);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  at: { readonly answers: AgentAnswers; readonly events: EventStream; readonly only: string },
): Promise<void> {
  const { answers, events } = at;
  try {
    const { route, parameter } = routeFor(request.method ?? '', request.url ?? '', at.only);
    if (route.kind === 'events') {
      request.resume();
      events.add(response);
      return;
    }
    const body = await readBody(request, route.mostBytes);
    send(response, await route.answer({ answers, parameter, body, instance: instanceOf(request) }));
  } catch (error) {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const refusal =
      error instanceof Refusal ? error : new Refusal(500, 'SF-709', errorWords(error), 'See the agent’s log.');
    // What is left of a body that nobody will read must not be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    send(response, { status: refusal.status, body: refusal.body() });
  }
}

function send(response: ServerResponse, what: { readonly status: number; readonly body: unknown }): void {
  if (what.body === undefined) {
    response.writeHead(what.status).end();
    return;
  }
  const text = JSON.stringify(what.body);
  response
    .writeHead(what.status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}

function instanceOf(request: IncomingMessage): string | null {
  const header = request.headers['standfast-instance'];
  return typeof header === 'string' && header !== '' ? header : null;
}

/** Removes the file of a socket at which nobody answers. */
async function clearStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw new Error(`${path} exists and is no socket; move it away`);
  if (await someoneListens(path)) throw new Error(`another agent answers at ${path}`);
  await unlink(path).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}

function someoneListens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // ECONNREFUSED and ENOENT mean nobody. Anything else (EAGAIN: its queue is full) means that somebody is there, if slow.
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}
