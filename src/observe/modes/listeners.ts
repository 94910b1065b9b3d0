// Sockets that listen on this host, and how many connections wait to be accepted at each: ss(8), tcp_diag for the meaning of its queues.

import { isIP } from 'node:net';
import type { Ground } from './ground.ts';
import { hostOf } from './knock.ts';

/** One of them. `address`: as ss writes it, `0.0.0.0:80`, `[::1]:80`, `*:80`. */
export interface Listener {
  readonly address: string;
  /** Connections that nobody has accepted yet. */
  readonly waiting: number;
  /** So many may wait. */
  readonly most: number;
}

/** All TCP sockets that listen; none when it cannot be told. */
export async function listeners(ground: Ground): Promise<readonly Listener[]> {
  const asked = await ground.ask(['ss', '-Hltn'], { on: 'ss listening', within: 3000 });
  if (asked.kind !== 'ended') return [];
  return asked.output.split('\n').flatMap((line): Listener[] => {
    const [state, waiting, most, address] = line.trim().split(/\s+/);
    return state === 'LISTEN' && address !== undefined
      ? [{ address, waiting: Number(waiting), most: Number(most) }]
      : [];
  });
}

/** Those that take connections to `host:port`; of a name all on that port, since nobody knows here where it leads. */
export function listensAt(all: readonly Listener[], address: string): readonly Listener[] {
  const port = address.slice(address.lastIndexOf(':'));
  const host = hostOf(address);
  const family = isIP(host);
  return all.filter((each) => {
    if (!each.address.endsWith(port)) return false;
    const at = hostOf(each.address).replace(/%.*$/, '');
    // `*` takes both families, `[::]` only its own.
    return family === 0 || at === host || at === '*' || at === (family === 4 ? '0.0.0.0' : '::');
  });
}
