// How long a step takes with many services: `node test/decide/speed.ts [SERVICES]`. Prints microseconds; judges nothing, since machines differ.

import { step } from '../../src/decide/step.ts';
import type { Input } from '../../src/decide/input.ts';
import { monoMs, wallMs, ms } from '../../src/model/units.ts';
import { leased, need, service, systemOf } from './world/describe.ts';
import { World } from './world/world.ts';

const count = Number(process.argv[2] ?? 500);
const heartbeat = {
  detect: { heartbeat: { source: { kind: 'message' as const }, every: ms(500) }, status: null, checks: [] },
};
const system = systemOf(
  ['a', 'b'],
  Array.from({ length: count }, (_, index) =>
    index % 2 === 0
      ? service(`one${index}`, ['a'], {
          ...heartbeat,
          ...(index > 1 ? { needs: need(`one${index % 20 === 0 ? 0 : index - 2}`) } : {}),
        })
      : leased(`two${index}`, ['a', 'b'], heartbeat),
  ),
);
const world = new World({ system });
const beganAt = performance.now();
world.machines.begin();
world.run(30_000);
process.stdout.write(
  `${count} services from nothing to active, two hosts, 30 s of their time: ${Math.round(performance.now() - beganAt)} ms, ${world.steps} steps\n`,
);

const host = world.host('a');
const { agent } = host;
if (agent === null) throw new Error('no agent');
const { state } = agent;
const now = { mono: monoMs(host.mono(world.now) + 10), wall: wallMs(host.now(world.now).wall + 10) };
const instances = [...state.slots.values()].flatMap((slot) => slot.now ?? []);
const [first] = instances;
if (first === undefined) throw new Error('nothing runs');
measure('a tick that concerns nobody', { kind: 'tick' });
measure('one beat', { kind: 'seen', seen: [{ kind: 'beat', instance: first.id, at: now.mono }] });
measure(`${instances.length} beats at once`, {
  kind: 'seen',
  seen: instances.map(({ id }) => ({ kind: 'beat', instance: id, at: now.mono })),
});
measure('a keeper that answers', { kind: 'keeperHealth', at: now.mono, worstKillMs: ms(1), worstTimerLateMs: ms(1) });
measure('a renewal applied', {
  kind: 'storeOutcome',
  id: state.own.inFlight ?? -1,
  answer: { kind: 'applied', revision: state.store.revision + 1 },
});
measure('everything looked at (the store is back)', {
  kind: 'storeRead',
  revision: state.store.revision,
  entries: world.store.all(),
  system,
});

function measure(what: string, input: Input): void {
  const times: number[] = [];
  for (let turn = 0; turn < 60; turn += 1) {
    const from = performance.now();
    step(state, input, now);
    times.push((performance.now() - from) * 1000);
  }
  times.sort((a, b) => a - b);
  process.stdout.write(`${what.padEnd(42)} ${(times[30] ?? 0).toFixed(0).padStart(7)} µs\n`);
}
