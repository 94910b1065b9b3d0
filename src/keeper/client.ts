// The agent's side of the keeper's socket: the `Keeper` port over one connection. A request ends as `unknown` when its time is over or the
// connection breaks, for then nobody can say whether it was done. Connecting again is for the agent to decide.

import { createConnection } from 'node:net';
import type { Socket } from 'node:net';

import { readStat } from './proc.ts';
import { done } from './refusal.ts';
import type { Shape } from './shapes.ts';
import { answerShape, endedShape, lineReader, stateShape, valueShapes } from './wire.ts';
import type { Verb } from './wire.ts';
import { ms } from '../model/units.ts';
import type { Ms } from '../model/units.ts';
import type { Keeper, KeeperAnswer, KeeperEvents } from '../ports.ts';

/** The keeper of this host, while it is connected. */
export interface KeeperClient extends Keeper {
  /** Connects, or connects again, and says hello. Done when `hello` was told to the events; then, and only then, requests go through. */
  connect(): Promise<KeeperAnswer<null>>;
  /** Breaks the connection. What is under way ends as unknown; `lost` is not told. */
  close(): void;
}

interface ClientLimits {
  /** Every request but a start; 2 s unless said. */
  readonly answerWithin: Ms;
  /** A start is over when the program runs, which may have to be read from a slow disk; 10 s unless said. */
  readonly startWithin: Ms;
}

/** A client for the keeper at `path`. Does not connect yet. */
export function connectKeeper(path: string, events: KeeperEvents, limits: Partial<ClientLimits> = {}): KeeperClient {
  return new SocketKeeper(path, events, { answerWithin: ms(2000), startWithin: ms(10_000), ...limits });
}

interface Pending {
  settle(answer: unknown): void;
  lost(why: string): void;
}

class SocketKeeper implements KeeperClient {
  readonly #path: string;
  readonly #events: KeeperEvents;
  readonly #limits: ClientLimits;
  readonly #pending = new Map<number, Pending>();
  #socket: Socket | null = null;
  #greeted = false;
  #id = 0;
  #lostBecause = '';

  constructor(path: string, events: KeeperEvents, limits: ClientLimits) {
    this.#path = path;
    this.#events = events;
    this.#limits = limits;
  }

  connect(): Promise<KeeperAnswer<null>> {
    this.close();
    this.#lostBecause = 'the connection to the keeper broke';
    return new Promise((resolve) => {
      const socket = createConnection(this.#path);
      this.#socket = socket;
      const timer = setTimeout(
        () => socket.destroy(new Error('the keeper did not answer to hello in time')),
        this.#limits.answerWithin,
      );
      const read = lineReader((line) => {
        if (this.#socket !== socket || this.#hear(line) !== 'hello') return;
        clearTimeout(timer);
        resolve(done(null));
      });
      socket.setEncoding('utf8');
      socket.on('connect', () => greet(socket));
      socket.on('data', (chunk: string) => {
        if (!read(chunk)) socket.destroy(new Error('the keeper speaks another protocol'));
      });
      socket.on('error', (error) => (this.#lostBecause = error.message));
      socket.on('close', () => {
        clearTimeout(timer);
        resolve({ kind: 'unknown', why: this.#lostBecause });
        if (this.#socket === socket) this.#lose();
      });
    });
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#greeted = false;
    socket?.destroy();
    this.#forsake('the connection to the keeper was closed here');
  }

  start(request: Parameters<Keeper['start']>[0]): ReturnType<Keeper['start']> {
    return this.#ask('start', request, valueShapes.start, this.#limits.startWithin);
  }
  stop(request: Parameters<Keeper['stop']>[0]): ReturnType<Keeper['stop']> {
    return this.#ask('stop', request, valueShapes.stop);
  }
  kill(request: Parameters<Keeper['kill']>[0]): ReturnType<Keeper['kill']> {
    return this.#ask('kill', request, valueShapes.kill);
  }
  activate(request: Parameters<Keeper['activate']>[0]): ReturnType<Keeper['activate']> {
    return this.#ask('activate', request, valueShapes.activate);
  }
  extend(request: Parameters<Keeper['extend']>[0]): ReturnType<Keeper['extend']> {
    return this.#ask('extend', request, valueShapes.extend);
  }
  deactivate(request: Parameters<Keeper['deactivate']>[0]): ReturnType<Keeper['deactivate']> {
    return this.#ask('deactivate', request, valueShapes.deactivate);
  }
  disarm(request: Parameters<Keeper['disarm']>[0]): ReturnType<Keeper['disarm']> {
    return this.#ask('disarm', request, valueShapes.disarm);
  }
  forget(request: Parameters<Keeper['forget']>[0]): ReturnType<Keeper['forget']> {
    return this.#ask('forget', request, valueShapes.forget);
  }
  ping(): ReturnType<Keeper['ping']> {
    return this.#ask('ping', null, valueShapes.ping);
  }
  quit(request: Parameters<Keeper['quit']>[0]): ReturnType<Keeper['quit']> {
    return this.#ask('quit', request, valueShapes.quit, ms(this.#limits.answerWithin + 2000));
  }

  #ask<T>(
    verb: Verb,
    request: unknown,
    value: Shape<T>,
    within: Ms = this.#limits.answerWithin,
  ): Promise<KeeperAnswer<T>> {
    const socket = this.#socket;
    if (socket === null || !this.#greeted)
      return Promise.resolve({ kind: 'unknown', why: 'there is no connection to the keeper' });
    const shape = answerShape(value);
    const id = ++this.#id;
    return new Promise((resolve) => {
      const finish = (answer: KeeperAnswer<T>): void => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(
        () => finish({ kind: 'unknown', why: `the keeper did not answer to ${verb} within ${within} ms` }),
        within,
      );
      this.#pending.set(id, {
        settle: (answer) =>
          finish(
            shape(answer) ? answer : { kind: 'unknown', why: `the keeper's answer to ${verb} was not understood` },
          ),
        lost: (why) => finish({ kind: 'unknown', why }),
      });
      gather(socket);
      socket.write(`${JSON.stringify({ id, do: verb, with: request })}\n`);
    });
  }

  /** Tells `hello` when it was one. */
  #hear(line: unknown): 'hello' | null {
    if (typeof line !== 'object' || line === null) return null;
    if ('id' in line && typeof line.id === 'number' && 'answer' in line)
      this.#pending.get(line.id)?.settle(line.answer);
    if (!('event' in line)) return null;
    if (line.event === 'replaced') this.#lostBecause = 'another agent took this one’s place';
    if (line.event === 'ended' && 'ended' in line && endedShape(line.ended)) this.#events.ended(line.ended);
    if (line.event !== 'hello' || !('state' in line) || !stateShape(line.state)) return null;
    this.#greeted = true;
    this.#events.hello(line.state);
    return 'hello';
  }

  #lose(): void {
    const told = this.#greeted;
    this.#socket = null;
    this.#greeted = false;
    this.#forsake(this.#lostBecause);
    if (told) this.#events.lost(this.#lostBecause);
  }

  #forsake(why: string): void {
    for (const pending of this.#pending.values()) pending.lost(why);
  }
}

/** What is asked in one turn goes out together, except that a long list does not wait for its end: the keeper begins meanwhile. */
function gather(socket: Socket): void {
  if (socket.writableCorked > 0) {
    if (socket.writableLength > mostGathered) socket.uncork();
    else return;
  }
  socket.cork();
  setImmediate(() => socket.uncork());
}

const mostGathered = 16 * 1024;

function greet(socket: Socket): void {
  const startTicks = readStat(process.pid)?.startTicks ?? 0;
  socket.write(`${JSON.stringify({ id: 0, do: 'hello', with: { pid: process.pid, startTicks } })}\n`);
}
