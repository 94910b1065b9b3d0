import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Phase } from '../../src/model/states.ts';
import '../seed.ts';
import { isMet, notUsable, whatCanBeLost } from '../../src/judge/lose.ts';
import type { Live, LiveInstance } from '../../src/judge/lose.ts';
import { neededActive } from '../../src/judge/wholes.ts';
import type { Need, Policy, RunService, Service, System } from '../../src/model/system.ts';
import { external, need, service, system } from './systems.ts';

type At = Readonly<Record<string, Phase | Partial<LiveInstance>>>;

function live(
  hosts: readonly string[],
  services: Readonly<Record<string, At | boolean | null>>,
  more: Partial<Live> = {},
  notExpected: string[] = [],
): Live {
  return {
    hosts: hosts.map((name) => ({ name, state: 'up' })),
    storeReachable: true,
    services: Object.entries(services).map(([name, at]) => ({
      name,
      notExpected: notExpected.includes(name),
      externalOk: typeof at === 'boolean' ? at : null,
      instances:
        typeof at === 'boolean' || at === null
          ? []
          : Object.entries(at).map(([host, one]): LiveInstance => ({
              host,
              phase: 'active',
              severity: 0,
              mayTakeOver: true,
              ...(typeof one === 'string' ? { phase: one } : one),
            })),
    })),
    ...more,
  };
}

const ab = ['a', 'b'];
const pricing = system(
  ab,
  [
    service('feed', ab, { policy: 'hot-active/hot-active' }),
    service('pricer', ab, { needs: need('feed') }),
    service('risk', ab, { policy: 'hot-active/warm-passive', needs: need('pricer') }),
    service('report', ab, { policy: 'hot-active/cold-passive', needs: need('risk') }),
    service('gateway', ['a'], { needs: need('pricer', 'risk') }),
  ],
  ['gateway', 'report'],
);
const pricingLive = {
  feed: { a: 'active', b: 'active' },
  pricer: { a: 'active', b: 'standby' },
  risk: { a: 'active', b: 'passive' },
  report: { a: 'down', b: 'down' },
  gateway: { a: 'active' },
} as const;

test('pricing as sketched: host b, or any instance but gateway’s', () => {
  assert.deepEqual(whatCanBeLost(pricing, live(ab, pricingLive, {}, ['report'])), {
    instances: ['feed@a', 'feed@b', 'pricer@a', 'pricer@b', 'risk@a', 'risk@b'],
    hosts: ['b'],
    notInstances: ['gateway@a'],
    notHosts: ['a'],
    why: [
      { part: 'gateway@a', service: 'gateway', first: 'gateway', because: 'runs-only-there' },
      { part: 'a', service: 'gateway', first: 'gateway', because: 'runs-only-there' },
    ],
  });
});

test('case by case, of pricing', () => {
  const cases: readonly [
    what: string,
    change: Readonly<Record<string, At>>,
    more: Partial<Live>,
    notInstances: string[],
  ][] = [
    [
      'a standby that starts cannot take over',
      { pricer: { a: 'active', b: 'starting' } },
      {},
      ['pricer@a', 'gateway@a'],
    ],
    [
      'nor one that is unhealthy',
      { pricer: { a: 'active', b: { phase: 'standby', severity: 1 } } },
      {},
      ['pricer@a', 'gateway@a'],
    ],
    [
      'nor one that is banned, waits or is too old',
      { pricer: { a: 'active', b: { phase: 'standby', mayTakeOver: false } } },
      {},
      ['pricer@a', 'gateway@a'],
    ],
    ['one that errs can', { pricer: { a: 'active', b: { phase: 'standby', severity: 3 } } }, {}, ['gateway@a']],
    [
      'nor one whose host is silent',
      {},
      {
        hosts: [
          { name: 'a', state: 'up' },
          { name: 'b', state: 'silent' },
        ],
      },
      ['feed@a', 'pricer@a', 'risk@a', 'gateway@a'],
    ],
    ['without the store nobody takes over', {}, { storeReachable: false }, ['pricer@a', 'risk@a', 'gateway@a']],
    ['the last of two hot ones', { feed: { a: 'failed', b: 'active' } }, {}, ['feed@b', 'gateway@a']],
  ];
  for (const [what, change, more, notInstances] of cases)
    assert.deepEqual(
      whatCanBeLost(pricing, live(ab, { ...pricingLive, ...change }, more, ['report'])).notInstances,
      notInstances,
      what,
    );
});

test('a cold one is able on a host that is up, though it is down', () => {
  const one = system(ab, [service('db', ab, { policy: 'hot-active/cold-passive' })], ['db']);
  assert.deepEqual(whatCanBeLost(one, live(ab, { db: { a: 'active', b: 'down' } })).instances, ['db@a']);
  assert.deepEqual(whatCanBeLost(one, live(ab, { db: { a: 'active', b: 'failed' } })).instances, []);
  const warm = system(ab, [service('db', ab)], ['db']);
  assert.deepEqual(whatCanBeLost(warm, live(ab, { db: { a: 'active', b: 'down' } })).instances, []);
});

test('why not', () => {
  const cases: readonly [System, Live, string][] = [
    [
      system(ab, [service('db', ab, { trigger: 'manual' })], ['db']),
      live(ab, { db: { a: 'active', b: 'standby' } }),
      'nobody-unasked',
    ],
    [
      system(ab, [service('web', ab, { policy: 'hot-active/hot-active', capacity: 100, load: 150 })], ['web']),
      live(ab, { web: { a: 'active', b: 'active' } }),
      'too-few',
    ],
    [system(ab, [service('db', ab)], ['db']), live(ab, { db: { a: 'active', b: 'starting' } }), 'nobody-able'],
    [system(ab, [service('db', ab)], ['db']), live(ab, { db: { a: 'failed', b: 'starting' } }), 'already-out'],
    [
      system(ab, [service('db', ['a']), service('web', ab, { needs: need('db') })], ['web']),
      live(ab, { db: { a: 'active' }, web: { a: 'active', b: 'standby' } }),
      'runs-only-there',
    ],
  ];
  for (const [given, now, because] of cases)
    assert.equal(whatCanBeLost(given, now).why.at(-1)?.because ?? 'none', because);
  const last = cases.at(-1);
  assert.deepEqual(last && whatCanBeLost(last[0], last[1]).why.at(-1), {
    part: 'a',
    service: 'web',
    first: 'db',
    because: 'runs-only-there',
  });
});

test('what needs one of two bears the loss of one, also of externals', () => {
  const needs: Need = { kind: 'anyOf', of: [need('r1'), need('r2')] };
  const one = system(ab, [external('r1'), external('r2'), service('db', ab, { needs })], ['db']);
  const at = { db: { a: 'active', b: 'standby' } } as const;
  assert.deepEqual(notUsable(one, live(ab, { ...at, r1: false, r2: null })), []);
  assert.deepEqual(notUsable(one, live(ab, { ...at, r1: false, r2: false })), ['db']);
});

test('five hundred services are tried quickly enough to be asked at each status', () => {
  const names = Array.from({ length: 500 }, (_, index) => `s${index}`);
  const chain = names.map((name, index) => service(name, ab, index === 0 ? {} : { needs: need(`s${index - 1}`) }));
  const all = Object.fromEntries(names.map((name) => [name, { a: 'active', b: 'standby' } as const]));
  const found = whatCanBeLost(system(ab, chain, names), live(ab, all));
  assert.deepEqual([found.instances.length, found.hosts.length, found.why.length], [1000, 2, 0]);
});

// The twin follows the definition from the top for each trial: slow, and shares only the arithmetic of load.
function usable(name: string, given: System, now: Live, gone: (service: string, host: string) => boolean): boolean {
  const described: Service | undefined = given.services.find((each) => each.name === name);
  const at = now.services.find((each) => each.name === name);
  if (described === undefined || at === undefined) return false;
  if (at.notExpected) return true;
  const met = (needed: Need): boolean => {
    if (needed.kind === 'service') return usable(needed.name, given, now, gone);
    const good = needed.of.filter(met).length;
    return (
      good >=
      (needed.kind === 'all' ? needed.of.length : needed.kind === 'anyOf' ? Math.min(1, needed.of.length) : needed.k)
    );
  };
  if (described.needs !== null && !met(described.needs)) return false;
  if (described.kind === 'external') return at.externalOk !== false;
  const left = at.instances.filter(
    (each) => !gone(name, each.host) && now.hosts.some((host) => host.name === each.host && host.state === 'up'),
  );
  const active = left.filter((each) => each.phase === 'active').length;
  const { policy } = described;
  if (policy === 'hot-active/hot-active') return active >= neededActive(described);
  if (active > 0) return true;
  if (policy === 'single' || !now.storeReachable || described.trigger === 'manual') return false;
  return left.some(
    (each) =>
      each.mayTakeOver &&
      each.severity !== 1 &&
      (each.phase === 'standby' ||
        each.phase === 'passive' ||
        (policy === 'hot-active/cold-passive' && each.phase === 'down')),
  );
}

const hosts = ['a', 'b', 'c'];
const policies: readonly Policy[] = [
  'hot-active/cold-passive',
  'hot-active/warm-passive',
  'hot-active/warm-active',
  'hot-active/hot-active',
];
const randomService = fc.record({
  policy: fc.constantFrom(...policies),
  on: fc.subarray(hosts, { minLength: 1 }),
  external: fc.constantFrom(false, false, false, true),
  externalOk: fc.constantFrom(null, true, false),
  trigger: fc.constantFrom('supervisor', 'supervisor', 'manual') as fc.Arbitrary<RunService['trigger']>,
  load: fc.constantFrom(null, 150),
  needs: fc.array(fc.nat(9), { maxLength: 3 }),
  k: fc.nat(3),
  kind: fc.constantFrom('all', 'anyOf', 'atLeast') as fc.Arbitrary<'all' | 'anyOf' | 'atLeast'>,
  notExpected: fc.constantFrom(false, false, false, true),
  phases: fc.tuple(
    ...hosts.map(
      () =>
        fc.constantFrom('active', 'active', 'standby', 'passive', 'down', 'failed', 'starting') as fc.Arbitrary<Phase>,
    ),
  ),
  severity: fc.constantFrom(0, 0, 0, 1, 3) as fc.Arbitrary<LiveInstance['severity']>,
  mayTakeOver: fc.constantFrom(true, true, false),
});

test('property: equals the definition, tried part by part', () => {
  let lost = 0;
  fc.assert(
    fc.property(
      fc.array(randomService, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('up', 'up', 'silent'),
      fc.boolean(),
      (list, serves, state, storeReachable) => {
        const needsOf = (index: number): Need | null => {
          const of = (list[index]?.needs ?? [])
            .filter((each) => each < index)
            .map((each): Need => ({ kind: 'service', name: `s${each}` }));
          const { kind, k } = list[index] ?? { kind: 'all', k: 0 };
          return of.length === 0 ? null : kind === 'atLeast' ? { kind, k, of } : { kind, of };
        };
        const services = list.map((each, index): Service =>
          each.external
            ? external(`s${index}`, needsOf(index))
            : service(`s${index}`, each.on, {
                policy: each.on.length === 1 ? 'single' : each.policy,
                trigger: each.trigger,
                load: each.load,
                capacity: 100,
                needs: needsOf(index),
              }),
        );
        const given = system(hosts, services, [
          ...new Set(serves.filter((each) => each < list.length).map((each) => `s${each}`)),
        ]);
        const now: Live = {
          storeReachable,
          hosts: hosts.map((name) => ({ name, state: name === 'c' ? state : 'up' })),
          services: list.map((each, index) => ({
            name: `s${index}`,
            notExpected: each.notExpected,
            externalOk: each.externalOk,
            instances: each.external
              ? []
              : each.on.map((host) => ({
                  host,
                  phase: each.phases[hosts.indexOf(host)] ?? 'down',
                  severity: each.severity,
                  mayTakeOver: each.mayTakeOver,
                })),
          })),
        };
        const stands = (gone: (name: string, host: string) => boolean): boolean =>
          given.serves.every((name) => usable(name, given, now, gone));
        const found = whatCanBeLost(given, now);
        for (const part of [...found.instances, ...found.notInstances]) {
          const [name, at] = part.split('@');
          assert.equal(
            found.instances.includes(part),
            stands((one, host) => one === name && host === at),
            part,
          );
        }
        for (const part of [...found.hosts, ...found.notHosts])
          assert.equal(
            found.hosts.includes(part),
            stands((_, host) => host === part),
            part,
          );
        assert.deepEqual(
          found.why.map((each) => each.part).toSorted(),
          [...found.notInstances, ...found.notHosts].toSorted(),
        );
        assert.deepEqual(
          notUsable(given, now),
          given.serves.filter((name) => !usable(name, given, now, () => false)),
        );
        lost += found.notInstances.length > 0 && found.instances.length > 0 ? 1 : 0;
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(lost > 50, 'both answers occur in one system often enough to mean something');
});

test('needs', () => {
  const two: Need[] = [need('x'), need('y')];
  const onlyX = (name: string): boolean => name === 'x';
  assert.deepEqual(
    [
      isMet({ kind: 'all', of: two }, onlyX),
      isMet({ kind: 'anyOf', of: two }, onlyX),
      isMet({ kind: 'atLeast', k: 2, of: two }, onlyX),
    ],
    [false, true, false],
  );
});
