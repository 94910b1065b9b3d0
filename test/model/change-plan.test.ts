// What a change of the description brings, for every kind of change: said to people before it is done, so it must be right.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNothing, planChange, type ChangePlan } from '../../src/model/change-plan.ts';
import { readDescription } from '../../src/model/read.ts';
import type { System } from '../../src/model/system.ts';

const base = `system: plan
objective: { unavailable: 1m, per: 1h, recoverWithin: 4s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 }, c: { address: 127.0.0.1 } }
services:
  feed: { run: feed, policy: hot-active/hot-active, consumers: dropDuplicates, on: [a, b] }
  pricer: { run: pricer, policy: hot-active/warm-active, on: { a: { env: { P: "1" } }, b: { env: { P: "2" } } }, prefer: a }
  only: { run: only, on: [c] }
`;

function read(text: string): System {
  const { system, errors } = readDescription({ text, file: 'x.yaml', folder: '/x' });
  return system ?? assert.fail(errors.map((each) => each.message).join('; '));
}

/** The plan in a few words a part. */
function planned(...edits: readonly [from: string, to: string][]): Record<string, string> {
  let text = base;
  for (const [from, to] of edits) {
    assert.ok(text.includes(from), from);
    text = text.replace(from, to);
  }
  const plan: ChangePlan = planChange(read(base), read(text));
  const words = {
    comes: [...plan.added, ...plan.hosts.added.map((host) => `host ${host}`)],
    goes: [...plan.removed, ...plan.hosts.removed.map((host) => `host ${host}`)],
    stops: plan.stopped.map((each) => each.service),
    anew: plan.restarted.map((each) => `${each.service} on ${each.hosts.join(' ')}: ${each.why.join(';').trim()}`),
    moves: plan.moved.map((each) => `${each.service} ${each.from.join(' ')}>${each.to.join(' ')}`),
    read: [...plan.reread.map((each) => each.service), ...plan.system.map((line) => line.trim())],
  };
  const found = Object.entries(words).filter(([, names]) => names.length > 0);
  assert.equal(isNothing(plan), found.length === 0);
  return Object.fromEntries(found.map(([part, names]) => [part, names.join(', ')]));
}

test('each kind of change has its part of the plan', () => {
  const cases: readonly (readonly [readonly [string, string][], Record<string, string>])[] = [
    [[['system: plan', 'system: plan # as before']], {}],
    [[['P: "2"', 'P: "3"']], { anew: 'pricer on b: env.P: 2 → 3' }],
    [[['run: feed', 'run: feed --fast']], { anew: 'feed on a b: run.argv: feed → feed --fast' }],
    [
      [['warm-active', 'cold-passive']],
      { anew: 'pricer on a b: policy: hot-active/warm-active → hot-active/cold-passive' },
    ],
    [[['prefer: a', 'prefer: a, severity: 2']], { read: 'pricer' }],
    [[['prefer: a', 'prefer: b']], { read: 'pricer' }],
    [[['prefer: a', 'prefer: b, failBack: true']], { moves: 'pricer >', read: 'pricer' }],
    [[['on: [a, b]', 'on: [a, c]']], { moves: 'feed b>c' }],
    [[['on: [c]', 'on: [a]']], { stops: 'only' }],
    [[['run: only, on: [c]', 'run: only, policy: hot-active/cold-passive, on: [c, a]']], { stops: 'only' }],
    [
      [['  only: { run: only, on: [c] }\n', '  fresh: { run: fresh, on: [c] }\n']],
      {
        comes: 'fresh',
        goes: 'only',
        read: 'serves: ["feed","pricer","only"] → ["feed","pricer","fresh"]',
      },
    ],
    [
      [
        [', c: { address: 127.0.0.1 }', ', d: { address: 127.0.0.1 }'],
        ['on: [c]', 'on: [d]'],
      ],
      { comes: 'host d', goes: 'host c', stops: 'only' },
    ],
    [[['per: 1h', 'per: 2h']], { read: 'feed, pricer, only, objective.per: 1h → 2h' }],
  ];
  for (const [edits, expected] of cases) assert.deepEqual(planned(...edits), expected, JSON.stringify(edits));
});
