// The keeper's command line, written by `startKeeper` and read by the program: one place, so that the two agree.

import { parseArgs } from 'node:util';

import type { CgroupChoice } from './cgroup.ts';
import type { AgentIdentity } from './wire.ts';

/** The words after `keeper`. */
export interface KeeperOptions {
  /** The state folder, absolute. */
  readonly state: string;
  readonly system: string;
  readonly host: string;
  /** How processes are contained. `none`: by process group and mark alone, for containers that may not write to /sys/fs/cgroup. */
  readonly cgroup: CgroupChoice;
  /** The agent's command line, what follows `--`; empty: start none. */
  readonly agentCommand: readonly string[];
  /** An agent that runs already, usually the one that starts this keeper: none is started while it lives. */
  readonly agent: AgentIdentity | null;
}

/** As arguments for `keeper.ts`. */
export function optionsToArguments(options: KeeperOptions): string[] {
  return [
    '--state',
    options.state,
    '--system',
    options.system,
    '--host',
    options.host,
    ...(options.cgroup === 'auto' ? [] : ['--cgroup', options.cgroup]),
    ...(options.agent === null ? [] : ['--agent', `${options.agent.pid}:${options.agent.startTicks}`]),
    ...(options.agentCommand.length === 0 ? [] : ['--', ...options.agentCommand]),
  ];
}

/** With `ready`, `startKeeper` waits on descriptor 3 to hear `ready` or why not. Throws with a sentence when they are wrong. */
export function optionsFromArguments(argv: readonly string[]): { options: KeeperOptions; ready: boolean } {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      system: { type: 'string' },
      host: { type: 'string' },
      cgroup: { type: 'string', default: 'auto' },
      agent: { type: 'string' },
      ready: { type: 'boolean', default: false },
    },
  });
  const { state, system, host } = values;
  if (state === undefined || system === undefined || host === undefined)
    throw new Error('--state, --system and --host are needed');
  const options = {
    state,
    system,
    host,
    cgroup: choiceIn(values.cgroup),
    agentCommand: positionals,
    agent: agentIn(values.agent),
  };
  return { options, ready: values.ready };
}

function choiceIn(text: string): CgroupChoice {
  if (text === 'auto' || text === 'v1' || text === 'v2' || text === 'none') return text;
  throw new Error(`--cgroup is auto, v1, v2 or none, not ${text}`);
}

function agentIn(text: string | undefined): AgentIdentity | null {
  const found = /^(\d+):(\d+)$/.exec(text ?? '');
  if (found !== null) return { pid: Number(found[1]), startTicks: Number(found[2]) };
  if (text === undefined) return null;
  throw new Error(`--agent takes PID:STARTTICKS, not ${text}`);
}
