// Whether anybody takes connections at an address. Nothing is sent.

import { connect } from 'node:net';

/** `unreachable`: there is no way to it; `unknown`: it could not be asked, or its name does not resolve. */
export type Answer = 'open' | 'refused' | 'reset' | 'silent' | 'unreachable' | 'unknown';

/** Connects to `host:port` and ends the connection at once. */
export function knock(address: string, withinMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostOf(address), port: Number(address.slice(address.lastIndexOf(':') + 1)) });
    const done = (answer: Answer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(withinMs, () => done('silent'));
    socket.on('connect', () => done('open'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      switch (error.code) {
        case 'ECONNREFUSED':
          return done('refused');
        case 'ECONNRESET':
          return done('reset');
        case 'ETIMEDOUT':
          return done('silent');
        case 'EHOSTUNREACH':
        case 'ENETUNREACH':
          return done('unreachable');
        default:
          return done('unknown');
      }
    });
  });
}

/** Of `host:port`. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
