// z = d + s + b + i: what is left for detection, what follows from it, and what is said when it does not fit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { checkReport } from '../../src/model/check-report.ts';
import { readDescription } from '../../src/model/read.ts';
import type { RunService, System } from '../../src/model/system.ts';
import {
  declaredDetection,
  drift,
  roomFor,
  sessionTtl,
  storeUnmeasured,
  timingsOf,
  type Measured,
  type Timings,
} from '../../src/model/timings.ts';

function read(services: string, z = '10s'): System {
  const text = `system: s
objective: { unavailable: 10m, per: 60m, recoverWithin: ${z} }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
${services.replaceAll(/^/gm, '  ')}
`;
  const { system, errors } = readDescription({ text, file: 'standfast.yaml', folder: '/srv' });
  assert.deepEqual(errors, []);
  assert.ok(system !== null);
  return system;
}

function only(service: string, z = '10s'): RunService {
  const found = read(service, z).services[0];
  assert.ok(found?.kind === 'run');
  return found;
}

const leased = (policy: string, more = ''): string => `p: { run: x, policy: hot-active/${policy}${more} }`;
const sum = ({ d, s, b, i }: Timings): number => d + s.counted + b.counted + i.counted;

test('what the policy makes zero is zero by the policy, the rest is declared, measured or assumed', () => {
  const from = (service: string): string => {
    const { s, b, i } = timingsOf(only(service));
    return `s ${s.from} ${s.ms}, b ${b.from} ${b.ms}, i ${i.from} ${i.ms}`;
  };
  assert.equal(from(leased('hot-active', ', consumers: dropDuplicates')), 's policy 0, b policy 0, i policy 0');
  assert.equal(from(leased('warm-active')), 's assumed null, b policy 0, i policy 0');
  assert.equal(from(leased('warm-passive')), 's assumed null, b policy 0, i assumed null');
  assert.equal(
    from(leased('warm-passive', ', active: { file: x, within: 2s }')),
    's assumed null, b policy 0, i declared 2000',
  );
  assert.equal(from(leased('cold-passive')), 's assumed null, b assumed null, i none null');
  assert.equal(
    from(leased('cold-passive', ', ready: { file: x, within: 1s }')),
    's assumed null, b declared 1000, i none null',
  );
  assert.equal(
    from(leased('cold-passive', ', ready: { file: x, within: 1s }, active: { file: y, within: 2s }')),
    's assumed null, b declared 1000, i declared 2000',
  );
  assert.equal(from(leased('cold-passive', ', ready: { file: x }')), 's assumed null, b assumed null, i none null');
  assert.equal(from('p: { run: x, on: a }'), 's assumed null, b assumed null, i none null');
});

test('the worst of what was measured counts before all else', () => {
  const service = only(leased('cold-passive', ', ready: { file: x, within: 5s }, active: { file: y, within: 4s }'));
  const measured: Measured = {
    a: { bMs: [300, 900, 200], iMs: [], switchMs: [40] },
    b: { bMs: [100], iMs: [70, 60], switchMs: [30, 55] },
  };
  const timings = timingsOf(service, measured);
  assert.deepEqual(
    [timings.s, timings.b, timings.i].map((figure) => [figure.from, figure.ms]),
    [
      ['measured', 55],
      ['measured', 900],
      ['measured', 70],
    ],
  );
  assert.equal(timings.d, 10_000 - 55 - 900 - 70);
  assert.ok(timings.fits);
});

test('d is what is left, and the intervals follow from it', () => {
  const timings = timingsOf(only(leased('warm-active')));
  assert.equal(timings.d, 9900);
  assert.equal(timings.heartbeatEvery, 4950);
  assert.equal(timings.checkEvery, 3300);
  assert.equal(timings.z, timings.declaredZ);
  assert.equal(timingsOf(only(leased('warm-active'), '2m')).checkEvery, 5000);
  assert.equal(timingsOf(only(leased('warm-active'), '700ms')).checkEvery, 250);
});

test('two hot: nothing to detect when consumers drop duplicates, the balancer’s time when one stands in front', () => {
  const drop = timingsOf(only(leased('hot-active', ', consumers: dropDuplicates')));
  assert.deepEqual([drop.d, drop.z, drop.fits, drop.ttl], [0, 0, true, null]);
  assert.ok(drop.heartbeatEvery > 0 && drop.checkEvery >= 250);
  const balancer = timingsOf(only(leased('hot-active', ', consumers: { balancer: { detectsWithin: 3s } }')));
  assert.deepEqual([balancer.d, balancer.z, balancer.heartbeatEvery, balancer.fits], [3000, 3000, 1500, true]);
  assert.ok(!timingsOf(only(leased('hot-active', ', consumers: { balancer: { detectsWithin: 30s } }'))).fits);
});

test('the outage budget bears x / z recoveries', () => {
  assert.equal(timingsOf(only(leased('warm-active'), '2m')).failures, 5);
});

test('with recoverWithin 1s the session is about 0.7 s, and never longer than 2 s', () => {
  const second = sessionTtl(read(leased('warm-active'), '1s'));
  assert.ok(second >= 650 && second <= 750, `${second}`);
  assert.equal(sessionTtl(read(leased('warm-active'), '2m')), 2000);
  assert.equal(sessionTtl(read('p: { run: x, on: a }')), 2000);
});

test('one session suits every leased service, but for those whose declared sum leaves nothing', () => {
  const two = (first: string, second: string): number => sessionTtl(read(`${first}\n${second}`));
  const calm = leased('warm-active');
  assert.equal(two(calm, 'q: { run: x, policy: hot-active/warm-active, objective: { recoverWithin: 1s } }'), 682);
  assert.equal(two(calm, 'q: { run: x, policy: hot-active/cold-passive, ready: { file: x, within: 8s } }'), 1591);
  assert.equal(two(calm, 'q: { run: x, policy: hot-active/cold-passive, ready: { file: x, within: 60s } }'), 2000);
});

test('room is three times the worst, and at least 50 ms', () => {
  assert.equal(roomFor({ timerLateMs: 3, killMs: 10, addressMs: 0 }), 50);
  assert.equal(roomFor({ timerLateMs: 3, killMs: 40, addressMs: 0 }), 120);
});

test('a slow store raises the floor, and with it what can be promised', () => {
  const service = only(leased('warm-active'), '1s');
  assert.ok(timingsOf(service).fits);
  const slow = timingsOf(service, {}, { kind: 'etcd', roundTripP99Ms: 300, roomMs: 50 });
  assert.ok(!slow.fits && slow.floor > 900 && slow.z > 1000);
  assert.equal(slow.z, sum(slow));
});

test('whatever is declared and measured: the sum is right, the session fits into d, beats are d/2 or oftener', () => {
  const policy = fc.constantFrom('cold-passive', 'warm-passive', 'warm-active');
  const milliseconds = fc.integer({ min: 1, max: 30_000 });
  const history = fc.record({
    bMs: fc.array(milliseconds, { maxLength: 3 }),
    iMs: fc.array(milliseconds, { maxLength: 3 }),
    switchMs: fc.array(milliseconds, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      policy,
      milliseconds,
      fc.option(milliseconds),
      fc.option(milliseconds),
      history,
      fc.integer({ min: 1, max: 400 }),
      (which, z, b, i, measured, p99) => {
        const ready = b === null ? '' : `, ready: { file: x, within: ${b}ms }`;
        const active = i === null ? '' : `, active: { file: x, within: ${i}ms }`;
        const service = only(leased(which, ready + active), `${z}ms`);
        const store = { kind: 'embedded' as const, roundTripP99Ms: p99, roomMs: null };
        const timings = timingsOf(service, { a: measured }, store);
        assert.ok(Math.abs(timings.z - sum(timings)) < 1e-6);
        assert.equal(timings.fits, timings.z <= timings.declaredZ);
        assert.ok(timings.d >= timings.floor);
        assert.ok(timings.heartbeatEvery <= timings.d / 2);
        assert.ok(timings.ttl !== null && timings.ttl <= 2000 && timings.ttl >= 300);
        // A millisecond for rounding to whole ones.
        if (timings.ttl < 2000) assert.ok(timings.ttl * (1 + drift) + 3 * p99 <= timings.d + 1.1);
        for (const figure of [timings.s, timings.b, timings.i]) {
          assert.equal(figure.ms === null, figure.from === 'assumed' || figure.from === 'none');
          if (figure.from === 'measured') assert.ok(figure.counted > 0);
        }
      },
    ),
    { numRuns: 400 },
  );
});

test('agents that measured differently compute one session', () => {
  const system = read(leased('warm-passive', ', active: { file: x, within: 1s }'));
  const [service] = system.services;
  assert.ok(service?.kind === 'run');
  const { ttl } = timingsOf(service, { a: { bMs: [], iMs: [9000], switchMs: [] } }, storeUnmeasured);
  assert.notEqual(ttl, sessionTtl(system));
  assert.equal(sessionTtl(system), sessionTtl(structuredClone(system)));
});

test('what heartbeats are held against', () => {
  assert.equal(declaredDetection(only(leased('warm-active'))), 10_000);
  assert.equal(declaredDetection(only(leased('cold-passive', ', ready: { file: x, within: 4s }'))), 6000);
  assert.equal(declaredDetection(only(leased('cold-passive', ', ready: { file: x, within: 40s }'))), 10_000);
  assert.equal(declaredDetection(only(leased('hot-active', ', consumers: { balancer: { detectsWithin: 3s } }'))), 3000);
});

test('the report gives the contract’s keys, and says what would do when it does not fit', () => {
  const system = read(
    `${leased('cold-passive', ', ready: { file: x, within: 4s }')}\nq: { run: x, policy: hot-active/warm-active }\ne: { external: true }`,
    '1s',
  );
  const [cold, warm, ...more] = checkReport(system);
  assert.deepEqual(more, []);
  assert.deepEqual(
    [cold?.name, cold?.bMs, cold?.iMs, cold?.switchMs, cold?.fits, cold?.sources.b, cold?.sources.i],
    ['p', 4000, null, 100, false, 'declared', 'none'],
  );
  assert.equal(cold?.zMs, (cold?.dMs ?? 0) + 100 + 4000);
  assert.deepEqual(cold?.advice, [
    'b stands for boot and load together: one probe answers for both.',
    'It needs 4.58s, and recoverWithin is 1s.',
    'hot-active/warm-passive would do: it needs 830ms.',
    'Or recoverWithin: 4.6s.',
    'ready.within is a limit, counted until a start was measured: a tighter one would do too.',
  ]);
  assert.deepEqual([warm?.fits, warm?.zMs, warm?.ttlMs, warm?.advice], [true, 1000, 682, []]);
  assert.equal(warm?.zMs, (warm?.dMs ?? 0) + (warm?.switchMs ?? 0) + (warm?.bMs ?? 0) + (warm?.iMs ?? 0));
});

test('what the report proposes fits once it is written', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('cold-passive', 'warm-passive', 'warm-active'),
      fc.integer({ min: 1, max: 20_000 }),
      fc.integer({ min: 1, max: 20_000 }),
      (policy, z, within) => {
        const probes = `, ready: { file: x, within: ${within}ms }, active: { file: y, within: ${within}ms }`;
        const [row] = checkReport(read(leased(policy, probes), `${z}ms`));
        if (row?.fits !== false) return;
        const longer = row.advice
          .map((line) => /^Or recoverWithin: (.*)\.$/.exec(line)?.[1])
          .find((found) => found !== undefined);
        assert.ok(longer !== undefined);
        assert.ok(checkReport(read(leased(policy, probes), longer))[0]?.fits, `${longer} for ${policy} with ${within}`);
        const better = row.advice
          .map((line) => /^hot-active\/(.*) would do/.exec(line)?.[1])
          .find((found) => found !== undefined);
        if (better !== undefined)
          assert.ok(
            checkReport(
              read(
                leased(better, `${probes}${better === 'hot-active' ? ', consumers: dropDuplicates' : ''}`),
                `${z}ms`,
              ),
            )[0]?.fits,
          );
      },
    ),
    { numRuns: 150 },
  );
});

test('a budget that one recovery exceeds, and a load that cannot be seen, are said', () => {
  const system = read(leased('warm-passive', ', activate: { signal: SIGUSR1 }, objective: { unavailable: 5s }'));
  assert.deepEqual(checkReport(system)[0]?.advice, [
    'i will not be measured: a signal is not answered. Add `active` to see when loading is over.',
    'One recovery of 10s already exceeds the 5s allowed in any 1h.',
  ]);
  assert.deepEqual(checkReport(system)[0]?.assumed, { switchMs: 100, bMs: null, iMs: 250 });
});
