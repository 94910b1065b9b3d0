// How large the heap is, once collected, before and after many steps of three hosts with three services, and how fast they went:
// `node --expose-gc test/decide/heap.ts [STEPS]`. Exit status 1 when it is larger by more than what the collector itself leaves uncertain.

import { begin, readScenario, stage } from './world/scenario.ts';

/** What compiled code and the collector's own tables may differ by. */
const uncertainBytes = 1024 * 1024;

const steps = Number(process.argv[2] ?? 1_000_000);
const scenario = readScenario(`# Three hosts, three services.
hosts a b c
service warm warm-active on a b c; heartbeat 500ms
service passive warm-passive on b c a; heartbeat 500ms
service cold cold-passive on c a b; heartbeat 500ms
until 1h`);
const world = stage(scenario);
begin(scenario, world);
runFor(Math.max(200_000, steps / 5));
const before = heap();
const [beganAt, simulatedFrom, used] = [performance.now(), world.now, process.cpuUsage()];
runFor(steps);
const { user, system } = process.cpuUsage(used);
const after = heap();
process.stdout.write(
  `${steps} steps, ${Math.round((world.now - simulatedFrom) / 1000)} simulated seconds in ${((performance.now() - beganAt) / 1000).toFixed(1)} s, ` +
    `${Math.round((world.now - simulatedFrom) / ((user + system) / 1000))} a second of a core; heap ${before} bytes, then ${after}\n`,
);
process.exitCode = after <= before + uncertainBytes && world.referee.broken.length === 0 ? 0 : 1;

/** Crashes and hand-overs in between, so that not only beats are counted. */
function runFor(more: number): void {
  const until = world.steps + more;
  while (world.steps < until) {
    world.programs.crash('warm', ['a', 'b', 'c'][Math.floor(world.now / 60_000) % 3] ?? 'a');
    world.run(world.now + 60_000);
  }
}

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
