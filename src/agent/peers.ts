// Straight lines between the agents of one machine: Unix sockets in the state folder, a line of JSON a message. They carry what must be quick
// (look at the store, how I stand) and what must not hang on the store (promises). Losing a message costs time, never safety.

import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { chmod, unlink } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { HostReport } from '../decide/records.ts';
import { readReport } from './records.ts';

export interface PeerEvents {
  nudged(): void;
  report(host: string, report: HostReport): void;
  asked(host: string, ask: number, epoch: number): void;
  answered(host: string, ask: number, given: boolean): void;
  down(leaveRunning: boolean): void;
}

export interface Peers {
  /** Which hosts to talk to, and where they listen. */
  connectTo(hosts: ReadonlyMap<string, string>): void;
  nudge(): void;
  /** The newest report replaces one that has not been sent yet. */
  report(report: HostReport): void;
  ask(hosts: readonly string[], ask: number, epoch: number): void;
  answer(host: string, ask: number, given: boolean): void;
  down(leaveRunning: boolean): void;
  close(): Promise<void>;
}

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nudge'), from: z.string() }),
  z.object({ kind: z.literal('report'), from: z.string(), report: z.unknown() }),
  z.object({ kind: z.literal('ask'), from: z.string(), ask: z.number(), epoch: z.number() }),
  z.object({ kind: z.literal('answer'), from: z.string(), ask: z.number(), given: z.boolean() }),
  z.object({ kind: z.literal('down'), from: z.string(), leaveRunning: z.boolean() }),
]);
type Message = z.infer<typeof message>;

/** Reports within this time become one message. */
const gatherMs = 10;
const retryMs = 250;
/** A peer that takes no more is not waited for: what it missed it reads from the store. */
const mostBuffered = 4 << 20;

/** Listens at `socket` as `me`. */
export async function openPeers(options: { me: string; socket: string; events: PeerEvents }): Promise<Peers> {
  const { me, events } = options;
  const lines = new Map<string, Line>();
  const incoming = new Set<Socket>();
  let pending: HostReport | null = null;
  let last: HostReport | null = null;
  let timer: NodeJS.Timeout | null = null;

  const take = (text: string): void => {
    const parsed = message.safeParse(parse(text));
    if (!parsed.success) return;
    const said = parsed.data;
    switch (said.kind) {
      case 'nudge':
        events.nudged();
        break;
      case 'report': {
        const report = readReport(said.report);
        if (report !== null) events.report(said.from, report);
        break;
      }
      case 'ask':
        events.asked(said.from, said.ask, said.epoch);
        break;
      case 'answer':
        events.answered(said.from, said.ask, said.given);
        break;
      case 'down':
        events.down(said.leaveRunning);
        break;
      default:
        said satisfies never;
    }
  };

  const server = await listen(options.socket, (socket) => {
    incoming.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => incoming.delete(socket));
    createInterface({ input: socket, crlfDelay: Infinity }).on('line', take);
  });

  const toAll = (said: Message): void => {
    if (lines.size === 0) return;
    const text = `${JSON.stringify(said)}\n`;
    for (const line of lines.values()) line.send(text);
  };
  const sendReport = (): void => {
    timer = null;
    if (pending !== null) toAll({ kind: 'report', from: me, report: pending });
    pending = null;
  };

  return {
    connectTo(hosts) {
      for (const [host, line] of lines)
        if (hosts.get(host) !== line.path) {
          line.close();
          lines.delete(host);
        }
      for (const [host, path] of hosts)
        if (host !== me && !lines.has(host))
          lines.set(
            host,
            openLine(path, () =>
              last === null ? null : `${JSON.stringify({ kind: 'report', from: me, report: last })}\n`,
            ),
          );
    },
    nudge() {
      toAll({ kind: 'nudge', from: me });
    },
    report(report) {
      pending = report;
      last = report;
      timer ??= setTimeout(sendReport, gatherMs);
    },
    ask(hosts, ask, epoch) {
      for (const host of hosts) lines.get(host)?.send(`${JSON.stringify({ kind: 'ask', from: me, ask, epoch })}\n`);
    },
    answer(host, ask, given) {
      lines.get(host)?.send(`${JSON.stringify({ kind: 'answer', from: me, ask, given })}\n`);
    },
    down(leaveRunning) {
      toAll({ kind: 'down', from: me, leaveRunning });
    },
    async close() {
      if (timer !== null) clearTimeout(timer);
      for (const line of lines.values()) line.close();
      for (const socket of incoming) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Line {
  readonly path: string;
  send(text: string): void;
  close(): void;
}

/** A connection that comes back by itself. What is sent while it is away is lost, except what `greeting` says on connecting. */
function openLine(path: string, greeting: () => string | null): Line {
  let socket: Socket | null = null;
  let connected = false;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  const dial = (): void => {
    timer = null;
    if (closed) return;
    const made = createConnection(path);
    socket = made;
    made.on('connect', () => {
      connected = true;
      const hello = greeting();
      if (hello !== null) made.write(hello);
    });
    made.on('error', () => made.destroy());
    made.on('close', () => {
      connected = false;
      if (!closed && timer === null) timer = setTimeout(dial, retryMs);
    });
    made.resume();
  };
  dial();
  return {
    path,
    send(text) {
      if (connected && socket !== null && socket.writableLength < mostBuffered) socket.write(text);
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      socket?.destroy();
    },
  };
}

async function listen(path: string, connection: (socket: Socket) => void): Promise<Server> {
  await unlink(path).catch(() => undefined);
  const server = createServer(connection);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
  await chmod(path, 0o600);
  return server;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
