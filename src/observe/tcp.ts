// Asks whether something accepts connections at an address. For a self-status it also reads what is said there.

import { connect } from 'node:net';
import { type Asked, cannotTell, inWords, no, silent } from './asked.ts';
import { giveUpAfter } from './give-up.ts';

const bodyLimit = 64 * 1024;

/**
 * Connects to `host:port` (IPv6 in brackets). `listen`: wait for a line, a whole JSON value or the end, and hand it back as
 * the body. Never rejects.
 */
export function askTcp(address: string, listen: boolean, withinMs: number, signal: AbortSignal): Promise<Asked> {
  const target = parseAddress(address);
  if (target === null) return Promise.resolve(cannotTell(`${address} is not host:port`));
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port });
    let said = Buffer.alloc(0);
    const finish = (asked: Asked): void => {
      callOff();
      signal.removeEventListener('abort', cancel);
      socket.destroy();
      resolve(asked);
    };
    const cancel = (): void => finish(cannotTell('no longer wanted'));
    const callOff = giveUpAfter(withinMs, () => finish(silent(withinMs)));
    signal.addEventListener('abort', cancel, { once: true });
    const answered = (): void => finish({ result: 'ok', text: 'connected', body: said.toString('utf8') });
    socket.on('connect', () => {
      if (!listen) answered();
    });
    socket.on('data', (chunk) => {
      said = Buffer.concat([said, chunk]);
      if (said.length >= bodyLimit || isWhole(said.toString('utf8'))) answered();
    });
    socket.on('end', answered);
    socket.on('error', (error) => finish(no(inWords(error))));
  });
}

/** A flag on a line, or JSON that is complete (it may hold line breaks). */
function isWhole(text: string): boolean {
  const trimmed = text.trimStart();
  if (!trimmed.startsWith('{')) return trimmed.includes('\n');
  try {
    JSON.parse(trimmed);
    return true;
  } catch {
    return false;
  }
}

/** `host:port`, `[v6]:port`; null when it is neither. */
function parseAddress(address: string): { host: string; port: number } | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || !Number.isInteger(port) || port < 1 || port > 65535 ? null : { host, port };
}
