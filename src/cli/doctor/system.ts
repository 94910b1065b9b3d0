// What Standfast needs of a system that was started: agents and keepers that answer, a store that is quick.

import type { ConsoleView, DetailsView } from '../../api-web.ts';
import type { FoundView, StatusView } from '../../api.ts';
import { existsSync } from 'node:fs';
import { connectAgent } from '../../client.ts';
import { errorWords } from '../../model/error-words.ts';
import type { ChosenSystem, Context } from '../context.ts';
import { consolesOf } from '../start/console-line.ts';
import { presences, type Presence } from '../start/keepers.ts';
import { leftovers } from '../start/leftovers.ts';
import { durationText } from '../times.ts';
import { heldBackTexts } from '../held-back.ts';
import { etcdFindings } from './etcd.ts';
import type { Finding } from './machine.ts';
import { peerFindings } from './peers.ts';

/** An agent that needs longer than this to answer is hung or starved. */
const quickMs = 500;
const slowStoreMs = 50;

/** Looks at agents, keepers, lines between hosts, consoles, store and what nobody watches. An agent that does not answer is a finding. */
export async function systemFindings(context: Context, system: ChosenSystem): Promise<readonly Finding[]> {
  const there = await presences(system.layout, system.hosts);
  const hosts = await Promise.all(there.map((each) => hostFindings(context, system, each)));
  const health = await context.world.etcdHealth(system.layout.storeFile);
  const nobody = there.every((each) => !each.agent && !each.keeper);
  const orphans = nobody ? await leftovers(system.layout, system.hosts) : [];
  const consoles = (await consolesOf(system)).map(({ host, view }) => consoleFinding(context, host, view));
  return [
    ...hosts.flat(),
    ...(await peerFindings(context, system)),
    ...consoles,
    await storeFinding(context, system),
    ...(health === null ? [] : etcdFindings(health, health.managed)),
    ...(orphans.length === 0
      ? []
      : [
          {
            what: 'unwatched',
            verdict: 'bad' as const,
            found: `${orphans.length} processes of services run, and nobody watches them: ${orphans
              .slice(0, 5)
              .map((each) => `${each.service}@${each.host} pid ${each.pid}`)
              .join(', ')}`,
            next: `Watch them again: ${context.command('up PATH')}. End them: ${context.command('down')}.`,
          },
        ]),
  ];
}

async function hostFindings(context: Context, system: ChosenSystem, there: Presence): Promise<Finding[]> {
  const layout = system.layout.host(there.host);
  const began = performance.now();
  const client = connectAgent(layout.agentSocket, 2_000);
  const status = there.agent ? await client.status().catch(() => null) : null;
  const tookMs = performance.now() - began;
  const seen = status === null ? null : await client.found().catch(() => null);
  const details = status === null ? null : await client.details().catch(() => null);
  if (status?.store.reachable === false)
    return [keeperFinding(context, system, there), withoutStore(there.host, status)];
  const agent: Finding =
    status === null
      ? {
          what: `agent of ${there.host}`,
          verdict: 'bad',
          found: there.agent ? 'there, but it does not answer' : 'not there',
          next: there.keeper
            ? `The keeper brings it back; its log: ${layout.agentLog}`
            : `Start it: ${context.command('up PATH')}. Its log: ${layout.agentLog}`,
        }
      : {
          what: `agent of ${there.host}`,
          verdict: tookMs <= quickMs ? 'good' : 'soso',
          found: `answers in ${durationText(tookMs)}`,
          next: tookMs <= quickMs ? null : 'The machine is short of processors, or the agent of memory.',
        };
  return [
    keeperFinding(context, system, there),
    agent,
    ...journalFinding(there.host, layout.journalFile, details),
    ...heldBackFinding(there.host, seen),
  ];
}

/** What is decided is done, whether or not it can be written down: so only here it is seen that it cannot. */
function journalFinding(host: string, file: string, details: DetailsView | null): Finding[] {
  const { lost = 0, trouble = null } = details?.journal ?? {};
  if (trouble === null) return [];
  return [
    {
      what: `journal of ${host}`,
      verdict: 'bad',
      found: `${lost} ${lost === 1 ? 'line is' : 'lines are'} missing in ${file}: ${trouble}`,
      next: 'Services go on, and nobody can explain later what was decided: look at that file and its disk.',
    },
  ];
}

/** Of the host that answers alone: the others tell of themselves. */
function heldBackFinding(host: string, seen: FoundView | null): Finding[] {
  const late = (seen?.hosts ?? []).filter((each) => each.host === host).flatMap(heldBackTexts);
  if (late.length === 0) return [];
  return [
    {
      what: `detectors of ${host}`,
      verdict: 'soso',
      found: late.join('; '),
      next: 'What they find may be so old. What they look at is large or much: fewer entries in it, or less to watch, brings them back.',
    },
  ];
}

/** It answers, and cannot use its store: that may be another one than the one that answers here. */
function withoutStore(host: string, { store }: StatusView): Finding {
  return {
    what: `agent of ${host}`,
    verdict: 'bad',
    found: `answers, but has no store${store.why === null || store.why === undefined ? '' : `: ${store.why}`}`,
    next: 'Services go on while their hosts reach each other; nothing can take over until that store is back.',
  };
}

function keeperFinding(context: Context, system: ChosenSystem, there: Presence): Finding {
  return there.keeper
    ? { what: `keeper of ${there.host}`, verdict: 'good', found: 'answers', next: null }
    : {
        what: `keeper of ${there.host}`,
        verdict: 'bad',
        found: 'not there',
        next: `${there.agent ? 'The agent brings it back' : `Start it: ${context.command('up PATH')}`}; its log: ${system.layout.host(there.host).keeperLog}`,
      };
}

function consoleFinding(context: Context, host: string, view: ConsoleView): Finding {
  const what = `console of ${host}`;
  switch (view.state) {
    case 'listening':
      return { what, verdict: 'good', found: `listens on ${view.url ?? ''}`, next: null };
    case 'off':
      return { what, verdict: 'good', found: 'none, as described', next: null };
    case 'starting':
      return { what, verdict: 'soso', found: 'is starting', next: `Look again: ${context.command('doctor')}` };
    case 'waiting':
    case 'failed':
      return { what, verdict: 'soso', found: view.why ?? view.state, next: null };
    default:
      return view.state satisfies never;
  }
}

/** Opened beside the agents, as another agent would. */
async function storeFinding(context: Context, system: ChosenSystem): Promise<Finding> {
  const what = 'store';
  const isEtcd = existsSync(system.layout.storePlaceFile);
  try {
    const store = await context.world.openStore(system.layout.storeFile, false);
    try {
      const began = performance.now();
      const description = await store.description();
      const tookMs = performance.now() - began;
      if (description === null)
        return { what, verdict: 'soso', found: 'empty', next: `Put a description in: ${context.command('up PATH')}` };
      return {
        what,
        verdict: tookMs <= slowStoreMs ? 'good' : 'soso',
        found: `answers in ${durationText(tookMs)}, identity ${(await store.identity()).slice(0, 8)}`,
        next: tookMs <= slowStoreMs ? null : 'A slow disk makes sessions longer, and detection with them.',
      };
    } finally {
      await store.close();
    }
  } catch (error) {
    return {
      what,
      verdict: 'bad',
      found: `${isEtcd ? 'etcd' : system.layout.storeFile}: ${errorWords(error)}`,
      next: isEtcd
        ? 'Its members, below, say why. Services go on while their hosts reach each other; nothing can take over.'
        : 'Look at its disk: full, read-only, slow? Services go on meanwhile; nothing can take over.',
    };
  }
}
