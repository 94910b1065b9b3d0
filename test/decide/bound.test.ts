// How soon an active is back, and what store trouble alone does: three hosts, three services, one fault, and nothing else. The bounds are sums of what
// the description and the world say, not of what was measured.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, readScenario, stage } from './world/scenario.ts';
import type { World } from './world/world.ts';

const system = `# Three hosts, three services, one fault.
hosts a b c
service warm warm-active on a b c; heartbeat 500ms
service passive warm-passive on b c a; heartbeat 500ms
service cold cold-passive on c a b; heartbeat 500ms`;

/** When everything is up and has been for a while (ms). */
const settledAt = 15_000;
const ttlMs = 2000;
const drift = 0.1;
/**
 * From the fault until somebody serves again: the session is seen to stand still for ttl·(1 + drift), counted from a renewal that came up to ttl/4 after
 * the fault was drawn; where the store was away, ttl/2 of grace more; deposing and taking, a write each, at most ttl/2 when an answer is lost; the chosen
 * one has ttl/4 before the next may; then b and i as the world has them.
 */
const boundMs = ttlMs * (1 + drift) + ttlMs / 4 + ttlMs / 2 + ttlMs / 2 + ttlMs / 4 + 300 + 20;

const faults = [
  'lose a',
  'freeze-host b',
  'isolate c',
  'cut-store a',
  'kill-both b',
  'kill-agent c',
  'kill-keeper a',
  'crash warm@a',
  'crash passive@b exit 1',
  'hang cold@c',
  'freeze b',
  'keeper-stuck c',
  'store-leader-lost',
  'cut a b',
  'supplant c',
];

for (const fault of faults)
  test(`with the store and two hosts left, an active within ${boundMs} ms: ${fault}`, () => {
    // A store that lost its leader elects another within a second.
    const mends = fault === 'store-leader-lost' ? `\nat ${settledAt + 1000}ms store-elected` : '';
    const world = started(`at ${settledAt}ms ${fault}${mends}`);
    const away = new Map<string, number>();
    const worst = new Map<string, number>();
    for (let at = settledAt; at <= settledAt + 20_000; at += 10) {
      world.run(at);
      for (const name of ['warm', 'passive', 'cold']) {
        if (serving(world, name).length > 0) away.delete(name);
        else if (!away.has(name)) away.set(name, at);
        const since = away.get(name);
        if (since !== undefined) worst.set(name, Math.max(worst.get(name) ?? 0, at - since));
      }
    }
    for (const [name, gapMs] of worst) assert.ok(gapMs <= boundMs, `${name} was away for ${gapMs} ms`);
    assert.deepEqual(world.referee.broken, []);
  });

const troubles = [
  ['store-stops', 'store-returns'],
  ['store-leader-lost', 'store-elected'],
  ['store-full', 'store-has-room'],
  ['store-exchanged wiped', 'store-put-back'],
  ['store-exchanged backup', 'store-put-back'],
  ['cut-store a', 'heal-store a'],
  ['cut-watch b', 'heal-watch b compacted'],
] as const;

for (const [trouble, end] of troubles)
  test(`trouble of the store alone demotes nobody, for a minute: ${trouble}`, () => {
    const world = started(`at ${settledAt}ms ${trouble}\nat ${settledAt + 60_000}ms ${end}`);
    world.run(settledAt - 1);
    const before = who(world);
    world.run(settledAt + 75_000);
    assert.deepEqual(who(world), before);
    assert.deepEqual(world.referee.broken, []);
  });

function started(events: string): World {
  const scenario = readScenario(`${system}\n${events}\nuntil 100s`);
  const world = stage(scenario);
  begin(scenario, world);
  return world;
}

/** Instances that serve, on machines that do not stand still. */
function serving(world: World, service: string): string[] {
  return [...world.everyMachine()].flatMap((host) =>
    host.frozen
      ? []
      : [...host.processes.values()]
          .filter((each) => each.service === service && each.alive && each.serves && !each.hung)
          .map((each) => `${each.id} term ${each.term}`),
  );
}

function who(world: World): readonly (readonly string[])[] {
  return ['warm', 'passive', 'cold'].map((name) => serving(world, name));
}
