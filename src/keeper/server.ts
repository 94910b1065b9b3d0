// The keeper's socket. One agent at a time: whoever says hello last is the agent, for an agent that was replaced or restarted must not wait for
// the old one. Before anything that came in is looked at, deadlines that passed meanwhile are struck.

import { chmod, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import { errorWords } from '../model/error-words.ts';
import type { Owner } from './owner.ts';
import { refuse } from './refusal.ts';
import { helloShape, lineReader, requestShapes } from './wire.ts';
import type { AgentIdentity, KeeperState, Verb } from './wire.ts';
import type { EndedInstance, KeeperAnswer } from '../ports.ts';

/** The socket while the keeper lives. */
export interface KeeperServer {
  /** Tells the agent, when there is one; it learns it at its next hello else. */
  tellEnded(ended: EndedInstance): void;
  close(): Promise<void>;
}

interface ServerPorts {
  readonly owner: Owner;
  /** First of all at each message. */
  readonly sweep: () => void;
  readonly state: () => KeeperState;
  /** An agent said hello, or the one that did is gone (null). */
  readonly agent: (agent: AgentIdentity | null) => void;
}

/** Listens at `path`, in place of what a dead keeper left there: the caller holds the lock. */
export async function serveKeeper(path: string, ports: ServerPorts): Promise<KeeperServer> {
  let current: Socket | null = null;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.setEncoding('utf8');
    const read = lineReader((line) => void hear(socket, line));
    socket.on('data', (chunk: string) => {
      ports.sweep();
      if (!read(chunk)) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      open.delete(socket);
      if (current !== socket) return;
      current = null;
      ports.agent(null);
    });
  });

  async function hear(socket: Socket, line: unknown): Promise<void> {
    const call = callIn(line);
    if (call === null) {
      socket.destroy();
      return;
    }
    if (call.verb === 'hello') {
      if (helloShape(call.request)) welcome(socket, call.request);
      else socket.destroy();
      return;
    }
    const answer =
      call.verb === 'ping' || socket === current
        ? await answerTo(ports.owner, call.verb, call.request, () => socket === current)
        : refuse('badRequest', 'say hello first; another agent may have taken this one’s place');
    say(socket, { id: call.id, answer });
  }

  function welcome(socket: Socket, agent: AgentIdentity): void {
    if (current !== null && current !== socket) {
      say(current, { event: 'replaced' });
      current.end();
    }
    current = socket;
    say(socket, { event: 'hello', state: ports.state() });
    ports.agent(agent);
  }

  await rm(path, { force: true });
  await listening(server, path);
  await chmod(path, 0o600);
  return {
    tellEnded: (ended) => {
      if (current !== null) say(current, { event: 'ended', ended });
    },
    close: async () => {
      server.close();
      for (const socket of open) socket.end();
      await rm(path, { force: true }).catch(() => undefined);
    },
  };
}

interface Call {
  readonly id: number;
  readonly verb: Verb | 'hello';
  readonly request: unknown;
}

function callIn(line: unknown): Call | null {
  if (typeof line !== 'object' || line === null || !('id' in line) || !('do' in line)) return null;
  const { id, do: verb } = line;
  if (typeof id !== 'number' || typeof verb !== 'string' || !isVerb(verb)) return null;
  return { id, verb, request: 'with' in line ? line.with : null };
}

function isVerb(word: string): word is Verb | 'hello' {
  return word === 'hello' || word in requestShapes;
}

async function answerTo(
  owner: Owner,
  verb: Verb,
  request: unknown,
  wanted: () => boolean,
): Promise<KeeperAnswer<unknown>> {
  try {
    return await dispatch(owner, verb, request, wanted);
  } catch (error) {
    return { kind: 'unknown', why: `the keeper failed at ${verb}: ${errorWords(error)}` };
  }
}

function dispatch(owner: Owner, verb: Verb, request: unknown, wanted: () => boolean): Promise<KeeperAnswer<unknown>> {
  switch (verb) {
    case 'start':
      return requestShapes.start(request) ? owner.start(request, wanted) : misshaped(verb);
    case 'stop':
      return requestShapes.stop(request) ? owner.stop(request) : misshaped(verb);
    case 'kill':
      return requestShapes.kill(request) ? owner.kill(request) : misshaped(verb);
    case 'activate':
      return requestShapes.activate(request) ? owner.activate(request) : misshaped(verb);
    case 'extend':
      return requestShapes.extend(request) ? owner.extend(request) : misshaped(verb);
    case 'deactivate':
      return requestShapes.deactivate(request) ? owner.deactivate(request) : misshaped(verb);
    case 'disarm':
      return requestShapes.disarm(request) ? owner.disarm(request) : misshaped(verb);
    case 'forget':
      return requestShapes.forget(request) ? owner.forget(request) : misshaped(verb);
    case 'ping':
      return owner.ping();
    case 'quit':
      return requestShapes.quit(request) ? owner.quit(request) : misshaped(verb);
    default:
      return verb satisfies never;
  }
}

async function misshaped(verb: Verb): Promise<KeeperAnswer<never>> {
  return refuse(
    'badRequest',
    `the request to ${verb} lacks a field or has one of another type: agent and keeper may be of different versions`,
  );
}

function say(socket: Socket, message: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
