// Who of a host's two processes is there, told by its socket; and whether they have ended, which is a little later.

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

import type { SystemLayout } from '../../layout.ts';
import type { ChosenSystem, Context } from '../context.ts';

/** Whether an agent or a keeper whose socket is gone has ended is looked for so long, which is longer than they give themselves on a stalled disk. */
const endWithinMs = 15_000;
const endLookMs = 10;

/** True when somebody accepts connections at the socket. */
function answersAt(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const timer = setTimeout(() => {
      end(false);
    }, 1_000);
    function end(answers: boolean): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(answers);
    }
    socket.once('connect', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
  });
}

/** Who answered at its socket. */
export interface Presence {
  readonly host: string;
  readonly agent: boolean;
  readonly keeper: boolean;
}

/** Agent and keeper of every host. */
export function presences(layout: SystemLayout, hosts: readonly string[]): Promise<readonly Presence[]> {
  return Promise.all(
    hosts.map(async (host): Promise<Presence> => {
      const at = layout.host(host);
      const [agent, keeper] = await Promise.all([answersAt(at.agentSocket), answersAt(at.keeperSocket)]);
      return { host, agent, keeper };
    }),
  );
}

/** Agents and keepers close their sockets, and end later: whoever looks for their processes after this finds none. */
export async function processesGone(context: Context, system: ChosenSystem, hosts: readonly string[]): Promise<void> {
  const locks = hosts.flatMap((host) =>
    ['agent', 'keeper'].map((kind) => join(system.layout.host(host).folder, `${kind}.lock`)),
  );
  const pids = await Promise.all(locks.map((lock) => readFile(lock, 'utf8').catch(() => '')));
  const are = pids.map(Number).filter((pid) => pid > 0);
  for (
    const untilMs = context.now() + endWithinMs;
    context.now() < untilMs && are.some((pid) => isOurs(pid, system.name));
  )
    await rest(endLookMs);
}

/** It lives, and is an agent or a keeper of this system: the number may have been given out again. */
function isOurs(pid: number, system: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.includes(system) && words.some((word) => /\b(agent|keeper)\.[jt]s$/.test(word));
  } catch {
    return false;
  }
}
