// One HTTP/2 connection to a member, made when it is needed. connect-node's own manager is not used: when a connection that it gave up is dropped
// in the same moment, the error of it is heard by nobody and ends the process. Pings are not needed: a member that hangs is noticed by calls.

import { connect, type ClientHttp2Session, type SecureClientSessionOptions } from 'node:http2';
import type { createGrpcTransport } from '@connectrpc/connect-node';

/** What connect-node wants of a connection (its interface of that name is not exported). */
type Connection = NonNullable<Parameters<typeof createGrpcTransport>[0]['sessionManager']>;

/** What Connect needs of a connection, and a way to end it. */
export interface EtcdSession extends Connection {
  /** Ends the connection and all that is open on it; a later request makes another. */
  abort(): void;
}

/** Nothing is opened before the first request. */
export function sessionTo(authority: string, options: SecureClientSessionOptions): EtcdSession {
  let current: { readonly session: ClientHttp2Session; readonly ready: Promise<void> } | null = null;

  const open = (): NonNullable<typeof current> => {
    const session = connect(authority, options);
    const ready = new Promise<void>((resolve, reject) => {
      session.once('connect', () => {
        resolve();
      });
      // Stays for as long as the connection lives: streams and `ready` tell of it, and an error without a listener ends the process.
      session.on('error', reject);
      session.once('close', () => {
        forget(session);
        reject(new Error(`the connection to ${authority} was closed`));
      });
    });
    ready.catch(() => undefined);
    // The member goes down in an orderly way: what is open may end, what is new goes elsewhere.
    session.once('goaway', () => {
      forget(session);
    });
    return { session, ready };
  };
  const forget = (session: ClientHttp2Session): void => {
    if (current?.session === session) current = null;
  };

  return {
    authority,
    async request(method, path, headers, streamOptions) {
      if (current !== null && (current.session.closed || current.session.destroyed)) current = null;
      current ??= open();
      const { session, ready } = current;
      await ready;
      return session.request({ ...headers, ':method': method, ':path': path }, streamOptions);
    },
    notifyResponseByteRead: () => undefined,
    abort() {
      const old = current;
      current = null;
      old?.session.destroy();
    },
  };
}
