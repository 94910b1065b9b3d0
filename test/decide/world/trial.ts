// One trial: a drawn system in a drawn storm, then peace. What broke meanwhile, and what is not as it should be afterwards. All of it is text that
// comes from the seed: the lines of a scenario, which can be left out one by one.

import { drawLater, drawSystem, lineOf } from './draw.ts';
import { drawJoining, drawLateAnswer, drawRaises } from './joining.ts';
import { Random } from './random.ts';
import { begin, readScenario, stage } from './scenario.ts';
import { unsettled } from './settled.ts';
import { drawStorm, heal, type Fault } from './storm.ts';
import type { World } from './world.ts';

export interface Plan {
  readonly seed: number;
  readonly hosts: readonly string[];
  /** Services, clocks, noise and the other description: a line each. */
  readonly about: readonly string[];
  readonly faults: readonly Fault[];
  /** When the storm is over (ms). */
  readonly until: number;
}

export interface Trial {
  readonly world: World;
  /** What must never be, and was. */
  readonly broken: readonly string[];
  /** What should be by now, and is not. */
  readonly unsettled: readonly string[];
}

/** How long everything may take to come to where it should be once nothing happens any more: intents end by themselves within two minutes. */
const settlesWithinMs = 130_000;

/** How far a clock may be from true time: two of them then differ by just less than the drift that is assumed. */
const rateError = 0.047;

/** Every so manieth storm is about a host that joins: by chance alone that hardly ever falls together with what makes it hard. */
const joinsEvery = 20;

/** All that a seed means. */
export function drawPlan(seed: number, stormMs = 25_000): Plan {
  const random = new Random(seed);
  const joins = seed % joinsEvery === 0 ? drawJoining(random) : null;
  const system = joins?.system ?? drawSystem(random);
  const later = joins?.later ?? (random.chance(0.5) ? drawLater(random, system) : null);
  const from = random.between(500, 5000);
  const about = [
    ...(system.storeOn.length === 0 ? [] : [`store on ${system.storeOn.join(' ')}`]),
    ...system.services.map(lineOf),
    ...(later === null
      ? []
      : [`then hosts ${later.hosts.join(' ')}`, ...later.services.map((each) => `then ${lineOf(each)}`)]),
    ...system.hosts.map((host) => `clock ${host} ${drawRate(random).toFixed(4)}`),
    ...(random.chance(0.4) ? ['noise 0.03'] : []),
  ];
  const terms = { from, until: from + stormMs, everyMs: random.between(300, 1500), applies: later !== null };
  // Some take nearly as long to die as is allowed.
  const slow = system.services.filter(() => random.chance(0.3)).map((each) => [slowlyKilled(each.name)]);
  // The host joins before anything else happens, so that there is somebody whom it joins.
  const first = joins === null ? [] : [drawLateAnswer(random, joins, Math.round(from + 6000))];
  const storm = drawStorm(random, system, joins === null ? terms : { ...terms, from: from + 14_000 });
  const faults = [...slow, ...first, ...storm, ...(joins === null ? [] : drawRaises(random, terms))];
  return { seed, hosts: system.hosts, about, faults, until: Math.round(from + stormMs + 8000) };
}

/** Often as fast or as slow as is allowed: there is least room where two such meet. */
function drawRate(random: Random): number {
  const error = random.between(-rateError, rateError);
  return 1 + (random.chance(0.4) ? Math.sign(error) * rateError : error);
}

function slowlyKilled(service: string): Fault[number] {
  return { at: 0, does: `behave ${service} killMs=45` };
}

/** As a scenario. */
export function textOf({ seed, hosts, about, faults, until }: Plan): string {
  const events = faults
    .flat()
    .filter(({ at }) => at <= until)
    .toSorted((one, other) => one.at - other.at);
  return [
    `# Storm ${seed}.`,
    `hosts ${hosts.join(' ')}`,
    ...about,
    `seed ${seed}`,
    ...events.map(({ at, does }) => `at ${at}ms ${does}`),
    `until ${until}ms`,
  ].join('\n');
}

/** A trial; all of it comes from the plan. `safety`: the peace after the storm is left out. */
export function tryPlan(plan: Plan, asks: 'all' | 'safety' = 'all'): Trial {
  const scenario = readScenario(textOf(plan));
  const world = stage(scenario);
  begin(scenario, world);
  world.run(scenario.until);
  const { broken } = world.referee;
  if (asks === 'safety') return { world, broken, unsettled: [] };
  heal(world);
  const healedAt = world.now;
  // Usually it is soon over.
  for (let waited = 20_000; waited <= settlesWithinMs; waited += 10_000) {
    world.run(healedAt + waited);
    if (unsettled(world).length === 0) break;
  }
  return { world, broken, unsettled: unsettled(world) };
}

/** The trial of a seed. */
export function tryOnce(seed: number, asks: 'all' | 'safety' = 'all'): Trial {
  return tryPlan(drawPlan(seed), asks);
}
