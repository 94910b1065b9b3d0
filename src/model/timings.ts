// Timings come from the objective: z = d + s + b + i. z is declared. The policy says which of b and i there are; what was
// measured counts before what was declared, and that before what is assumed. What is left of z is d, the time to detect in,
// and d sets the intervals. The parts below answer, for one service or the whole system; `check-report.ts` words them.
//
// d is the promise for the worst case, a host lost; the end of a process is known within milliseconds.

import type { Policy, RunService, System, Wait } from './system.ts';
import { isLeased } from './system.ts';
import type { Ms } from './units.ts';
import { ms } from './units.ts';

/** What was measured at recent starts (b), loads (i) and switches (s) of one instance, the newest last. */
export interface History {
  readonly bMs: readonly number[];
  readonly iMs: readonly number[];
  readonly switchMs: readonly number[];
}

/** By host, for one service. */
export type Measured = Readonly<Record<string, History>>;

/** What is known of the store and of this machine. */
export interface StoreTiming {
  readonly kind: 'embedded' | 'etcd';
  /** p99 of a compare-and-set, asked and answered; null: not measured. */
  readonly roundTripP99Ms: number | null;
  /** See `roomFor`; null: not measured. */
  readonly roomMs: number | null;
}

/** Before anything has run. */
export const nothingMeasured: Measured = {};

/** Before a store was opened; what is assumed of it counts. */
export const storeUnmeasured: StoreTiming = { kind: 'embedded', roundTripP99Ms: null, roomMs: null };

/** How much faster or slower one machine's clock may run than another's (design: *Several hosts*). */
export const drift = 0.1;
/** Longer sessions than this save nothing worth having. */
const longestTtl = 2000;
/** Below this a busy machine loses its session without being ill. */
const shortestTtl = 300;
/** The least room between a holder's deadline and the end of its session. */
const leastRoom = 50;
const assumedRoundTrip = { embedded: 50, etcd: 100 } as const;
const assumedSwitch = 100;
const assumedBoot = 500;
const assumedLoad = 250;
/** What an instance on one host needs at least to be found hanging: two looks. */
const shortestDetection = 200;

/** Where a figure comes from. `policy`: zero by what the policy means. `none`: there is no such part here, it stands in another. */
export type Origin = 'declared' | 'measured' | 'assumed' | 'policy' | 'none';

/** One part of z. `ms` is null when nothing is known of it; `counted` is what stands in the sum for it then. */
export interface Figure {
  readonly ms: Ms | null;
  readonly counted: Ms;
  readonly from: Origin;
}

/** The sum of one service. Durations, not moments. */
export interface Timings {
  /** What is left of z for detection, or the least that can be promised when nothing is left. */
  readonly d: Ms;
  readonly dFrom: Origin;
  readonly s: Figure;
  readonly b: Figure;
  readonly i: Figure;
  /** d + s + b + i as counted. */
  readonly z: Ms;
  readonly declaredZ: Ms;
  /** The least d that can be promised here. */
  readonly floor: Ms;
  readonly fits: boolean;
  /** ε = x / z: how many recoveries of the declared length the budget x bears in any y. */
  readonly failures: number;
  /** True when b holds boot and load together, because one probe answers for both. */
  readonly bothInB: boolean;
  /** A service that beats less often is found too late. */
  readonly heartbeatEvery: Ms;
  readonly statusEvery: Ms;
  readonly checkEvery: Ms;
  /** Of a session that would suit this service; null without a lease. The one in use is `sessionTtl`. */
  readonly ttl: Ms | null;
}

/** The timings of one service. */
export function timingsOf(
  service: RunService,
  measured: Measured = nothingMeasured,
  store: StoreTiming = storeUnmeasured,
): Timings {
  const parts = partsOf(service, measured);
  const { s, b, i } = parts;
  const declaredZ = service.objective.recoverWithin;
  const rest = s.counted + b.counted + i.counted;
  const floor = floorOf(service, store);
  const d = dOf(service, declaredZ - rest, floor);
  const z = ms(d.ms + rest);
  // Two that are both active leave nothing to detect in; a broken one must all the same be found, within z.
  const within = d.ms > 0 ? d.ms : declaredZ;
  const look = clamp(within / 3, 250, 5000);
  return {
    d: d.ms,
    dFrom: d.from,
    s,
    b,
    i,
    z,
    declaredZ,
    floor,
    fits: z <= declaredZ,
    failures: service.objective.unavailable / declaredZ,
    bothInB: parts.bothInB,
    heartbeatEvery: ms(within / 2),
    statusEvery: look,
    checkEvery: look,
    ttl: isLeased(service) ? ttlFor(d.ms, store) : null,
  };
}

/**
 * The ttl of every session of the system: the smallest that a leased service asks for. From declared values alone, so that all
 * agents with one description compute one value. A service whose declared sum leaves no time to detect in asks as if b and i were
 * nothing: a shorter session would not save its objective, and would cost all others their calm.
 */
export function sessionTtl(system: System): Ms {
  const asked = system.services.filter(isLeased).map((service) => {
    const { b, i } = partsOf(service, nothingMeasured);
    const stated = (figure: Figure): number => (figure.from === 'declared' ? figure.counted : 0);
    const most = service.objective.recoverWithin - assumedSwitch;
    const left = most - stated(b) - stated(i);
    return ttlFor(left >= floorOf(service, storeUnmeasured) ? left : most, storeUnmeasured);
  });
  return ms(Math.min(longestTtl, ...asked));
}

/** What must lie between a holder's deadline and its session's end: three times the worst measured here, and at least 50 ms. */
export function roomFor(worst: {
  readonly timerLateMs: number;
  readonly killMs: number;
  readonly addressMs: number;
}): Ms {
  return ms(Math.max(leastRoom, 3 * Math.max(worst.timerLateMs, worst.killMs, worst.addressMs)));
}

/** The most that d can be by what is declared: heartbeats must be half of it or oftener. */
export function declaredDetection(service: RunService): Ms {
  if (service.consumers?.kind === 'balancer') return service.consumers.detectsWithin;
  const { b, i } = partsOf(service, nothingMeasured);
  const stated = (figure: Figure): number => (figure.from === 'declared' ? figure.counted : 0);
  const left = service.objective.recoverWithin - stated(b) - stated(i);
  return left > 0 ? ms(left) : service.objective.recoverWithin;
}

/** s, b and i, and whether b stands for b + i. `policy`: as if the service had this one. */
export function partsOf(
  service: RunService,
  measured: Measured,
  policy: Policy = service.policy,
): { readonly s: Figure; readonly b: Figure; readonly i: Figure; readonly bothInB: boolean } {
  const zero: Figure = { ms: ms(0), counted: ms(0), from: 'policy' };
  const histories = Object.values(measured);
  const worst = (part: keyof History): Ms | null => {
    const all = histories.flatMap((history) => history[part]);
    return all.length === 0 ? null : ms(Math.max(...all));
  };
  const figure = (part: keyof History, declared: Ms | null, assumed: number): Figure => {
    const seen = worst(part);
    if (seen !== null) return { ms: seen, counted: seen, from: 'measured' };
    if (declared !== null) return { ms: declared, counted: declared, from: 'declared' };
    return { ms: null, counted: ms(assumed), from: 'assumed' };
  };
  const s = figure('switchMs', null, assumedSwitch);
  const boot = (): Figure => figure('bMs', declaredLimit(service.ready), assumedBoot);
  const load = (): Figure => figure('iMs', declaredLimit(service.active), assumedLoad);
  switch (policy) {
    case 'hot-active/hot-active':
      return { s: zero, b: zero, i: zero, bothInB: false };
    case 'hot-active/warm-active':
      return { s, b: zero, i: zero, bothInB: false };
    case 'hot-active/warm-passive':
      return { s, b: zero, i: load(), bothInB: false };
    case 'hot-active/cold-passive':
    case 'single': {
      // A cold start with one probe is measured as a whole: the sum stands in b.
      const oneProbe = service.active === null && worst('iMs') === null;
      return oneProbe
        ? { s, b: boot(), i: { ms: null, counted: ms(0), from: 'none' }, bothInB: true }
        : { s, b: boot(), i: load(), bothInB: false };
    }
    default:
      return policy satisfies never;
  }
}

/** What a wait takes at worst, where that is said. */
function declaredLimit(wait: Wait | null): Ms | null {
  return wait === null || wait.usual === true ? null : wait.within;
}

/** The least d that can be promised: for a lease the shortest session, for what runs on one host two looks. */
export function floorOf(service: RunService, store: StoreTiming, policy: Policy = service.policy): Ms {
  if (policy === 'hot-active/hot-active')
    return ms(service.consumers?.kind === 'balancer' ? service.consumers.detectsWithin : 0);
  if (policy === 'single') return ms(shortestDetection);
  return ms(leastTtl(store) * (1 + drift) + 3 * roundTrip(store));
}

function dOf(service: RunService, left: number, floor: Ms): { readonly ms: Ms; readonly from: Origin } {
  if (service.policy !== 'hot-active/hot-active') return { ms: ms(Math.max(left, floor)), from: 'declared' };
  return service.consumers?.kind === 'balancer'
    ? { ms: service.consumers.detectsWithin, from: 'declared' }
    : { ms: ms(0), from: 'policy' };
}

/** From ttl·(1 + drift) + a renewal's p99 + deposing + taking ≤ d; each of the last three is one call of the store. */
function ttlFor(d: number, store: StoreTiming): Ms {
  return clamp((d - 3 * roundTrip(store)) / (1 + drift), leastTtl(store), longestTtl);
}

/** A session must outlive a lost renewal: ttl·3/4 − room exceeds one call sent again. */
function leastTtl(store: StoreTiming): number {
  const room = Math.max(leastRoom, store.roomMs ?? 0);
  return Math.min(longestTtl, Math.max(shortestTtl, ((room + 2 * roundTrip(store)) * 4) / 3));
}

function roundTrip(store: StoreTiming): number {
  return store.roundTripP99Ms ?? assumedRoundTrip[store.kind];
}

function clamp(value: number, least: number, most: number): Ms {
  return ms(Math.round(Math.min(most, Math.max(least, value))));
}
