// Where peers come in: the Unix socket of the state folder, and TCP with mutual TLS for those of other machines. Who does not show itself in time, shows
// no certificate that counts, sends what is no message or falls silent is cut off; strangers can hold few connections, and none for long.

import { chmod, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { MessageReader, type PeerMessage } from './message.ts';
import type { TlsIdentity } from './credentials.ts';

/** Somebody who may speak for `host`. */
export interface Caller {
  readonly host: string;
  reply(message: PeerMessage): void;
}

/** One place where peers come in. */
export interface PeerDoor {
  /** The port that it listens on; null for a Unix socket. */
  readonly port: number | null;
  /** Another certificate for those who come from now on. */
  use(identity: TlsIdentity): void;
  /** Cuts off who no longer counts. */
  sift(): void;
  close(): Promise<void>;
}

/** Handshake and first message. */
const showWithinMs = 5000;
/** A peer pings every second. */
const silentForMs = 10_000;
const mostStrangers = 64;
const mostOfOneAddress = 16;
/** One who takes no answers is cut off. In bytes. */
const mostBuffered = 16 << 20;

/** Whoever can open the socket is the owner of this state. */
export async function openSocketDoor(
  path: string,
  heard: (message: PeerMessage, caller: Caller) => void,
): Promise<PeerDoor> {
  await unlink(path).catch(() => undefined);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    converse(socket, () => true, heard);
  });
  await listening(server, () => server.listen(path));
  await chmod(path, 0o600);
  return { port: null, use: () => undefined, sift: () => undefined, close: () => closeAll(server, open) };
}

/** TLS at this port, or, unless it must be this one, at the next that is free. Rejects when there is none. */
export async function openTlsDoor(
  options: {
    /** Of this machine; null: all of its addresses. */
    readonly address: string | null;
    readonly port: number;
    readonly exactly: boolean;
    readonly identity: TlsIdentity;
    isOf(host: string, socket: TLSSocket): boolean;
  },
  heard: (message: PeerMessage, caller: Caller) => void,
): Promise<PeerDoor> {
  /** Connections that have not said yet who they are, by where they come from. */
  const strangers = new Map<string, Socket>();
  const known = new Map<TLSSocket, string>();
  const server: TlsServer = createTlsServer({
    ...contextOf(options.identity),
    requestCert: true,
    // A fingerprint decides, or a name and an authority, once the first message says who it is.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    handshakeTimeout: showWithinMs,
  });
  server.on('connection', (raw: Socket) => {
    const place = placeOf(raw);
    const near = [...strangers.values()].filter((each) => each.remoteAddress === raw.remoteAddress).length;
    if (strangers.size >= mostStrangers || near >= mostOfOneAddress) {
      raw.destroy();
      return;
    }
    strangers.set(place, raw);
    raw.once('close', () => strangers.delete(place));
    raw.on('error', () => raw.destroy());
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket: TLSSocket) => {
    const place = placeOf(socket);
    socket.once('close', () => known.delete(socket));
    const mayBe = (host: string): boolean => {
      const speaker = known.get(socket);
      if (speaker !== undefined) return speaker === host;
      if (!options.isOf(host, socket)) return false;
      known.set(socket, host);
      strangers.delete(place);
      return true;
    };
    converse(socket, mayBe, heard, true);
  });
  const port = await firstFree(server, options);
  return {
    port,
    use: (identity) => server.setSecureContext(contextOf(identity)),
    sift() {
      for (const [socket, host] of known) if (!options.isOf(host, socket)) socket.destroy();
    },
    close: () => closeAll(server, [...strangers.values(), ...known.keys()]),
  };
}

const portsTried = 32;

async function firstFree(
  server: Server,
  of: { readonly address: string | null; readonly port: number; readonly exactly: boolean },
): Promise<number> {
  for (let port = of.port; ; port += 1)
    try {
      await listening(server, () => server.listen({ port, ...(of.address === null ? {} : { host: of.address }) }));
      return port;
    } catch (error) {
      const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!inUse || of.exactly || port + 1 >= of.port + portsTried) throw error;
    }
}

function placeOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function contextOf(identity: TlsIdentity): { key: string; cert: string; ca?: string } {
  return { key: identity.key, cert: identity.cert, ...(identity.ca === null ? {} : { ca: identity.ca }) };
}

/** Takes messages as long as each names the one host that the connection may speak for. */
function converse(
  socket: Socket,
  mayBe: (host: string) => boolean,
  heard: (message: PeerMessage, caller: Caller) => void,
  network = false,
): void {
  const reader = new MessageReader();
  const cut = (): void => void socket.destroy();
  socket.setNoDelay(true);
  // Only whole messages count: bytes that trickle in do not prolong anything.
  let limit = network ? setTimeout(cut, showWithinMs) : null;
  let shown = false;
  socket.on('error', cut);
  socket.once('close', () => {
    if (limit !== null) clearTimeout(limit);
  });
  socket.on('data', (chunk) => {
    const messages = reader.push(chunk);
    if (messages === null || !messages.every((each) => mayBe(each.from))) {
      cut();
      return;
    }
    if (messages.length > 0 && limit !== null) {
      if (shown) limit.refresh();
      else {
        clearTimeout(limit);
        limit = setTimeout(cut, silentForMs);
      }
      shown = true;
    }
    for (const each of messages)
      heard(each, {
        host: each.from,
        reply(message) {
          if (socket.writableLength > mostBuffered) cut();
          else if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
        },
      });
  });
}

async function listening(server: Server, listen: () => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listen();
  });
}

async function closeAll(server: Server, open: Iterable<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of open) socket.destroy();
  await closed;
}
