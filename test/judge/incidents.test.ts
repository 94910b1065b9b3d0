import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { acknowledge, addDone, markTold, untold } from '../../src/judge/incident.ts';
import type { Incident } from '../../src/judge/incident.ts';
import { reconcile } from '../../src/judge/incidents.ts';
import type { DesiredIncident } from '../../src/judge/incidents.ts';
import { wallMs } from '../../src/model/units.ts';
import type { FaultSeverity } from '../../src/model/system.ts';

const second = 1000;
const start = 1_700_000_000_000;

const want = (key: string, severity: FaultSeverity = 1, more: Partial<DesiredIncident> = {}): DesiredIncident => ({
  key,
  severity,
  service: key.startsWith('service:') ? key.slice(8) : null,
  instance: key.startsWith('service:') ? `${key.slice(8)}@a` : null,
  host: key.startsWith('host:') ? key.slice(5) : null,
  cause: { kind: 'process-gone', facts: {} },
  also: [],
  ...more,
});

/** Plays `[seconds, what should be open]` and gives `seconds key event severity` of each event, and what is kept at the end. */
function play(steps: readonly (readonly [number, ...DesiredIncident[]])[]): {
  events: string[];
  kept: readonly Incident[];
} {
  let kept: readonly Incident[] = [];
  const events: string[] = [];
  for (const [at, ...desired] of steps) {
    const made = reconcile(kept, desired, wallMs(start + at * second));
    kept = JSON.parse(JSON.stringify(made.open)) as readonly Incident[];
    assert.deepEqual(kept, made.open, 'it is kept as JSON');
    for (const { incident, event } of made.events) events.push(`${at} ${incident.key} ${event.kind} ${event.severity}`);
  }
  return { events, kept };
}

test('opened, worsened, eased and resolved are each said once', () => {
  const db = (severity: FaultSeverity): DesiredIncident => want('service:db', severity);
  const { events, kept } = play([[0], [1, db(3)], [2, db(3)], [3, db(1)], [4, db(1)], [5, db(2)], [6], [7]]);
  assert.deepEqual(events, [
    '1 service:db opened 3',
    '3 service:db worsened 1',
    '5 service:db eased 2',
    '6 service:db resolved 2',
  ]);
  const [only] = kept;
  assert.deepEqual(
    [only?.sinceMs, only?.resolvedAtMs, only?.worst, kept.length],
    [start + second, start + 6 * second, 1, 1],
  );
  assert.match(only?.id ?? '', /^db-[2-9a-z]{6}$/);
});

test('a changed cause or other names under it are no news, but are kept', () => {
  const { events, kept } = play([
    [0, want('service:db')],
    [1, want('service:db', 1, { instance: 'db@b', cause: { kind: 'host-down', facts: { host: 'b' } }, also: ['web'] })],
  ]);
  assert.deepEqual(events, ['0 service:db opened 1']);
  assert.deepEqual([kept[0]?.cause.kind, kept[0]?.instance, kept[0]?.also], ['host-down', 'db@b', ['web']]);
});

test('a second time it is another incident', () => {
  const { kept } = play([[0, want('host:b')], [1], [2, want('host:b')]]);
  assert.equal(new Set(kept.map((each) => each.id)).size, 2);
  assert.deepEqual(
    kept.map((each) => each.resolvedAtMs === null),
    [false, true],
  );
});

test('more than five turns within ten minutes: it stays open, says so once, and resolves when it was quiet', () => {
  const up = want('service:db');
  const { events, kept } = play([
    [0, up],
    [10],
    [20, up],
    [30],
    [40, up],
    [50],
    [60, up],
    [70],
    [80, up],
    [90],
    [100, up],
    [110],
    [150],
    [169],
    [170],
  ]);
  assert.deepEqual(events, [
    '0 service:db opened 1',
    '10 service:db resolved 1',
    '20 service:db opened 1',
    '30 service:db resolved 1',
    '40 service:db opened 1',
    '50 service:db flapping 1',
    '170 service:db resolved 1',
  ]);
  assert.equal(kept.at(-1)?.flapping, true);
});

test('the slower it swings, the longer it must be quiet', () => {
  const up = want('service:db');
  const { events } = play([[0, up], [100], [200, up], [300], [400, up], [500], [560], [799], [800]]);
  assert.deepEqual(events.slice(-2), ['500 service:db flapping 1', '800 service:db resolved 1']);
});

test('five turns in more than ten minutes are not flapping', () => {
  const up = want('service:db');
  const { events } = play(
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? [index * 121, up] : [index * 121])),
  );
  assert.ok(!events.some((each) => each.includes('flapping')));
  assert.equal(events.length, 20);
});

test('while it flaps, only what is graver than ever is news', () => {
  const low = want('service:db', 3);
  const { events } = play([
    [0, low],
    [1],
    [2, low],
    [3],
    [4, low],
    [5],
    [6, want('service:db', 1)],
    [7, low],
    [8, want('service:db', 1)],
  ]);
  assert.deepEqual(events.slice(-2), ['5 service:db flapping 3', '6 service:db worsened 1']);
});

test('what suffered from a root stays under it until it is back', () => {
  const hostB = want('host:b', 1, { also: ['db', 'web@b'] });
  const { events, kept } = play([
    [0, hostB],
    [10, want('service:db'), want('service:web', 1, { instance: 'web@b' })],
    [11, want('service:db', 3)],
    [12],
  ]);
  assert.deepEqual(events, ['0 host:b opened 1', '11 host:b eased 3', '12 host:b resolved 3']);
  assert.equal(kept.length, 1);
});

test('but not for ever, and not what it did not name', () => {
  const hostB = want('host:b', 1, { also: ['web@b'] });
  const web = want('service:web', 1, { instance: 'web@b' });
  assert.deepEqual(
    play([
      [0, hostB],
      [10, web],
      [129, web],
      [130, web],
    ]).events,
    ['0 host:b opened 1', '130 host:b resolved 1', '130 service:web opened 1'],
  );
  assert.deepEqual(
    play([
      [0, hostB],
      [10, want('service:web', 1, { instance: 'web@a', also: ['web@b'] })],
    ]).events.slice(1),
    ['10 host:b resolved 1', '10 service:web opened 1'],
  );
});

test('what is a root of its own is told at once, also while the host that it is about settles', () => {
  const late = want('overlap:web', 1, { service: 'web', instance: 'web@b', host: 'b' });
  const { events } = play([
    [0, want('host:b', 1, { also: ['web@b'] })],
    [10, late],
  ]);
  assert.deepEqual(events.slice(1), ['10 host:b resolved 1', '10 overlap:web opened 1']);
});

test('a root that falls again while it settles goes on as the same incident', () => {
  const hostB = want('host:b', 1, { also: ['db'] });
  const { events, kept } = play([[0, hostB], [10, want('service:db')], [20, hostB], [30]]);
  assert.deepEqual(events, ['0 host:b opened 1', '30 host:b resolved 1']);
  assert.equal(kept.length, 1);
});

test('one that is found to belong to another ends by joining it, and that is no flapping', () => {
  const web = want('service:web');
  const db = want('service:db', 1, { also: ['web'] });
  const { kept } = play([
    [0, web],
    [1, db],
    [2, web],
    [3, db],
    [4, web],
    [5, db],
    [6, web],
    [7, db],
  ]);
  const webs = kept.filter((each) => each.key === 'service:web');
  assert.ok(webs.every((each) => !each.flapping));
  assert.equal(webs[0]?.joined, 'service:db');
});

test('acknowledged, and what was done', () => {
  const { kept } = play([[0, want('service:db')]]);
  const id = kept[0]?.id ?? '';
  assert.equal(acknowledge(kept, 'db-nosuch', 'ana', wallMs(5)), null);
  const acked = acknowledge(kept, id, 'ana', wallMs(5)) ?? [];
  assert.deepEqual([acked[0]?.ackBy, acked[0]?.ackAtMs], ['ana', 5]);
  const still = reconcile(acked, [want('service:db', 2)], wallMs(start + second));
  assert.equal(still.open[0]?.ackBy, 'ana');
  const resolved = reconcile(acked, [], wallMs(start + second)).open;
  assert.equal(acknowledge(resolved, id, 'bob', wallMs(6)), null);
  const done = ['restarted', 'restarted', ...Array.from({ length: 30 }, (_, index) => `try ${index}`)];
  const after = done.reduce<readonly Incident[]>((list, what) => addDone(list, id, what), kept);
  assert.equal(after[0]?.done.length, 20);
  assert.deepEqual(addDone(addDone(kept, id, 'x'), id, 'x')[0]?.done, ['x']);
});

test('an event is told until it is marked, across hand-overs and after it is resolved', () => {
  const { kept } = play([[0, want('service:db')], [1]]);
  assert.deepEqual(
    untold(kept).map(({ event }) => event.kind),
    ['opened', 'resolved'],
  );
  const id = kept[0]?.id ?? '';
  const told = markTold(kept, id, 1);
  assert.deepEqual(
    untold(told).map(({ event }) => event.kind),
    ['resolved'],
  );
  const muchLater = wallMs(start + 3600 * second);
  assert.equal(reconcile(told, [], muchLater).open.length, 1, 'not forgotten while something is untold');
  assert.equal(reconcile(markTold(told, id, 2), [], muchLater).open.length, 0);
});

const keys = ['host:a', 'host:b', 'service:db', 'service:web', 'store'];
const steps = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 200 }),
    desired: fc.uniqueArray(
      fc.record({
        key: fc.constantFrom(...keys),
        severity: fc.constantFrom(1, 2, 3) as fc.Arbitrary<FaultSeverity>,
        also: fc.uniqueArray(fc.constantFrom('db', 'web', 'web@a', 'db@a'), { maxLength: 2 }),
      }),
      { selector: (each) => each.key, maxLength: 3 },
    ),
  }),
  { maxLength: 40 },
);

test('property: all that is wrong is under something open, and all of it resolves in the end; few events, none twice', () => {
  fc.assert(
    fc.property(steps, (list) => {
      let kept: readonly Incident[] = [];
      let at = start;
      const told = new Map<string, number[]>();
      const seen = new Set<string>();
      for (const { after, desired } of list) {
        at += after * second;
        const wanted = desired.map(({ key, severity, also }) => want(key, severity, { also }));
        const made = reconcile(kept, wanted, wallMs(at));
        kept = made.open;
        for (const { incident, event } of made.events) {
          const name = `${incident.id} ${event.n}`;
          assert.ok(!seen.has(name), `${name} is said twice`);
          seen.add(name);
          if (event.kind === 'opened' || (event.kind === 'resolved' && incident.joined === null))
            told.set(incident.key, [...(told.get(incident.key) ?? []), at]);
        }
        const open = kept.filter((each) => each.resolvedAtMs === null);
        assert.equal(new Set(open.map((each) => each.key)).size, open.length, 'one open incident for a key');
        assert.equal(new Set(kept.map((each) => each.id)).size, kept.length, 'ids are unique');
        for (const each of wanted) {
          const name = each.instance ?? each.service ?? '';
          assert.ok(
            open.some(
              (one) => one.key === each.key || one.also.includes(name) || one.also.includes(each.service ?? ''),
            ),
            `${each.key} is wrong and nothing open says so`,
          );
        }
        assert.deepEqual(reconcile(kept, wanted, wallMs(at)).events, [], 'the same again is no news');
        assert.ok(kept.every((each) => each.events.every((event, index) => event.n === index + 1)));
      }
      for (let minute = 0; minute < 25; minute += 1) kept = reconcile(kept, [], wallMs((at += 60 * second))).open;
      assert.ok(
        kept.every((each) => each.resolvedAtMs !== null),
        'something never resolves',
      );
    }),
    { numRuns: 1500 },
  );
});
