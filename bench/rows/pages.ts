// Fifty open pages with ten changes a second: what they cost the agents, the console's process, and a failover. `--runs`: failovers each way.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseStat } from '../../src/model/process-stat.ts';
import { now } from '../clock.ts';
import { Pair } from '../pair.ts';
import { cpuMs } from '../proc.ts';
import type { Context, Figure, Row } from '../row.ts';
import { median, p99 } from '../statistics.ts';

const openPages = 50;
const windowMs = 10_000;
const windows = 3;
/** What agents may use, of one core; what a failover may take longer. */
const [mostShare, mostSlower] = [10, 1.1];

/** What the pages' process tells. */
interface Heard {
  readonly open: number;
  readonly deltas: number;
  readonly answers: number;
  readonly failures: number;
}

export const pages: Row = {
  name: 'pages',
  what: '50 open pages with 10 changes a second: agent under 10 % of a core; failover p99 within 10 % of that without',
  async measure(context) {
    const changer = JSON.stringify([process.execPath, join(import.meta.dirname, '..', 'services/changer.mjs')]);
    const pair = await Pair.start({
      policy: 'hot-active/warm-active',
      recoverWithin: '2m',
      loadMs: 0,
      besides: `  changer: { run: ${changer}, on: [a] }\n`,
    });
    let looking: ChildProcess | null = null;
    try {
      const without = await gapsOf(pair, context);
      const quiet = await sharesOf(pair);
      const [url] = /http:\/\/\S+/.exec((await pair.product.run(['doctor'])).output) ?? [''];
      looking = fork(join(import.meta.dirname, '..', 'pages.ts'), [url, String(openPages)]);
      const before = await allOpen(looking);
      const began = now();
      const shares = await sharesOf(pair);
      const after = await heard(looking);
      const perSecond = (after.deltas - before.deltas) / openPages / ((now() - began) / 1000);
      const gaps = await gapsOf(pair, context);
      return figures({ without, gaps, quiet, shares, perSecond, failures: after.failures });
    } finally {
      looking?.disconnect();
      pair.close();
    }
  },
};

interface Shares {
  /** Of one core, %, of each window: the busiest agent, and all consoles. */
  readonly agents: readonly number[];
  readonly consoles: readonly number[];
}

function figures(of: {
  readonly without: readonly number[];
  readonly gaps: readonly number[];
  readonly quiet: Shares;
  readonly shares: Shares;
  readonly perSecond: number;
  readonly failures: number;
}): Figure[] {
  const plain = (what: string, unit: string, values: readonly number[]): Figure => ({
    what,
    unit,
    values,
    target: null,
    reached: null,
  });
  return [
    plain('busiest agent, no page', '%', of.quiet.agents),
    {
      what: 'busiest agent, 50 pages',
      unit: '%',
      values: of.shares.agents,
      target: `under ${mostShare}`,
      reached: median(of.shares.agents) < mostShare,
    },
    plain('consoles, 50 pages', '%', of.shares.consoles),
    plain('changes a page heard', '1/s', [of.perSecond]),
    plain('requests that failed', '', [of.failures]),
    plain('gap without pages', 'ms', of.without),
    {
      what: 'gap with pages',
      unit: 'ms',
      values: of.gaps,
      target: `p99 within ${mostSlower} of that without`,
      reached: p99(of.gaps) <= mostSlower * p99(of.without),
    },
  ];
}

async function gapsOf(pair: Pair, context: Context): Promise<number[]> {
  const gaps: number[] = [];
  for (let run = 0; run < context.runs(100); run++) {
    const { pid } = await pair.settled();
    const gap = pair.consumer.nextGap();
    process.kill(pid, 'SIGKILL');
    gaps.push((await gap).gapMs);
    if ((run + 1) % 10 === 0) context.note(`${run + 1} failovers`);
  }
  await pair.settled();
  return gaps;
}

async function sharesOf(pair: Pair): Promise<Shares> {
  const { hosts } = await pair.product.status();
  const agents = hosts.flatMap((host) => host.agentPid ?? []);
  const consoles = consolesOf(agents);
  const used = (pids: readonly number[]): number[] => pids.map(cpuMs);
  const shares: { agents: number[]; consoles: number[] } = { agents: [], consoles: [] };
  for (let window = 0; window < windows; window++) {
    const [from, agentsBefore, consolesBefore] = [now(), used(agents), used(consoles)];
    await pause(windowMs);
    const tookMs = now() - from;
    const share = (pids: readonly number[], before: readonly number[]): number[] =>
      used(pids).map((ms, index) => (100 * (ms - (before[index] ?? 0))) / tookMs);
    shares.agents.push(Math.max(...share(agents, agentsBefore)));
    shares.consoles.push(share(consoles, consolesBefore).reduce((sum, each) => sum + each, 0));
  }
  return shares;
}

/** The agents' children whose program is the console. */
function consolesOf(agents: readonly number[]): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const parent = parseStat(readFileSync(`/proc/${name}/stat`, 'latin1'))?.ppid ?? 0;
      const isConsole = /\/web\.(ts|js)\0/.test(readFileSync(`/proc/${name}/cmdline`, 'utf8'));
      return isConsole && agents.includes(parent) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

async function heard(looking: ChildProcess): Promise<Heard> {
  const answer = once(looking, 'message');
  looking.send('heard?');
  const [said] = (await answer) as [Heard];
  return said;
}

/** Looking this often without all pages being open is a failure. */
const mostLooks = 300;

async function allOpen(looking: ChildProcess): Promise<Heard> {
  for (let look = 0; look < mostLooks; look++) {
    const said = await heard(looking);
    if (said.open === openPages) return said;
    await pause(100);
  }
  throw new Error(`not all of ${openPages} pages could be opened`);
}
