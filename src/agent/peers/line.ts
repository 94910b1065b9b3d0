// A connection to one peer that comes back by itself: the Unix socket in a shared state folder, else TLS. What is sent while it is away is lost, except
// what the greeting says on connecting. A far end that lost its power says nothing and closes nothing: who does not answer a ping is gone.

import { createConnection, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { MessageReader, type PeerMessage } from './message.ts';
import type { TlsIdentity } from './credentials.ts';

/** How a peer can be reached now. */
export interface PeerWay {
  /** In a state folder that we share, if it is there; tried first. */
  readonly socket: string | null;
  /** Null: with no identity of ours or no place of its, it cannot be reached over the network. */
  readonly network: { readonly address: string; readonly port: number; readonly identity: TlsIdentity } | null;
  /** Why `network` is null. */
  readonly why: string | null;
}

/** One peer, connected or not. */
export interface Line {
  send(message: PeerMessage): void;
  /** Where it connects, or who counts there, may have changed: looks again, and leaves a connection to who no longer counts. */
  again(): void;
  readonly state: () => LineState;
  close(): void;
}

interface LineState {
  readonly connected: boolean;
  readonly by: 'socket' | 'network' | null;
  /** Why it is not connected; null: it is, or was not tried yet. */
  readonly why: string | null;
}

const retryMs = 250;
/** Connecting and the handshake together. */
const connectWithinMs = 3000;
const pingEveryMs = 1000;
const pongWithinMs = 3000;
/** A peer that takes no more is not waited for: what it missed it reads from the store. In bytes. */
const mostBuffered = 4 << 20;

/** Connects, and goes on until closed. */
export function openLine(options: {
  readonly me: string;
  way(): PeerWay;
  /** Why the far end of a TLS connection is not the peer that we mean; null: it is. */
  whyNotPeer(socket: TLSSocket): string | null;
  greeting(): PeerMessage | null;
  heard(message: PeerMessage): void;
}): Line {
  let socket: Socket | null = null;
  let connected = false;
  let by: LineState['by'] = null;
  let why: string | null = null;
  let closed = false;
  let socketFailed = false;
  let timer: NodeJS.Timeout | null = null;
  let pings: NodeJS.Timeout | null = null;

  const dial = (): void => {
    timer = null;
    if (closed) return;
    const way = options.way();
    if (way.socket !== null && !(socketFailed && way.network !== null)) {
      by = 'socket';
      use(createConnection(way.socket), 'connect');
    } else if (way.network !== null) {
      by = 'network';
      const { address, port, identity } = way.network;
      use(
        connectTls({
          host: address,
          port,
          key: identity.key,
          cert: identity.cert,
          ...(identity.ca === null ? {} : { ca: identity.ca }),
          // Whose it is, is looked at by its fingerprint, or by its name and its authority, below.
          rejectUnauthorized: false,
          checkServerIdentity: () => undefined,
          minVersion: 'TLSv1.3',
        }),
        'secureConnect',
      );
    } else {
      ({ why } = way);
      later();
    }
  };
  const later = (): void => {
    if (!closed) timer ??= setTimeout(dial, retryMs);
  };
  const use = (made: Socket, ready: 'connect' | 'secureConnect'): void => {
    socket = made;
    const reader = new MessageReader();
    const limit = setTimeout(() => made.destroy(new Error('it does not answer')), connectWithinMs);
    let heardAt = 0;
    made.setNoDelay(true);
    made.once(ready, () => {
      clearTimeout(limit);
      const stranger = made instanceof TLSSocket ? options.whyNotPeer(made) : null;
      if (stranger !== null) {
        made.destroy(new Error(stranger));
        return;
      }
      connected = true;
      why = null;
      socketFailed = false;
      heardAt = performance.now();
      if (ready === 'secureConnect')
        pings = setInterval(() => {
          if (performance.now() - heardAt > pongWithinMs) made.destroy(new Error('it no longer answers'));
          else write({ kind: 'ping', from: options.me });
        }, pingEveryMs);
      const hello = options.greeting();
      if (hello !== null) write(hello);
    });
    made.on('data', (chunk) => {
      heardAt = performance.now();
      const messages = connected ? reader.push(chunk) : [];
      if (messages === null) made.destroy(new Error('it does not keep to the form'));
      else for (const each of messages) options.heard(each);
    });
    made.on('error', (error) => {
      why = error.message;
      made.destroy();
    });
    made.once('close', () => {
      clearTimeout(limit);
      if (pings !== null) clearInterval(pings);
      pings = null;
      if (!connected && by === 'socket') socketFailed = true;
      else socketFailed = false;
      if (connected) why ??= 'it closed the connection';
      connected = false;
      later();
    });
  };
  const write = (message: PeerMessage): void => {
    if (connected && socket !== null && socket.writableLength < mostBuffered)
      socket.write(`${JSON.stringify(message)}\n`);
  };

  dial();
  return {
    send: write,
    again() {
      if (connected && by === 'network' && socket instanceof TLSSocket && options.whyNotPeer(socket) !== null)
        socket.destroy();
      if (timer === null) return;
      clearTimeout(timer);
      dial();
    },
    state: () => ({ connected, by: connected ? by : null, why: connected ? null : why }),
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      socket?.destroy();
    },
  };
}
