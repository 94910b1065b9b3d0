// Runs a named set of test files: `npm run test:unit -- --only "late beat"`. Its exit status is that of Node's test runner.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { demandKnown, readWords, refuse } from './words.ts';

const every = ['test/**/*.test.ts', 'src/**/*.test.ts'];
const sets: Readonly<Record<string, { readonly about: string; readonly words: readonly string[] }>> = {
  'test:unit': { about: 'every test', words: ['--test-concurrency=2', ...every] },
  'test:update': { about: 'every test, and rewrites golden files', words: ['--test-update-snapshots', ...every] },
  rehearsal: {
    about: 'the Deephaven pack whole, against each of its faults',
    words: ['--test-concurrency=1', 'test/packs/whole.ts', 'test/packs/steps.ts'],
  },
  'rehearsal:steps': { about: 'its pages without each of their steps', words: ['test/packs/steps.ts'] },
};

const name = process.argv[2] ?? '';
const set = sets[name];
if (set === undefined) refuse(`There is no set of tests ${name}.`, `sets: ${Object.keys(sets).join(', ')}`);
const usage = `usage: npm run ${name} -- [--only PATTERN]: ${set.about}; of these, those whose names match`;
const { values, positionals } = readWords(usage, { only: { type: 'string' } });
demandKnown(positionals.slice(1), [], usage);
const only = values.only === undefined ? [] : [`--test-name-pattern=${values.only}`];
const run = spawnSync(process.execPath, ['--test', ...only, ...set.words], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
