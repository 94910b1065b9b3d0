// One trial: a drawn system in a drawn storm, then peace. What broke meanwhile, and what is not as it should be afterwards.

import { drawLater, drawSystem } from './draw.ts';
import { Random } from './random.ts';
import { unsettled } from './settled.ts';
import { heal, storm } from './storm.ts';
import { World } from './world.ts';

export interface Trial {
  readonly world: World;
  /** What must never be, and was. */
  readonly broken: readonly string[];
  /** What should be by now, and is not. */
  readonly unsettled: readonly string[];
}

/** How long everything may take to come to where it should be once nothing happens any more: intents end by themselves within two minutes. */
const settlesWithinMs = 130_000;

/** A trial; all of it comes from the seed. `safety`: the peace after the storm is left out. */
export function tryOnce(seed: number, stormMs = 25_000, asks: 'all' | 'safety' = 'all'): Trial {
  const random = new Random(seed);
  const system = drawSystem(random);
  const later = random.chance(0.5) ? drawLater(random, system) : null;
  const world = new World({
    system,
    later,
    seed: seed ^ 0x5eed,
    rateError: 0.04,
    noise: random.chance(0.4) ? 0.03 : 0,
  });
  world.begin();
  world.run(random.between(500, 5000));
  storm(world, { until: world.now + stormMs, everyMs: random.between(300, 1500) });
  world.run(world.now + stormMs + 8000);
  if (asks === 'safety') return { world, broken: world.referee.broken, unsettled: [] };
  heal(world);
  const healedAt = world.now;
  // Usually it is soon over.
  for (let waited = 20_000; waited <= settlesWithinMs; waited += 10_000) {
    world.run(healedAt + waited);
    if (unsettled(world).length === 0) break;
  }
  return { world, broken: world.referee.broken, unsettled: unsettled(world) };
}
