// Processes that agents of a system started and that still run, found by the mark in their environment.

import { readdir, readFile } from 'node:fs/promises';
import type { SystemLayout } from '../../layout.ts';

interface Leftover {
  readonly pid: number;
  readonly service: string;
  readonly host: string;
}

/** Living processes with the agent socket of one of these hosts in their environment. Those of other users can't be seen. */
export async function leftovers(layout: SystemLayout, hosts: readonly string[]): Promise<readonly Leftover[]> {
  const sockets = new Map(hosts.map((host) => [`STANDFAST_SOCKET=${layout.host(host).memberSocket}`, host]));
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<Leftover | null> => {
      const environment = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
      const host = environment.map((entry) => sockets.get(entry)).find((each) => each !== undefined);
      const service = environment
        .find((entry) => entry.startsWith('STANDFAST_SERVICE='))
        ?.slice('STANDFAST_SERVICE='.length);
      return host === undefined ? null : { pid: Number(pid), service: service ?? '?', host };
    }),
  );
  return found.filter((each) => each !== null);
}
