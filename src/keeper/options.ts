// The keeper's command line, written by `startKeeper` and read by the program: one place, so that the two agree.

import { parseArgs } from 'node:util';

import type { CgroupChoice } from './cgroup.ts';
import type { AgentIdentity } from './wire.ts';

export interface KeeperOptions {
  /** The state folder, absolute. */
  readonly state: string;
  readonly system: string;
  readonly host: string;
  /** How processes are contained. `none` (`--no-cgroup`): by process group and mark alone, for containers that may not write to /sys/fs/cgroup. */
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
    ...(options.cgroup === 'none' ? ['--no-cgroup'] : options.cgroup === 'auto' ? [] : ['--cgroup', options.cgroup]),
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
      'no-cgroup': { type: 'boolean', default: false },
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
    cgroup: choiceIn(values),
    agentCommand: positionals,
    agent: agentIn(values.agent),
  };
  return { options, ready: values.ready };
}

function choiceIn(values: { readonly cgroup: string; readonly 'no-cgroup': boolean }): CgroupChoice {
  const { cgroup } = values;
  if (cgroup === 'auto' || cgroup === 'v1' || cgroup === 'v2' || cgroup === 'none')
    return values['no-cgroup'] ? 'none' : cgroup;
  throw new Error(`--cgroup is auto, v1, v2 or none, not ${cgroup}`);
}

function agentIn(text: string | undefined): AgentIdentity | null {
  const found = /^(\d+):(\d+)$/.exec(text ?? '');
  if (found !== null) return { pid: Number(found[1]), startTicks: Number(found[2]) };
  if (text === undefined) return null;
  throw new Error(`--agent takes PID:STARTTICKS, not ${text}`);
}
