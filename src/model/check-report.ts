// What `check` shows of every service: z = d + s + b + i, where each figure comes from, and when it does not fit, what would do.

import { durationText } from './duration.ts';
import type { Policy, RunService, System } from './system.ts';
import {
  floorOf,
  nothingMeasured,
  partsOf,
  sessionTtl,
  storeUnmeasured,
  timingsOf,
  type Figure,
  type Measured,
  type Origin,
  type StoreTiming,
} from './timings.ts';
import { isLeased } from './system.ts';
import { ms, type Ms } from './units.ts';

/** A row of `check --json`: the contract's keys first. A b or i that is not known is null; `zMs` counts what is `assumed` in its place. */
export interface CheckRow {
  readonly name: string;
  readonly dMs: number;
  /** Standfast's own part; assumed until it was measured. */
  readonly switchMs: number;
  readonly bMs: number | null;
  readonly iMs: number | null;
  readonly zMs: number;
  readonly fits: boolean;
  readonly policy: Policy;
  readonly declaredZMs: number;
  /** ε: how many recoveries of the declared length the outage budget bears. */
  readonly failures: number;
  readonly sources: { readonly d: Origin; readonly s: Origin; readonly b: Origin; readonly i: Origin };
  /** What was assumed for what is not known; null where the figure is known. */
  readonly assumed: { readonly switchMs: number | null; readonly bMs: number | null; readonly iMs: number | null };
  readonly heartbeatEveryMs: number;
  readonly statusEveryMs: number;
  readonly checkEveryMs: number;
  /** Of the session that its lease hangs on; null without a lease. */
  readonly ttlMs: number | null;
  /** Sentences: what a figure stands for, what does not fit, what would. */
  readonly advice: readonly string[];
}

/** By service, what was measured of it. */
export type MeasuredByService = Readonly<Record<string, Measured>>;

/** The rows of all services that run here, in the order of the description. */
export function checkReport(
  system: System,
  measured: MeasuredByService = {},
  store: StoreTiming = storeUnmeasured,
): CheckRow[] {
  const ttl = sessionTtl(system);
  const services = system.services.filter((service): service is RunService => service.kind === 'run');
  return services.map((service) => rowOf(service, measured[service.name] ?? nothingMeasured, store, ttl));
}

function rowOf(service: RunService, measured: Measured, store: StoreTiming, ttl: Ms): CheckRow {
  const timings = timingsOf(service, measured, store);
  const { s, b, i } = timings;
  const assumed = (figure: Figure): number | null => (figure.from === 'assumed' ? figure.counted : null);
  const advice: string[] = [];
  if (timings.bothInB) advice.push('b stands for boot and load together: one probe answers for both.');
  if (i.from === 'assumed' && service.activate?.kind === 'signal' && service.active === null)
    advice.push('i will not be measured: a signal is not answered. Add `active` to see when loading is over.');
  if (timings.failures < 1)
    advice.push(
      `One recovery of ${durationText(timings.declaredZ)} already exceeds the ${durationText(service.objective.unavailable)} allowed in any ${durationText(service.objective.per)}.`,
    );
  if (!timings.fits) advice.push(...whatWouldDo(service, measured, store));
  return {
    name: service.name,
    dMs: timings.d,
    switchMs: s.counted,
    bMs: b.ms,
    iMs: i.ms,
    zMs: timings.z,
    fits: timings.fits,
    policy: service.policy,
    declaredZMs: timings.declaredZ,
    failures: timings.failures,
    sources: { d: timings.dFrom, s: s.from, b: b.from, i: i.from },
    assumed: { switchMs: assumed(s), bMs: assumed(b), iMs: assumed(i) },
    heartbeatEveryMs: service.detect.heartbeat?.every ?? timings.heartbeatEvery,
    statusEveryMs: timings.statusEvery,
    checkEveryMs: timings.checkEvery,
    ttlMs: isLeased(service) ? ttl : null,
    advice,
  };
}

/** From the least to keep running to the most. */
const ladder: readonly Policy[] = [
  'hot-active/cold-passive',
  'hot-active/warm-passive',
  'hot-active/warm-active',
  'hot-active/hot-active',
];

function whatWouldDo(service: RunService, measured: Measured, store: StoreTiming): string[] {
  const z = service.objective.recoverWithin;
  const least = leastZ(service, measured, store, service.policy);
  const lines = [`It needs ${durationText(least)}, and recoverWithin is ${durationText(z)}.`];
  const better = ladder
    .slice(ladder.indexOf(service.policy) + 1)
    .find((policy) => leastZ(service, measured, store, policy) <= z);
  if (better !== undefined) {
    const second = service.policy === 'single' ? ' on two hosts' : '';
    lines.push(`${better}${second} would do: it needs ${durationText(leastZ(service, measured, store, better))}.`);
  } else if (service.policy !== 'hot-active/hot-active') lines.push('No policy would do.');
  lines.push(`Or recoverWithin: ${durationText(roundedUp(least))}.`);
  const { b, i } = partsOf(service, measured);
  const limits = [...(b.from === 'declared' ? ['ready'] : []), ...(i.from === 'declared' ? ['active'] : [])];
  if (limits.length > 0)
    lines.push(
      `${limits.map((limit) => `${limit}.within`).join(' and ')} ${limits.length === 1 ? 'is a limit, counted' : 'are limits, counted'} until a start was measured: a tighter one would do too.`,
    );
  return lines;
}

/** The shortest recovery that can be promised under a policy. */
function leastZ(service: RunService, measured: Measured, store: StoreTiming, policy: Policy): Ms {
  const { s, b, i } = partsOf(service, measured, policy);
  return ms(floorOf(service, store, policy) + s.counted + b.counted + i.counted);
}

/** Up to two figures, so that it reads as something a person would write. */
function roundedUp(duration: number): number {
  const unit = duration >= 60_000 ? 60_000 : duration >= 1000 ? 1000 : 1;
  const count = duration / unit;
  const step = count >= 100 ? 10 : count >= 10 ? 1 : 0.1;
  return Math.round(Math.ceil(count / step - 1e-9) * step * unit);
}
