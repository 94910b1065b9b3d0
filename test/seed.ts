// One seed for every property test, so that a run says the same of the same code. `STANDFAST_SEED=random` draws another one each time,
// `STANDFAST_SEED=123` takes that one: a failure prints the seed that shows it again.

import fc from 'fast-check';

const wanted = process.env['STANDFAST_SEED'] ?? '20260106';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
