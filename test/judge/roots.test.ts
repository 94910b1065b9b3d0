import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { desiredIncidents } from '../../src/judge/roots.ts';
import type { JudgedInstance, JudgedService, JudgedSystem } from '../../src/judge/roots.ts';
import type { Reason, Verdict } from '../../src/judge/reason.ts';
import type { Severity } from '../../src/model/system.ts';
import { gradeHost, gradeStore } from '../../src/judge/wholes.ts';
import { need } from './systems.ts';

const fine: Verdict = { severity: 0, reasons: [] };
const ended: Reason = {
  kind: 'down',
  facts: { exitCode: null, exitSignal: 'SIGKILL', startError: null, tries: 0, nextInMs: null },
};
const none: Reason = { kind: 'none-active', facts: { forMs: 5, waitsFor: null } };
const unheard: Reason = { kind: 'not-heard-of', facts: { planned: 'active' } };

const ok = (host: string, phase: JudgedInstance['phase'] = 'active'): JudgedInstance => ({
  host,
  phase,
  severity: 0,
  cause: null,
});
const bad = (host: string, more: Partial<JudgedInstance> = {}): JudgedInstance => ({
  host,
  phase: 'failed',
  severity: 1,
  cause: ended,
  ...more,
});
const lost = (host: string): JudgedInstance => bad(host, { phase: 'unknown', cause: unheard });
const erring = (host: string): JudgedInstance => bad(host, { phase: 'active', severity: 3 });

const service = (name: string, instances: JudgedInstance[], more: Partial<JudgedService> = {}): JudgedService => {
  const usable = more.usable ?? instances.some((each) => each.phase === 'active');
  return {
    name,
    needs: null,
    leased: instances.length > 1,
    usable,
    verdict: usable ? fine : { severity: 1, reasons: [none] },
    instances,
    ...more,
  };
};
const judged = (services: JudgedService[], more: Partial<JudgedSystem> = {}): JudgedSystem => ({
  services,
  hosts: [],
  store: fine,
  others: [],
  ...more,
});
const host = (name: string, state: 'up' | 'silent' | 'down'): JudgedSystem['hosts'][number] => ({
  name,
  state,
  verdict: gradeHost(name, state, 5),
});

/** `key severity (instance) also` */
function made(system: JudgedSystem): string[] {
  return desiredIncidents(system).map(
    (each) => `${each.key} ${each.severity} ${each.instance ?? '-'} ${each.cause.kind} [${each.also.join(' ')}]`,
  );
}

test('a root and what suffers from it is one incident', () => {
  const cases: readonly [what: string, system: JudgedSystem, incidents: string[]][] = [
    ['all is well', judged([service('db', [ok('a')])]), []],
    ['one instance', judged([service('db', [bad('a'), ok('b')])]), ['service:db 1 db@a down []']],
    ['all instances of a service', judged([service('db', [bad('a'), bad('b')])]), ['service:db 1 db@a down [db@b]']],
    [
      'none active, though nothing is wrong with any',
      judged([service('db', [ok('a', 'standby')])]),
      ['service:db 1 - none-active []'],
    ],
    ['the gravest is the cause', judged([service('db', [erring('a'), bad('b')])]), ['service:db 1 db@b down [db@a]']],
    [
      'a needed service down, with those that need it and are not fine',
      judged([
        service('db', [bad('a')]),
        service('api', [erring('a')], { needs: need('db') }),
        service('web', [bad('a')], { needs: need('api') }),
        service('site', [bad('a')], { needs: need('web') }),
        service('well', [ok('a')], { needs: need('db') }),
      ]),
      ['service:db 1 db@a down [api@a]', 'service:web 1 web@a down [site]'],
    ],
    [
      'through two that are down',
      judged([
        service('db', [bad('a')]),
        service('api', [bad('a')], { needs: need('db') }),
        service('web', [bad('a')], { needs: need('api') }),
      ]),
      ['service:db 1 db@a down [api web]'],
    ],
    [
      'what merely errs is not the root',
      judged([service('db', [erring('a')]), service('api', [erring('a')], { needs: need('db') })]),
      ['service:api 3 api@a down []', 'service:db 3 db@a down []'],
    ],
    [
      'one of two that would do is not the root',
      judged([
        service('r1', [bad('a')]),
        service('r2', [ok('a')]),
        service('api', [bad('a')], { needs: { kind: 'anyOf', of: [need('r1'), need('r2')] } }),
      ]),
      ['service:api 1 api@a down []', 'service:r1 1 r1@a down []'],
    ],
    [
      'one of three of which two must do is',
      judged([
        service('r1', [bad('a')]),
        service('r2', [bad('a')]),
        service('r3', [ok('a')]),
        service('api', [bad('a')], { needs: { kind: 'atLeast', k: 2, of: [need('r1'), need('r2'), need('r3')] } }),
      ]),
      ['service:r1 1 r1@a down [api]', 'service:r2 1 r2@a down []'],
    ],
    [
      'an external',
      judged([
        service('rates', [], {
          usable: false,
          verdict: { severity: 1, reasons: [{ kind: 'external-down', facts: { check: 'tcp', text: '' } }] },
        }),
        service('api', [bad('a')], { needs: need('rates') }),
      ]),
      ['service:rates 1 - external-down [api]'],
    ],
    [
      'a host gone takes along what ran on it',
      judged(
        [
          service('db', [lost('b')]),
          service('api', [ok('a'), lost('b')]),
          service('web', [bad('a')], { needs: need('db') }),
        ],
        {
          hosts: [host('a', 'up'), host('b', 'silent')],
        },
      ),
      ['host:b 1 - host-silent [api@b db web]'],
    ],
    ['a host gone with nothing on it', judged([], { hosts: [host('b', 'down')] }), ['host:b 3 - host-down []']],
    [
      'a fault elsewhere is not the host’s',
      judged([service('api', [bad('a'), lost('b')])], { hosts: [host('a', 'up'), host('b', 'silent')] }),
      ['host:b 1 - host-silent [api]', 'service:api 1 api@a down []'],
    ],
    [
      'what is seen to run on a host that is silent has its own trouble',
      judged([service('api', [erring('b')])], { hosts: [host('b', 'silent')] }),
      ['host:b 3 - host-silent []', 'service:api 3 api@b down []'],
    ],
    [
      'the store takes along what cannot move without it, and whom one hears of through it',
      judged([service('db', [ok('a', 'standby'), lost('b')]), service('one', [bad('a')])], {
        hosts: [host('a', 'up'), host('b', 'silent')],
        store: gradeStore(false, 'disk full'),
      }),
      ['service:one 1 one@a down []', 'store 1 - store-unreachable [db host b]'],
    ],
    [
      'needs that lead round in a circle still end somewhere',
      judged([service('x', [bad('a')], { needs: need('y') }), service('y', [bad('a')], { needs: need('x') })]),
      ['service:x 1 x@a down [y]'],
    ],
  ];
  for (const [what, system, incidents] of cases) assert.deepEqual(made(system), incidents, what);
});

test('thirty dependants are one incident with thirty names', () => {
  const many = Array.from({ length: 30 }, (_, index) => service(`s${index}`, [bad('a')], { needs: need('db') }));
  const [only, ...others] = desiredIncidents(judged([...many, service('db', [bad('a')])]));
  assert.deepEqual([only?.key, only?.also.length, others.length], ['service:db', 30, 0]);
});

test('others are roots of their own', () => {
  const other = {
    key: 'kill-late:a',
    severity: 1,
    service: null,
    instance: null,
    host: 'a',
    cause: none,
    also: [],
  } as const;
  assert.deepEqual(desiredIncidents(judged([], { others: [other] })), [other]);
});

const severities: readonly Severity[] = [0, 0, 1, 2, 3];
const random = fc
  .array(
    fc.record({
      phases: fc.array(
        fc.record({
          severity: fc.constantFrom(...severities),
          phase: fc.constantFrom('active', 'failed', 'unknown', 'standby') as fc.Arbitrary<JudgedInstance['phase']>,
        }),
        { maxLength: 3 },
      ),
      needs: fc.array(fc.nat(9), { maxLength: 3 }),
      k: fc.nat(3),
      usable: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((list) =>
    list.map((each, index) =>
      service(
        `s${index}`,
        each.phases.map(({ severity, phase }, place) => ({
          host: 'abc'[place] ?? 'a',
          phase,
          severity,
          cause: severity === 0 ? null : ended,
        })),
        { usable: each.usable, needs: { kind: 'atLeast', k: each.k, of: each.needs.map((name) => need(`s${name}`)) } },
      ),
    ),
  );

test('property: nothing that is wrong is left out, nothing that is fine is put in, each incident as grave as the gravest of it', () => {
  fc.assert(
    fc.property(random, fc.constantFrom('up', 'silent', 'down'), fc.boolean(), (services, state, storeReachable) => {
      const system = judged(services, {
        hosts: [host('a', 'up'), host('b', state)],
        store: gradeStore(storeReachable, null),
      });
      const incidents = desiredIncidents(system);
      assert.equal(new Set(incidents.map((each) => each.key)).size, incidents.length);
      const named = new Set(incidents.flatMap((each) => [each.instance, each.service, ...each.also]));
      for (const each of services) {
        for (const instance of each.instances)
          assert.equal(
            instance.severity === 0 || named.has(`${each.name}@${instance.host}`) || named.has(each.name),
            true,
            `${each.name}@${instance.host} is left out`,
          );
        const isBad = each.verdict.severity !== 0 || each.instances.some((instance) => instance.severity !== 0);
        if (!isBad)
          assert.ok(
            ![...named].some((name) => name === each.name || name?.startsWith(`${each.name}@`)),
            `${each.name} is fine`,
          );
      }
      const worst = (list: readonly { severity: Severity }[]): number =>
        Math.min(9, ...list.map((one) => one.severity).filter((one) => one !== 0));
      const all = [
        ...services.flatMap((each) => [...each.instances, each.verdict]),
        ...system.hosts.map((each) => each.verdict),
        system.store,
      ];
      assert.equal(worst(incidents), worst(all));
    }),
    { numRuns: 1000 },
  );
});
