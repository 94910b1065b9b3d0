// Which host this agent is of, and that it is the only one: the command line, the folders, the lock, and what tells this machine and this boot from others.

import { mkdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeForOwner } from '../account.ts';
import { takeLock } from '../keeper/lock.ts';
import { bootId } from '../keeper/proc.ts';
import { systemLayout, type HostLayout, type SystemLayout } from '../layout.ts';
import { ownMachine } from './machine.ts';

interface ThisHost {
  readonly stateDir: string;
  readonly systemName: string;
  /** The host's name. */
  readonly me: string;
  readonly system: SystemLayout;
  readonly layout: HostLayout;
  /** A line of the agent's log. */
  readonly log: (text: string) => void;
  readonly boot: string;
  /** See SessionRecord. */
  readonly machine: string;
  /** Of who ran `up`: a keeper that this agent starts hands it to the services. */
  readonly umask: number;
}

/** An end that the keeper understands; it starts another agent after any. */
const otherAgentExit = 3;

/** Ends the process when it was not told which host, or another agent of it lives. */
export async function thisHost(): Promise<ThisHost> {
  const { values } = parseArgs({
    options: { state: { type: 'string' }, system: { type: 'string' }, host: { type: 'string' } },
  });
  const { state: stateDir, system: systemName, host: me } = values;
  if (stateDir === undefined || systemName === undefined || me === undefined) {
    process.stderr.write('agent: --state, --system and --host are needed; `standfast up` starts it\n');
    process.exit(2);
  }
  const system = systemLayout(stateDir, systemName);
  const layout = system.host(me);
  const log = (text: string): void => {
    process.stderr.write(`${new Date().toISOString()} agent ${me}: ${text}\n`);
  };
  const umask = writeForOwner();
  await mkdir(layout.logs, { recursive: true, mode: 0o700 });
  // A former life that is stopped, or that another keeper knows nothing of, would fight with this one over sockets, keeper and session.
  const other = takeLock(join(layout.folder, 'agent.lock'), 'agent');
  if (other !== null) {
    log(other.why);
    process.exit(otherAgentExit);
  }
  // Hosts made of network namespaces share a boot but are not one machine.
  const boot = `${bootId()}:${await readlink('/proc/self/ns/net').catch(() => '')}`;
  const machine = await ownMachine(layout.machineFile);
  return { stateDir, systemName, me, system, layout, log, boot, machine, umask };
}
