// Every step of a start, an activation, a hand-over and a release is interrupted once in every way: the agent, the keeper or both die before it,
// the request or its answer is lost, late, or comes twice. Whatever happens, nobody is active twice or without a deadline, terms grow, and
// everything comes to where it should be.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Effect } from '../../src/decide/effect.ts';
import type { Fate } from './world/hands.ts';
import type { SimHost } from './world/host.ts';
import { begin, readScenario, stage, type Scenario } from './world/scenario.ts';
import { unsettled } from './world/settled.ts';
import type { World } from './world/world.ts';

const scenarios = [
  'first-start',
  'crash-hand-over',
  'crash-restart',
  'failover-asked',
  'failover-no-deactivate',
  'host-lost',
  'cold-start',
  'standby-asks',
  'stop-and-start',
  'one-host-leaves',
];

const interruptions = [
  'agent dies',
  'keeper dies',
  'both die',
  'request lost',
  'answer lost',
  'answer late',
  'answer twice',
] as const;
type Interruption = (typeof interruptions)[number];

/** What is counted: the effects that begin, change or end a role. */
function counts(effect: Effect): boolean {
  switch (effect.kind) {
    case 'start':
    case 'stop':
    case 'kill':
    case 'activate':
    case 'deactivate':
      return true;
    case 'store':
      return (
        effect.puts.some(
          ({ key, value }) =>
            key.startsWith('lease/') ||
            (key.startsWith('session/') && (value?.includes('"dead":true') ?? false)) ||
            key.startsWith('intent/'),
        ) || effect.compares[0]?.revision === 0
      );
    default:
      return false;
  }
}

const keeperKinds = new Set(['start', 'stop', 'kill', 'activate', 'deactivate']);

/** Runs the scenario, interrupts its nth effect, and lets everything mend. Null: there is no nth. */
function walk(scenario: Scenario, n: number, how: Interruption): { world: World; what: string } | null {
  const world = stage(scenario);
  let count = 0;
  let what: string | null = null;
  let lost: 'request lost' | 'answer lost' | null = null;
  let fate: Fate | null = null;
  world.beforeEffect = (host: SimHost, effect: Effect): boolean => {
    if (!counts(effect)) return true;
    count += 1;
    if (count !== n) return true;
    what = `${effect.kind} on ${host.name} at ${Math.round(world.now)} ms`;
    if (how === 'agent dies' || how === 'both die') world.machines.killAgent(host.name);
    if (how === 'keeper dies' || how === 'both die') world.machines.killKeeper(host.name);
    if (effect.kind === 'store')
      fate = {
        goMs: 2,
        backMs: how === 'answer late' ? 3000 : 2,
        lost: how === 'request lost' ? 'request' : how === 'answer lost' ? 'answer' : null,
        twice: how === 'answer twice',
      };
    else if (keeperKinds.has(effect.kind) && (how === 'request lost' || how === 'answer lost')) lost = how;
    return true;
  };
  world.lines.onWrite = () => {
    const given = fate;
    fate = null;
    return given;
  };
  world.lines.keeperFate = () => {
    const given = lost;
    lost = null;
    return given;
  };
  begin(scenario, world);
  world.run(scenario.until);
  if (what === null) return null;
  for (const { name } of scenario.system.services) world.programs.behave(name, { startFails: null });
  for (const service of scenario.system.services)
    if (service.kind === 'run')
      for (const { host } of service.on) world.programs.behave(`${service.name}@${host}`, { startFails: null });
  for (const name of world.hosts.keys()) world.machines.boot(name);
  const isStopped = (): boolean => [...world.store.entries.keys()].some((key) => key.startsWith('intent/stop'));
  const hasLeft = (): boolean => [...world.hosts.values()].some((host) => host.left);
  // Usually it is soon over.
  for (const waited of [10_000, 20_000]) {
    world.run(scenario.until + waited);
    if (!isStopped() && !hasLeft() && unsettled(world).length === 0) return { world, what };
  }
  world.run(scenario.until + 40_000);
  // Who was asked to leave has left by now, and is begun again; what was stopped, and its start lost on the way, is started again.
  for (const [name, host] of world.hosts) if (host.left) world.machines.start(name);
  world.run(scenario.until + 45_000);
  const [first] = world.hosts.keys();
  if (isStopped())
    world.person(first ?? '', {
      kind: 'intent',
      verb: 'start',
      service: null,
      host: null,
      acceptLoss: false,
      keep: false,
      forMs: null,
    });
  world.run(scenario.until + 100_000);
  return { world, what };
}

for (const name of scenarios)
  test(`every step of ${name}, interrupted in every way`, () => {
    const scenario = readScenario(readFileSync(new URL(`../traces/${name}.txt`, import.meta.url), 'utf8'));
    const wrong: string[] = [];
    let steps = 0;
    for (const how of interruptions)
      for (let n = 1; n < 200; n += 1) {
        const walked = walk(scenario, n, how);
        if (walked === null) break;
        steps += 1;
        const { world, what } = walked;
        for (const each of [...world.referee.broken.slice(0, 2), ...unsettled(world)])
          wrong.push(`${name}.txt, ${how} at effect ${n} (${what}): ${each}`);
      }
    assert.deepEqual(wrong, []);
    assert.ok(steps > 20, `only ${steps} were walked`);
  });
