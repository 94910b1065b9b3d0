// Why what a person asks cannot be done, said before anything is touched: a failover that nobody could take, a host whose leaving would take the last copy.

import type { Exclusion } from '../judge/choice.ts';
import { isLeased, type RunService } from '../model/system.ts';
import type { Draft } from './draft.ts';
import type { PersonAnswer } from './effect.ts';
import { rank } from './rank.ts';
import type { IntentRecord } from './records.ts';
import { barredFrom, intentsFor, isLive, liveHolder, plannedDown, reportOf } from './view.ts';

function no(code: string, why: string, next: string): PersonAnswer {
  return { ok: false, code, why, next };
}

/** Why a service cannot be moved now; null: it can. */
export function failoverRefusal(
  d: Draft,
  service: RunService | null,
  to: string | null,
  acceptLoss: boolean,
): PersonAnswer | null {
  if (service === null) return no('SF-410', 'a failover is of one service', 'Name it: standfast failover SERVICE.');
  const { name } = service;
  if (!isLeased(service))
    return no(
      'SF-410',
      `${name} is ${service.policy}: it has no one active that could move`,
      `standfast restart ${name}`,
    );
  const pause = intentsFor(d, 'pause', name, d.s.me)[0];
  if (pause !== undefined)
    return no(
      'SF-417',
      `${name} is paused${byWhom(pause)}, so nothing is done about it`,
      `standfast resume${pause.service === null ? '' : ` ${name}`}, then try again.`,
    );
  const holder = liveHolder(d, name);
  if (to !== null && to === holder) return no('SF-411', `${name} is on ${to} already`, 'Nothing need be done.');
  const ranking = rank(d, service, { acceptLoss, ...(holder === null ? {} : { without: holder }) });
  const target = to ?? ranking.ranked[0];
  if (target !== undefined && ranking.ranked.includes(target)) return null;
  const out = ranking.excluded.find((each) => each.host === (to ?? each.host));
  if (out?.waitsFor === 'catch-up') {
    const behind = Number(out.facts['behindMs']) / 1000;
    const limit = Number(out.facts['mayLoseMs']) / 1000;
    return no(
      'SF-412',
      `${out.host} would lose ${behind.toFixed(0)} s of ${name}'s state; its limit is ${limit} s`,
      `Wait until it has caught up, or accept the loss: standfast failover ${name} --to ${out.host} --accept-loss`,
    );
  }
  return no(
    'SF-411',
    out === undefined ? `no host can take ${name} now` : `${out.host} cannot take ${name} now: ${whyOut(d, name, out)}`,
    `standfast explain ${name}`,
  );
}

/** Why a standby may not take over there; null: it may. */
export function barredRefusal(d: Draft, service: RunService, host: string): PersonAnswer | null {
  const barred = barredFrom(d, service, host);
  if (barred === null) return null;
  const why = whyOut(d, service.name, {
    host,
    waitsFor: barred === 'asked' ? 'person' : barredWait(barred),
    facts: {},
  });
  return no('SF-411', `${host} cannot take ${service.name} now: ${why}`, 'standfast intents');
}

function barredWait(barred: 'maintenance' | 'banned'): 'maintenance-end' | 'ban-end' {
  return barred === 'maintenance' ? 'maintenance-end' : 'ban-end';
}

function whyOut(d: Draft, service: string, { host, waitsFor, facts }: Exclusion): string {
  switch (waitsFor) {
    case 'host':
      return 'no agent answers there';
    case 'maintenance-end':
      return `the host is in maintenance${byWhom(intentsFor(d, 'maintenance', service, host)[0])}`;
    case 'ban-end':
      return `the host is banned${byWhom(intentsFor(d, 'ban', service, host)[0])}`;
    case 'person':
      return `it is not to run there${byWhom(intentsFor(d, 'stop', service, host)[0])}`;
    case 'restart':
      return 'it has failed there, or does not run';
    case 'ready':
      return 'it is still starting there';
    case 'stop':
      return 'it is being stopped there';
    case 'report':
      return 'nothing was heard of it there';
    case 'health':
      return 'it is not well there';
    case 'catch-up':
      return `its state there is ${Math.round(Number(facts['behindMs']) / 1000)} s older`;
    default:
      return waitsFor satisfies never;
  }
}

function byWhom(intent: IntentRecord | undefined): string {
  if (intent === undefined) return '';
  return ` (${intent.owner}${intent.why === '' ? '' : `: ${intent.why}`})`;
}

/** Refuses to clear a host of what runs nowhere else; null: nothing would go down. */
export function lossRefusal(
  d: Draft,
  of: { verb: 'maintenance' | 'ban'; host: string; service: string | null; keep: boolean },
): PersonAnswer | null {
  const lost = wouldGoDown(d, of);
  if (lost.length === 0) return null;
  const names = lost.map((each) => each.name).join(', ');
  const why = lost.map((each) => `${each.name}: ${each.why}`).join('; ');
  const words = `${of.verb} ${of.host}${of.service === null ? '' : ` ${of.service}`}`;
  return no(
    'SF-418',
    `${names} would go down: ${of.host} has the last that can serve (${why})`,
    `Bring another up first${of.verb === 'maintenance' && !of.keep ? `, or leave what cannot move where it is: standfast ${words} --keep` : ''}, or accept it: standfast ${words} --accept-loss`,
  );
}

/** The services that nobody would serve if that host no longer did, and why no other can. */
function wouldGoDown(
  d: Draft,
  of: { verb: 'maintenance' | 'ban'; host: string; service: string | null; keep: boolean },
): { name: string; why: string }[] {
  const lost: { name: string; why: string }[] = [];
  for (const service of d.s.system?.services ?? []) {
    if (service.kind !== 'run' || (of.service !== null && service.name !== of.service)) continue;
    if (!service.on.some((place) => place.host === of.host) || plannedDown(d, service, of.host) !== null) continue;
    if (isLeased(service)) {
      const holder = liveHolder(d, service.name);
      if (holder !== null && holder !== of.host) continue;
      const ranking = rank(d, service, { without: of.host });
      if (ranking.ranked.length > 0) continue;
      const why = ranking.excluded.map((each) => `${each.host}: ${whyOut(d, service.name, each)}`).join(', ');
      lost.push({ name: service.name, why: why === '' ? 'no other host runs it' : why });
    } else if (of.verb === 'maintenance' && !of.keep) {
      const others = service.on.filter((place) => place.host !== of.host);
      const serves = others.some(
        ({ host }) =>
          isLive(d, host) &&
          plannedDown(d, service, host) === null &&
          reportOf(d, service.name, host)?.phase === 'active',
      );
      if (!serves)
        lost.push({
          name: service.name,
          why:
            others.length === 0 ? 'no other host runs it' : `${others.map((each) => each.host).join(', ')}: not active`,
        });
    }
  }
  return lost;
}
