// `simulate`: the production core over the described system for years, with faults drawn from the rates.

import { counted } from '../../model/amount-words.ts';
import { readDescription } from '../../model/read.ts';
import { driveSimulation } from '../../prove/driver.ts';
import { knownOf, nothingKnown } from '../assess/measured.ts';
import { readPath } from '../description.ts';
import { Failure } from '../failure.ts';
import { refuseDescription } from '../refuse-description.ts';
import { simulationJson } from '../simulate/json.ts';
import { replayIncident } from '../simulate/replay.ts';
import { simulationLines } from '../simulate/screen.ts';
import { variantOf } from '../simulate/variant.ts';
import { terminalOf } from '../terminal.ts';
import type { Options, Run } from '../verb.ts';

const usualYears = 100;
const mostYears = 100_000;
const secondMs = 1000;

/** Exit 0: no overlap, and the objective is met in the mean; 1: not so; 2: the description has errors. */
export const simulate: Run = async (context, words, options) => {
  const path = words[0] ?? '.';
  const years = numberOf(options, 'years', usualYears, mostYears);
  const cores = numberOf(options, 'cores', 0, 1024);
  const seed = options.text('seed') ?? '1';
  const read = await readPath(path);
  const policies = options.list('policy');
  const sets = options.list('set');
  const { system, errors } =
    read.system === null || read.problems.length > 0
      ? { system: null, errors: read.problems }
      : readDescription({ text: variantOf(read.text, policies, sets), file: read.file, folder: read.folder });
  if (system === null) return refuseDescription(context, errors, { json: options.flag('json') });
  const incident = options.text('replay');
  if (incident !== undefined) {
    const changes = [...policies.map((each) => `--policy ${each}`), ...sets.map((each) => `--set ${each}`)];
    return replayIncident(context, incident, read, system, changes, options.flag('json'));
  }
  const stated = options.flag('stated');
  const known = stated ? nothingKnown : await knownOf(context, system.name);
  const aside = terminalOf(process.stderr, context.world.env);
  const { simulation, tookMs, threads } = await driveSimulation(
    {
      system,
      figures: { stated, measured: known.parts },
      timings: known.timings,
      seed,
      years,
      skips: !options.flag('everyMoment'),
      remembers: !options.flag('everyMoment'),
    },
    Math.floor(cores),
    (done, of) => {
      if (aside.redraws) aside.write(`\r${done} of ${of} stretches of ${Number((years / of).toPrecision(3))} years`);
    },
  );
  if (aside.redraws) aside.write('\r\u001b[K');
  const speed = (years * 365.25 * 86_400 * secondMs) / tookMs;
  aside.print(
    `${years} years in ${(tookMs / secondMs).toFixed(1)} s on ${counted(threads, 'core')}: ${Number(speed.toPrecision(2))} times real time; ${Math.round(simulation.livedMs / secondMs)} s lived through, ${simulation.remembered} episodes remembered, ${simulation.steps} steps of the core`,
  );
  if (options.flag('json')) context.terminal.print(JSON.stringify(simulationJson(simulation), null, 2));
  else {
    const changes = [...policies.map((each) => ` --policy ${each}`), ...sets.map((each) => ` --set ${each}`)].join('');
    const again = context.command(
      `simulate ${path} --years ${years} --seed ${seed}${stated ? ' --stated' : ''}${changes}`,
    );
    context.terminal.print(...simulationLines(system, simulation, again, context.terminal));
  }
  const { unavailable, per } = system.objective;
  return simulation.overlaps === 0 && simulation.unavailabilityMean <= unavailable / per ? 0 : 1;
};

function numberOf(options: Options, name: 'years' | 'cores', usual: number, most: number): number {
  const text = options.text(name);
  if (text === undefined) return usual;
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= most) return value;
  throw new Failure({
    code: 'SF-002',
    what: `--${name} ${text} is no number of ${name}`,
    next: `Give a number above 0, up to ${most}.`,
    exit: 2,
  });
}
