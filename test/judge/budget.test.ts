import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { addOutage, pruneOutages, usedIn } from '../../src/judge/budget.ts';
import type { Outage } from '../../src/judge/budget.ts';
import { consumersWithout } from '../../src/judge/consumers.ts';
import type { Need } from '../../src/model/system.ts';
import { ms, wallMs } from '../../src/model/units.ts';
import { need, service } from './systems.ts';

const out = (service: string, from: number, to: number | null): Outage => ({
  service,
  fromMs: wallMs(from),
  toMs: to === null ? null : wallMs(to),
});
const all = (...outages: Outage[]): readonly Outage[] => outages.reduce<readonly Outage[]>(addOutage, []);
const hour = { per: ms(3_600_000) };

test('what counts', () => {
  const cases: readonly [what: string, outages: readonly Outage[], now: number, used: number][] = [
    ['nothing', [], 1000, 0],
    ['one', all(out('a', 100, 300)), 1000, 200],
    ['two apart', all(out('a', 100, 300), out('a', 400, 500)), 1000, 300],
    ['two services at once are one outage', all(out('a', 100, 300), out('b', 200, 400)), 1000, 300],
    ['one that goes on counts up to now', all(out('a', 100, null)), 1000, 900],
    ['its end, told later, ends it', all(out('a', 100, null), out('a', 100, 250)), 1000, 150],
    ['its end, told again and again, grows it', all(out('a', 100, 200), out('a', 100, 300)), 1000, 200],
    ['what is not yet', all(out('a', 2000, 3000)), 1000, 0],
    ['what is out of the period is over', all(out('a', 0, 1000)), 3_600_500, 500],
    ['a clock set back counts as nothing', all(out('a', 300, 100)), 1000, 0],
  ];
  for (const [what, outages, now, used] of cases) assert.equal(usedIn(hour, outages, wallMs(now)), used, what);
});

test('what ended before is forgotten, what goes on is not', () => {
  const list = all(out('a', 0, 100), out('a', 150, 300), out('b', 10, null));
  assert.deepEqual(pruneOutages(list, wallMs(200)), [out('a', 150, 300), out('b', 10, null)]);
});

test('a service that flaps is told in fewer outages that are as long, and no other is forgotten for it', () => {
  const once = out('a', 0, 7000);
  let list = all(once);
  for (let index = 0; index < 500; index += 1) list = addOutage(list, out('z', index * 100, index * 100 + 50));
  assert.equal(list.length, 200);
  assert.deepEqual(list[0], once);
  assert.equal(usedIn(hour, list.slice(1), wallMs(50_000)), 25_000);
});

test('of too many that lie apart the oldest are forgotten, whatever they are called', () => {
  const minutes = 120_000;
  let list: readonly Outage[] = [];
  for (let index = 0; index < 300; index += 1)
    list = addOutage(list, out(index % 2 === 0 ? 'a' : 'z', index * minutes, index * minutes + 1));
  assert.equal(list.length, 200);
  assert.equal(Math.min(...list.map((each) => each.fromMs)), 100 * minutes);
});

const small = fc.record({
  service: fc.constantFrom('a', 'b', 'c'),
  from: fc.integer({ min: 0, max: 60 }),
  length: fc.option(fc.integer({ min: -5, max: 30 }), { freq: 5 }),
});

test('property: equals counting millisecond by millisecond, in whatever order it was told', () => {
  fc.assert(
    fc.property(
      fc.array(small, { maxLength: 12 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 1, max: 80 }),
      (told, now, per) => {
        // An open one and a closed one of the same beginning are the same outage, told twice; the twin is not told so.
        const fresh = told.filter(
          (each, index) =>
            told.findIndex((other) => other.service === each.service && other.from === each.from) === index,
        );
        const outages = fresh.map(({ service, from, length }) =>
          out(service, from, length === null ? null : from + length),
        );
        let slow = 0;
        for (let at = now - per; at < now; at += 1)
          if (outages.some((each) => each.fromMs <= at && (each.toMs === null || at < each.toMs))) slow += 1;
        assert.equal(usedIn({ per: ms(per) }, all(...outages), wallMs(now)), slow);
        assert.equal(usedIn({ per: ms(per) }, outages, wallMs(now)), slow, 'also when nothing was merged');
      },
    ),
    { numRuns: 2000 },
  );
});

test('what a service that is used from outside needs counts too, unless its need is met another way', () => {
  const either: Need = {
    kind: 'anyOf',
    of: [
      { kind: 'service', name: 'r1' },
      { kind: 'service', name: 'r2' },
    ],
  };
  const of = {
    serves: ['front'],
    services: [
      service('front', ['a'], { needs: need('middle') }),
      service('middle', ['a'], { needs: either }),
      service('r1', ['a']),
      service('r2', ['a']),
      service('aside', ['a']),
    ],
  };
  const cases: readonly [what: string, outages: readonly Outage[], used: number][] = [
    ['itself', [out('front', 100, 300)], 200],
    ['what it needs', [out('middle', 100, 300)], 200],
    ['nobody that it needs', [out('aside', 100, 300)], 0],
    ['one of two that will do', [out('r1', 100, 300)], 0],
    ['while both are away', [out('r1', 100, 300), out('r2', 250, 400)], 50],
    ['once, whatever lies under it', [out('front', 100, 300), out('middle', 200, 350)], 250],
    ['what lasts', [out('r1', 100, null), out('r2', 900, null)], 100],
    ['a clock set back counts as nothing', [out('front', 300, 100)], 0],
  ];
  for (const [what, outages, used] of cases)
    assert.equal(usedIn(hour, consumersWithout(of, outages, wallMs(1000)), wallMs(1000)), used, what);
});
