// Twenty variants, simulated and exact: how often the exact unavailability lies within the simulation's own 95 % interval. Takes a few
// minutes, so it is a command: node test/prove/agreement.ts

import { readDescription } from '../../src/model/read.ts';
import { analyse, usualSteps } from '../../src/prove/analysis.ts';
import { driveSimulation } from '../../src/prove/driver.ts';
import { durationWords } from '../../src/prove/words.ts';

const head = 'system: x\nobjective: { unavailable: 10m, per: 60m, recoverWithin: 10s }\n';
const leased = 'activate: { message: true }, deactivate: { message: true }';

function externals(parts: readonly (readonly [mtbf: string, mttr: string])[], needs: string): string {
  return `${head}hosts: {}\nserves: [all]\nservices:\n${parts.map(([mtbf, mttr], n) => `  p${n}: { external: true, mtbf: ${mtbf}, mttr: ${mttr} }`).join('\n')}\n  all: { external: true, needs: ${needs} }\n`;
}

function hosted(domains: string, hosts: readonly string[], services: string): string {
  return `${head}${domains}hosts:\n${hosts.map((host, n) => `  ${'abcde'[n] ?? ''}: { address: 127.0.0.1, ${host} }`).join('\n')}\nservices:\n${services}\n`;
}

const slow = 'mtbf: 4d, mttr: 6h';
const racks = 'domains: { r1: { kind: rack, mtbf: 20d, mttr: 3h }, r2: { kind: rack, mtbf: 20d, mttr: 3h } }\n';
const variants: readonly (readonly [name: string, text: string])[] = [
  ['one part', externals([['10h', '1h']], 'p0')],
  [
    'two in a row',
    externals(
      [
        ['10h', '1h'],
        ['30h', '2h'],
      ],
      '{ all: [p0, p1] }',
    ),
  ],
  [
    'one of two',
    externals(
      [
        ['10h', '1h'],
        ['10h', '1h'],
      ],
      '{ anyOf: [p0, p1] }',
    ),
  ],
  [
    'two of three',
    externals(
      [
        ['20h', '1h'],
        ['20h', '1h'],
        ['20h', '1h'],
      ],
      '{ atLeast: 2, of: [p0, p1, p2] }',
    ),
  ],
  [
    'one of three',
    externals(
      [
        ['5h', '1h'],
        ['5h', '1h'],
        ['5h', '1h'],
      ],
      '{ anyOf: [p0, p1, p2] }',
    ),
  ],
  [
    'nested',
    externals(
      [
        ['20h', '1h'],
        ['20h', '2h'],
        ['40h', '1h'],
      ],
      '{ all: [p2, { anyOf: [p0, p1] }] }',
    ),
  ],
  [
    'a shared part',
    externals(
      [
        ['20h', '1h'],
        ['20h', '1h'],
        ['20h', '1h'],
      ],
      '{ anyOf: [{ all: [p0, p1] }, { all: [p0, p2] }] }',
    ),
  ],
  [
    'three of five',
    externals(
      [
        ['6h', '1h'],
        ['6h', '1h'],
        ['6h', '1h'],
        ['6h', '1h'],
        ['6h', '1h'],
      ],
      '{ atLeast: 3, of: [p0, p1, p2, p3, p4] }',
    ),
  ],
  ['rare and long', externals([['30d', '2d']], 'p0')],
  ['often and short', externals([['1h', '1m']], 'p0')],
  ['a single', hosted('', [slow], '  s: { run: s, on: [a] }')],
  [
    'hot and hot',
    hosted('', [slow, slow], '  s: { run: s, policy: hot-active/hot-active, consumers: dropDuplicates, on: [a, b] }'),
  ],
  [
    'hot and hot in one rack',
    hosted(
      racks,
      [`in: [r1], ${slow}`, `in: [r1], ${slow}`],
      '  s: { run: s, policy: hot-active/hot-active, consumers: dropDuplicates, on: [a, b] }',
    ),
  ],
  [
    'hot and hot in two racks',
    hosted(
      racks,
      [`in: [r1], ${slow}`, `in: [r2], ${slow}`],
      '  s: { run: s, policy: hot-active/hot-active, consumers: dropDuplicates, on: [a, b] }',
    ),
  ],
  [
    'three hot',
    hosted(
      '',
      [slow, slow, slow],
      '  s: { run: s, policy: hot-active/hot-active, consumers: dropDuplicates, on: [a, b, c] }',
    ),
  ],
  [
    'warm and active',
    hosted('', [slow, slow], `  s: { run: s, policy: hot-active/warm-active, on: [a, b], ${leased} }`),
  ],
  [
    'warm and passive',
    hosted('', [slow, slow], `  s: { run: s, policy: hot-active/warm-passive, on: [a, b], ${leased} }`),
  ],
  ['cold', hosted('', [slow, slow], '  s: { run: s, policy: hot-active/cold-passive, on: [a, b] }')],
  [
    'cold in one rack',
    hosted(
      racks,
      [`in: [r1], ${slow}`, `in: [r1], ${slow}`],
      '  s: { run: s, policy: hot-active/cold-passive, on: [a, b] }',
    ),
  ],
  [
    'a chain',
    hosted(
      '',
      [slow, slow],
      `  s: { run: s, policy: hot-active/warm-active, on: [a, b], ${leased} }\n  t: { run: t, on: [a], needs: [s] }`,
    ),
  ],
];

let within = 0;
for (const [name, text] of variants) {
  const { system, errors } = readDescription({ text, file: name, folder: '/tmp' });
  if (system === null) throw new Error(`${name}: ${errors.map((each) => each.message).join('; ')}`);
  const figures = { stated: true, measured: {} };
  const exact = analyse(system, { figures, mostCutSets: 0, steps: usualSteps }).whole.unavailability;
  const { simulation, tookMs } = await driveSimulation(
    { system, figures, timings: {}, seed: 'agreement', years: 20, skips: true, remembers: true },
    1,
    () => undefined,
  );
  const [low, high] = simulation.unavailabilityInterval;
  const inside = low <= exact && exact <= high;
  if (inside) within += 1;
  console.log(
    `${inside ? 'within ' : 'OUTSIDE'} ${name}: exact ${exact.toPrecision(4)}, simulated ${simulation.unavailabilityMean.toPrecision(4)} in [${low.toPrecision(4)}, ${high.toPrecision(4)}], ${simulation.outages.length} outages, ${durationWords(tookMs)}`,
  );
}
console.log(`${within} of ${variants.length} within`);
process.exitCode = within >= 18 ? 0 : 1;
