// Storms for as long as you like: `node test/decide/storms.ts [FIRST] [COUNT]`. Prints the seeds that broke something; exit status 1 if any did.

import { tryOnce } from './world/trial.ts';

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 1000);
let bad = 0;
let steps = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const { world, broken, unsettled } = tryOnce(seed);
  steps += world.steps;
  if (broken.length === 0 && unsettled.length === 0) continue;
  bad += 1;
  process.stdout.write(`seed ${seed}: ${[...broken.slice(0, 3), ...unsettled].join('; ')}\n`);
}
process.stdout.write(`${count} storms, ${steps} steps, ${bad} with something wrong\n`);
process.exitCode = bad === 0 ? 0 : 1;
