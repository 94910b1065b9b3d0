// Takes one input in: changes what is known, decides nothing.

import { spreadUsable } from './usable.ts';
import { instanceEnded } from './absorb-end.ts';
import { foundRunning, keeperHello } from './absorb-keeper.ts';
import { effectOutcome } from './absorb-outcome.ts';
import { seen } from './absorb-seen.ts';
import { startOutcome } from './absorb-start.ts';
import { reportHeard, storeChanges, storeOutcome, storeRead, useSystem } from './absorb-store.ts';
import { storeLost } from './store-state.ts';
import type { Draft } from './draft.ts';
import { found } from './found.ts';
import { fenceOutcome } from './fence.ts';
import { rememberedIncidents, toldOutcome } from './incidents.ts';
import type { Input } from './input.ts';
import { personAsks } from './people.ts';
import { promiseAnswered, promiseAsked } from './validity.ts';
import { ms, type Ms } from '../model/units.ts';

/** Takes the input in. */
export function absorb(d: Draft, input: Input): void {
  switch (input.kind) {
    case 'tick':
      rang(d);
      d.incidentsDirty ||= d.s.incidents.nextAt !== null && d.mono >= d.s.incidents.nextAt;
      break;
    case 'storeRead':
      storeRead(d, input.revision, input.entries, input.system);
      break;
    case 'storeChanges':
      storeChanges(d, input.revision, input.changes, input.system);
      break;
    case 'storeLost':
      storeLost(d, input.why);
      break;
    case 'rememberedSystem':
      if (d.s.system === null) useSystem(d, input.system);
      break;
    case 'keeperHello':
      keeperHello(d, input.keeper, input.running, input.ended);
      break;
    case 'keeperLost':
      d.s.keeper = { ...d.s.keeper, up: false, lostAt: d.mono };
      d.note({ kind: 'keeperLost', facts: { why: input.why } });
      d.touchAll();
      break;
    case 'keeperHealth':
      d.s.keeper = {
        ...d.s.keeper,
        answeredAt: input.at,
        worstKillMs: input.worstKillMs,
        worstTimerLateMs: input.worstTimerLateMs,
      };
      d.s.timing = { ...d.s.timing, room: roomOf(d.s.timing.ttl, Math.max(input.worstKillMs, input.worstTimerLateMs)) };
      break;
    case 'ended':
      instanceEnded(d, input.ended);
      break;
    case 'foundRunning':
      foundRunning(d, input.running);
      break;
    case 'seen':
      for (const each of input.seen) seen(d, each);
      break;
    case 'externalSeen': {
      const externals = d.own('externals', d.s.externals);
      const before = externals.get(input.service);
      const failed = input.result === 'critical' || input.result === 'unknown';
      const checks = new Map(before?.checks).set(input.check, {
        result: input.result,
        text: input.text,
        at: input.at,
        goodAt: failed ? (before?.checks.get(input.check)?.goodAt ?? null) : input.at,
        failures: failed ? (before?.checks.get(input.check)?.failures ?? 0) + 1 : 0,
      });
      externals.set(input.service, { checks });
      d.s.externals = externals;
      d.incidentsDirty = true;
      spreadUsable(d, [input.service]);
      break;
    }
    case 'found':
      found(d, input.findings, input.facts);
      break;
    case 'storeOutcome':
      storeOutcome(d, input.id, input.answer);
      break;
    case 'startOutcome':
      startOutcome(d, input.id, input.outcome, input.running);
      break;
    case 'outcome':
      if (!toldOutcome(d, input.id, input.outcome) && !fenceOutcome(d, input.id, input.outcome))
        effectOutcome(d, input.id, input.outcome, input.at);
      break;
    case 'promiseAsked':
      promiseAsked(d, input.from, input.ask, input.epoch);
      break;
    case 'promiseAnswered':
      promiseAnswered(d, input);
      break;
    case 'peerReport':
      reportHeard(d, input.host, input.report);
      spreadUsable(
        d,
        input.report.instances.map((each) => each.service),
      );
      break;
    case 'person':
      personAsks(d, input.request, input.owner, input.why, input.asks);
      break;
    case 'ownLateness':
      d.s.lateness = [...d.s.lateness.slice(-15), { at: d.mono, lateMs: input.lateMs }];
      break;
    case 'rememberedIncidents':
      rememberedIncidents(d, input.incidents);
      break;
    default:
      input satisfies never;
  }
}

/**
 * Three times the worst measured, at least 50 ms, at most half a session: a host that was stopped once for longer would otherwise never again have
 * a moment in which it may be active. A kill that takes longer than room is told as such.
 */
function roomOf(ttl: number, worstMs: number): Ms {
  return ms(Math.min(ttl / 2, Math.max(50, 3 * worstMs)));
}

/** Touches what wanted to be looked at by now. */
function rang(d: Draft): void {
  for (const [service, at] of d.s.wakes) if (at <= d.mono) d.touch(service);
  const planChanged = d.s.nextPlanChangeMs !== null && d.s.nextPlanChangeMs <= d.now.wall;
  if (
    planChanged ||
    [...d.s.intents.values()].some(({ value }) => value.untilMs !== null && value.untilMs <= d.now.wall)
  )
    d.touchAll();
}
