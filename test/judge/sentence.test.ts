import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import type { CanLose, WhyNot } from '../../src/judge/lose.ts';
import { canLoseWords, statusSentence } from '../../src/judge/sentence.ts';
import type { SentenceFacts } from '../../src/judge/sentence.ts';

const why = (part: string, first: string, because: WhyNot['because'] = 'runs-only-there', service = first): WhyNot => ({
  part,
  service,
  first,
  because,
});
const can = (more: Partial<CanLose> = {}): CanLose => ({
  instances: [],
  hosts: [],
  notInstances: [],
  notHosts: [],
  why: [],
  ...more,
});

const pricing = can({
  instances: ['feed@a', 'feed@b', 'pricer@a', 'pricer@b'],
  hosts: ['b'],
  notInstances: ['gateway@a'],
  notHosts: ['a'],
  why: [why('gateway@a', 'gateway'), why('a', 'gateway')],
});
const everything = can({ instances: ['feed@a', 'feed@b'], hosts: ['a', 'b'] });
const nothing = can({ notInstances: ['web@a'], notHosts: ['a'], why: [why('web@a', 'web'), why('a', 'web')] });

const facts = (more: Partial<SentenceFacts> = {}): SentenceFacts => ({
  system: 'pricing',
  severity: 0,
  known: true,
  storeReachable: true,
  plannedDown: null,
  starting: [],
  services: 5,
  missing: [],
  troubles: [],
  canLose: pricing,
  paused: [],
  ...more,
});

test('the sentence', () => {
  const disk = { severity: 3, text: 'host b: disk full in about 40 min' } as const;
  const gone = {
    severity: 1,
    text: 'gateway on a: down: ended by SIGKILL, tried 3 times, next in 2 s',
  } as const;
  const noGateway = [{ service: 'gateway', forMs: 12_345 }];
  const cases: readonly [SentenceFacts, string][] = [
    [facts(), "It stands. It can lose host b, or any 1 instance but gateway's. Not host a: gateway runs only there."],
    [facts({ known: false }), 'Nothing is known of pricing yet: no agent has reported.'],
    [
      facts({ severity: 3, troubles: [disk], canLose: can({ notInstances: ['x@a'], notHosts: ['a'] }) }),
      'pricing is DEGRADED (severity 3). Consumers are served; host b: disk full in about 40 min. It can lose nothing more.',
    ],
    [
      facts({ severity: 2, troubles: [{ ...disk, severity: 2 }, disk] }),
      'pricing is NOT AS IT SHOULD BE (severity 2). Consumers are served; host b: disk full in about 40 min, and 1 more incident. It can still lose host b.',
    ],
    [
      facts({ severity: 1, troubles: [gone, disk, disk], canLose: everything }),
      'pricing is WEAKENED (severity 1). Consumers are served; gateway on a: down: ended by SIGKILL, tried 3 times, next in 2 s, and 2 more incidents. It can still lose any 1 of hosts a and b.',
    ],
    [
      facts({ severity: 1, missing: noGateway, troubles: [gone] }),
      'pricing is DOWN: consumers have had no gateway for 12 s (severity 1). gateway on a: down: ended by SIGKILL, tried 3 times, next in 2 s.',
    ],
    [
      facts({ severity: 1, missing: [...noGateway, { service: 'report', forMs: null }] }),
      'pricing is DOWN: consumers have had no gateway or report for 12 s (severity 1).',
    ],
    [
      facts({ severity: 1, missing: [{ service: 'gateway', forMs: null }] }),
      'pricing is DOWN: consumers have had no gateway (severity 1).',
    ],
    [
      facts({ starting: ['risk', 'gateway'], missing: [{ service: 'gateway', forMs: null }] }),
      'pricing is starting: 3 of 5 services up, waiting for risk and gateway.',
    ],
    [facts({ starting: ['web'], services: 1 }), 'pricing is starting: 0 of 1 service up, waiting for web.'],
    [
      facts({
        storeReachable: false,
        severity: 2,
        troubles: [],
        canLose: can({ instances: ['feed@a'], notHosts: ['a'] }),
      }),
      'pricing is NOT AS IT SHOULD BE (severity 2). Consumers are served. It can still lose some instances, but no host. The store does not answer: what runs goes on, but nothing can take over until it is back.',
    ],
    [
      facts({ plannedDown: { kind: 'schedule', nextText: 'Mon 07:00' } }),
      'pricing is down as scheduled, next Mon 07:00.',
    ],
    [facts({ plannedDown: { kind: 'schedule', nextText: null } }), 'pricing is down as scheduled.'],
    [facts({ plannedDown: { kind: 'asked', by: 'ana' } }), 'pricing is down as ana asked.'],
    [facts({ plannedDown: { kind: 'asked', by: null } }), 'pricing is down as somebody asked.'],
    [facts({ plannedDown: { kind: 'finished' } }), 'pricing is down as it has finished.'],
    [
      facts({
        plannedDown: { kind: 'asked', by: 'ana' },
        severity: 2,
        troubles: [{ severity: 2, text: 'gateway on a: active, though it should be down' }],
      }),
      'pricing is down as ana asked. Yet something is wrong (severity 2). gateway on a: active, though it should be down.',
    ],
    [
      facts({ canLose: everything, paused: ['pricer'] }),
      'It stands. It can lose any 1 host, or any 1 instance. Paused: pricer; Standfast watches and does nothing there until resumed.',
    ],
  ];
  for (const [given, sentence] of cases) assert.equal(statusSentence(given), sentence);
});

test('what it can lose', () => {
  const names = (from: number, to: number, host: string): string[] =>
    Array.from({ length: to - from }, (_, index) => `s${from + index}@${host}`);
  const cases: readonly [CanLose, string][] = [
    [can(), 'Nothing runs that could be lost.'],
    [nothing, 'It can lose nothing: there is only one web.'],
    [can({ hosts: ['a'], instances: ['x@a'] }), 'It can lose host a, or any 1 instance.'],
    [
      can({ hosts: ['b', 'c'], notHosts: ['a'], instances: ['x@b'], why: [why('a', 'db', 'runs-only-there', 'web')] }),
      'It can lose any 1 of hosts b and c, or any 1 instance. Not host a: db, which web needs, runs only there.',
    ],
    [
      can({
        instances: ['db@b'],
        notInstances: ['db@a'],
        notHosts: ['a', 'b'],
        hosts: [],
        why: [why('db@a', 'db', 'nobody-able'), why('a', 'db', 'nobody-able'), why('b', 'web')],
      }),
      'It can lose any 1 instance but db@a. Not host a or b: nobody could take over db, likewise web.'.replace(
        'host a',
        'hosts a',
      ),
    ],
    [
      can({
        instances: names(0, 300, 'a'),
        notInstances: names(300, 500, 'a'),
        notHosts: ['a'],
        why: names(300, 500, 'a').map((part) => why('a', part.split('@')[0] ?? '')),
      }),
      'It can lose any 1 of 300 instances, not of the other 200. Not host a: s300 runs only there, likewise s301, s302, s303 and 196 more.',
    ],
    [can({ instances: ['x@a', 'y@a'], notInstances: names(0, 4, 'a') }), 'It can lose x@a or y@a.'],
    [
      can({ notInstances: ['db@a'], why: [why('db@a', 'db', 'already-out')] }),
      'It can lose nothing: db is out already.',
    ],
    [can({ notInstances: ['db@a'], why: [why('db@a', 'db')] }), 'It can lose nothing: there is only one db.'],
    [
      can({ hosts: ['b'], notHosts: ['a'], why: [why('a', 'db', 'nobody-unasked')] }),
      'It can lose host b. Not host a: db is taken over by hand only.',
    ],
    [
      can({ hosts: ['b'], notHosts: ['a'], why: [why('a', 'db', 'too-few')] }),
      'It can lose host b. Not host a: the rest of db could not carry the load.',
    ],
    [
      can({ hosts: ['b'], notHosts: ['a'], why: [why('a', 'db', 'nobody-able', 'web')] }),
      'It can lose host b. Not host a: nobody could take over db, which web needs.',
    ],
  ];
  for (const [given, words] of cases) assert.equal(canLoseWords(given), words);
});

test('property: one short sentence, whatever holds and however many there are', () => {
  const name = fc.integer({ min: 0, max: 499 }).map((index) => `service-${index}`);
  const many = fc.array(name, { maxLength: 500 });
  const parts = fc.array(
    name.map((each) => `${each}@host-1`),
    { maxLength: 500 },
  );
  fc.assert(
    fc.property(
      fc.record({
        severity: fc.constantFrom(0, 1, 2, 3) as fc.Arbitrary<SentenceFacts['severity']>,
        known: fc.constantFrom(true, true, false),
        storeReachable: fc.boolean(),
        plannedDown: fc.constantFrom(null, null, { kind: 'finished' as const }),
        starting: many,
        services: fc.nat(500),
        missing: fc.array(fc.record({ service: name, forMs: fc.option(fc.nat()) }), { maxLength: 500 }),
        troubles: fc.array(fc.constant({ severity: 1 as const, text: 'x on a: down' }), { maxLength: 500 }),
        paused: many,
        canLose: fc.record({
          instances: parts,
          hosts: many,
          notInstances: parts,
          notHosts: many,
          why: fc.array(
            name.map((each) => why('a', each)),
            { maxLength: 500 },
          ),
        }),
      }),
      (more) => {
        const sentence = statusSentence(facts(more));
        assert.ok(sentence.length < 700, sentence);
        assert.match(sentence, /^\S.*[.]$/);
        assert.doesNotMatch(sentence, / {2}|undefined|null|NaN|\n| \./);
      },
    ),
    { numRuns: 500 },
  );
});
