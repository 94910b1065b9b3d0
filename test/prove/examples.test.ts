// The examples whose answers are known: each worked out by hand, with the working, and compared with what `assess` finds.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readDescription } from '../../src/model/read.ts';
import type { Assessment } from '../../src/prove/assessment.ts';
import { assessmentOf } from '../../src/prove/assessment.ts';

function assess(name: string, stated = true): Assessment {
  const folder = join(import.meta.dirname, '..', '..', 'examples', name);
  const file = join(folder, 'standfast.yaml');
  const { system, errors } = readDescription({ text: readFileSync(file, 'utf8'), file, folder });
  assert.ok(system !== null, JSON.stringify(errors));
  return assessmentOf(system, { stated, mostCutSets: 1000, measured: {}, timings: {}, seen: {}, rehearsed: {} });
}

function near(found: number | undefined, expected: number): void {
  assert.ok(Math.abs((found ?? 0) - expected) <= 1e-12 * expected, `${found} is not ${expected}`);
}

/** At least one of independent faults; summed up, since 1 less what is nearly 1 loses digits. */
function any(...shares: readonly number[]): number {
  return shares.reduce((one, each) => one + (1 - one) * each, 0);
}

/** mttr / (mtbf + mttr), both in hours. */
function share(mtbf: number, mttr: number): number {
  return mttr / (mtbf + mttr);
}

test('one-switch: the switch, or both hosts', () => {
  const { analysis } = assess('one-switch');
  const host = share(90 * 24, 4);
  assert.equal(analysis.whole.survives, 0);
  assert.equal(analysis.cutSetCount, 2n);
  near(analysis.whole.unavailability, any(1e-5, host ** 2));
});

test('two-switches: each side falls with its switch or its host', () => {
  const { analysis } = assess('two-switches');
  assert.equal(analysis.whole.survives, 1);
  // Two ways on each side: 2 × 2.
  assert.equal(analysis.cutSetCount, 4n);
  near(analysis.whole.unavailability, any(1e-5, share(90 * 24, 4)) ** 2);
});

test('quorum: any two of three sides', () => {
  const { analysis } = assess('quorum');
  const side = any(share(90 * 24, 4), share(30 * 24, 1 / 6));
  assert.equal(analysis.whole.survives, 1);
  // Three pairs of sides, two ways to lose each: 3 × 2 × 2.
  assert.equal(analysis.cutSetCount, 12n);
  near(analysis.whole.unavailability, 3 * side ** 2 * (1 - side) + side ** 3);
});

test('three-zones: all three, each by its zone or by both of its hosts; what is left of two carries the load', () => {
  const { analysis, grid } = assess('three-zones');
  const zone = any(1e-4, share(60 * 24, 2) ** 2);
  assert.equal(analysis.whole.survives, 2);
  assert.equal(analysis.cutSetCount, 8n);
  near(analysis.whole.unavailability, zone ** 3);
  const met = (domain: string): string | undefined =>
    grid.find((cell) => cell.component === 'shop' && cell.domain === domain)?.strategy;
  // Five carry 250 and four carry 200 of 150. All six are in the region.
  assert.deepEqual([met('instance'), met('host'), met('zone'), met('region')], ['mask', 'mask', 'mask', 'fixFast']);
});

test('monitoring: charts and alerts share a region and a zone, and else nothing', () => {
  const { analysis, grid } = assess('monitoring');
  const [region, zone, host, replica, probe] = [1e-6, 1e-4, 1e-3, 5e-4, 2e-3];
  const side = any(zone, host);
  const member = any(side, replica);
  // Ingest and workers are gone only with all three sides, and the store's majority with two.
  const minority = 3 * member ** 2 * (1 - member) + member ** 3;
  near(analysis.services.get('charts')?.unavailability, any(1e-5, 2e-5, region, minority));
  // Both regions' probes; where both sides are down, so are both probes.
  const us = any(region, side, probe);
  const eu = any(region, side, probe);
  near(analysis.services.get('alerts')?.unavailability, any(1e-4, us * eu));
  // Both at once: without the region us nothing is charted. With it, by whether the side of hb stands, which both use.
  const stands =
    (1 - side) *
      // Two of three members, that of hb by itself; and a probe.
      ((1 - member) ** 2 + 2 * member * (1 - member) * (1 - replica)) *
      (1 - probe * eu) +
    side * (1 - member) ** 2 * (1 - eu);
  near(analysis.whole.unavailability, 1 - (1 - 1e-5) * (1 - 2e-5) * (1 - 1e-4) * (1 - region) * stands);
  const met = (component: string, domain: string): string | undefined =>
    grid.find((cell) => cell.component === component && cell.domain === domain)?.strategy;
  // Two of three carry 120 of 100. Hosted parts are their owners' to see to.
  assert.deepEqual([met('ingest', 'zone'), met('ingest', 'region')], ['mask', 'fixFast']);
  assert.deepEqual([met('alerts', 'zone'), met('alerts', 'region')], ['mask', 'mask']);
  for (const hosted of ['balancer', 'queue', 'pager']) assert.equal(met(hosted, 'zone'), 'avoid');
});

test('pricing: nothing is stated, so what is assumed counts; one host carries the gateway', () => {
  assert.equal(assess('pricing').analysis.cutSetCount, 0n);
  const { analysis } = assess('pricing', false);
  // In hours, as assumed (src/prove/assumptions.ts): a host, an agent, the store, what all copies share, an instance by its z.
  const host = share(131 * 24, 1);
  const agent = share(90 * 24, 10 / 3600);
  const store = share(365 * 24, 1);
  const common = share(180 * 24, 0.5);
  const instance = (zSeconds: number): number => share(30 * 24, zSeconds / 3600);
  const [feed, pricer, gateway] = [instance(120), instance(5), instance(120)];
  // Of the leased pricer on a host that stands: the process, or the agent that renews for it.
  const side = any(pricer, agent);
  // Both sides; or the store, and the active one or the promise of b is missing.
  const withB = side ** 2 + store * (any(side, agent) - side ** 2);
  const withoutB = any(side, store);
  const rest = (1 - host) * (1 - withB) * (1 - feed ** 2) + host * (1 - withoutB) * (1 - feed);
  // Host a and the gateway on it, and software and configuration of the three: no copy helps.
  near(analysis.whole.unavailability, 1 - (1 - host) * (1 - gateway) * (1 - common) ** 6 * rest);
  assert.equal(analysis.whole.survives, 0);
});
