// Cuts a host off from outside by a fence agent in the form of Debian's and others' fence-agents (FenceAgentAPI): options as lines of
// `key=value` on its standard input, the action among them; exit status 0 done, of `status` 0 on and 2 off. Off is believed only when a status
// says so afterwards.

import { setTimeout as pause } from 'node:timers/promises';

import type { Fence } from '../model/system.ts';
import { ms } from '../model/units.ts';
import type { CommandEnd, CommandRequest, RunCommand } from '../ports.ts';

interface FenceRequest {
  readonly host: string;
  readonly action: 'off' | 'on';
  readonly fence: Fence;
}

/** `done`: a status said that the host is off. */
export type FenceAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

type Power = { readonly is: 'on' | 'off' } | { readonly is: 'unknown'; readonly why: string };

/** Between two looks at a machine that is being switched. */
const lookAgainMs = 500;
/** Shares of the whole time that one call must not exceed: a look that hangs leaves time to switch, and switching that hangs leaves time to look. */
const share = { look: 1 / 4, lookAfterwards: 1 / 6 };
/** What a program says goes to people: not more than fits a line or two. */
const wordsAtMost = 300;

/** Switches it and has that confirmed by a status, within `fence.within` altogether. Never rejects. */
export async function fenceHost(request: FenceRequest, runCommand: RunCommand): Promise<FenceAnswer> {
  const { action, fence } = request;
  const begun = performance.now();
  const until = begun + fence.within;
  const run = (what: 'off' | 'on' | 'status', by: number): Promise<CommandEnd> =>
    runCommand(commandFor(request, what, by));
  const powerNow = async (by: number): Promise<Power> => powerIn(await run('status', by));
  const before = await powerNow(begun + fence.within * share.look);
  if (before.is === action) return { kind: 'done' };
  const switched = await run(action, until - fence.within * share.lookAfterwards);
  if (switched.kind === 'notStarted')
    return { kind: 'failed', why: `${fence.agent} could not be started: ${switched.why}` };
  // Also after a failure its status counts: what is off is off, whatever was said of the way there.
  let power = await powerNow(until);
  while (
    power.is !== action &&
    performance.now() + lookAgainMs < until &&
    (isWell(switched) || switched.kind === 'timedOut')
  ) {
    await pause(lookAgainMs);
    power = await powerNow(until);
  }
  if (power.is === action) return { kind: 'done' };
  const said = isWell(switched) ? '' : `${fence.agent} ${action}: ${wordsOf(switched)}; `;
  if (power.is === 'unknown') return { kind: 'unknown', why: `${said}${fence.agent} status: ${power.why}` };
  return { kind: 'failed', why: `${said}${fence.agent} says that it is ${power.is}` };
}

/** Exit status of `status`. */
function powerIn(end: CommandEnd): Power {
  if (end.kind === 'ended' && end.code === 0) return { is: 'on' };
  if (end.kind === 'ended' && end.code === 2) return { is: 'off' };
  return { is: 'unknown', why: wordsOf(end) };
}

function commandFor({ host, fence }: FenceRequest, action: 'off' | 'on' | 'status', until: number): CommandRequest {
  const options = { ...fence.options, nodename: host, action };
  return {
    command: { kind: 'argv', argv: [fence.agent] },
    dir: '/',
    env: { PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C' },
    user: null,
    group: null,
    input: `${Object.entries(options)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n')}\n`,
    within: ms(Math.max(1, until - performance.now())),
  };
}

function isWell(end: CommandEnd): boolean {
  return end.kind === 'ended' && end.code === 0;
}

function wordsOf(end: CommandEnd): string {
  switch (end.kind) {
    case 'notStarted':
      return `could not be started: ${end.why}`;
    case 'timedOut':
      return 'did not end in time';
    case 'ended': {
      const said = (end.errors.trim() === '' ? end.output : end.errors).trim().replaceAll(/\s*\n\s*/g, ' ');
      const how = end.signal === null ? `exit status ${end.code ?? '?'}` : `ended by ${end.signal}`;
      return said === '' ? how : `${how}, ${said.slice(0, wordsAtMost)}`;
    }
    default:
      return end satisfies never;
  }
}
