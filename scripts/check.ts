// What `npm test` runs: format, types, lint, unused code, then the tests. All of it runs even when something failed,
// so that one run shows everything. The last line is `N passed, N failed` with `, N skipped` if there were any; a stage
// that fails counts as one failure, and so does a run without a single test.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { installPackages } from './install-packages.ts';
import { missingPackages } from './system-packages.ts';
import { demandKnown, readWords } from './words.ts';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const usage = 'usage: npm test: format, types, lint, unused code and every test; for less see CONTRIBUTING.md';
demandKnown(readWords(usage, {}).positionals, [], usage);

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
delete (env as NodeJS.ProcessEnv)['NODE_TEST_CONTEXT'];

const failedStages: string[] = [];
stage('format', 'oxfmt', ['--check']);
stage('types', 'tsc', ['--noEmit']);
stage('types of the pages', 'tsc', ['--noEmit', '-p', 'src/console']);
stage('lint', 'oxlint', ['--type-aware', '--deny-warnings']);
stage('unused', 'knip', ['--no-progress']);
bringSystemPackages();
finish(runTests());

function stage(name: string, tool: string, args: readonly string[]): void {
  const started = performance.now();
  const run = spawnSync(process.execPath, [join(bin, tool), ...args], {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  report(name, run.status === 0, started, `${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}`);
}

function report(name: string, ok: boolean, started: number, output: string): void {
  console.log(`${ok ? '✔' : '✖'} ${name}  ${Math.round(performance.now() - started)} ms`);
  if (ok) return;
  failedStages.push(name);
  console.log(output.trimEnd());
}

/** On a CI machine, as root, what the tests need is installed. Elsewhere nothing is touched: those tests skip. */
function bringSystemPackages(): void {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const names = missing.map((row) => row.package);
  if (process.env['CI'] === 'true' && process.getuid?.() === 0) {
    const started = performance.now();
    const { ok, output } = installPackages(names);
    const still = missingPackages().map((row) => row.package);
    report(
      `system packages ${names.join(' ')}`,
      ok && still.length === 0,
      started,
      `${output}\nmissing: ${still.join(' ')}`,
    );
    return;
  }
  for (const row of missing) console.log(`- ${row.package} is not installed (${row.why}): tests that need it skip`);
  console.log(`  sudo apt-get install -y --no-install-recommends ${names.join(' ')}`);
}

function runTests(): Tally {
  const folder = mkdtempSync(join(tmpdir(), 'standfast-check-'));
  const tap = join(folder, 'result.tap');
  try {
    const run = spawnSync(
      process.execPath,
      [
        '--test',
        // Half of the time of a test it waits for something: more files than processors at once.
        '--test-concurrency=3',
        // A test that hangs is named, rather than hung on to.
        '--test-timeout=600000',
        `--test-reporter=${join(root, 'scripts', 'test-reporter.ts')}`,
        '--test-reporter-destination=stdout',
        '--test-reporter=tap',
        `--test-reporter-destination=${tap}`,
        'test/**/*.test.ts',
        'src/**/*.test.ts',
      ],
      {
        cwd: root,
        // What one test file, agent or command has compiled the next need not, as it is for who uses the product.
        env: { NODE_COMPILE_CACHE: join(folder, 'compiled'), ...env },
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    const tally = readTally(tap);
    if (run.status !== 0 && tally.failed === 0) {
      failedStages.push(`the test runner (${run.signal ?? run.error?.message ?? `exit ${run.status}`})`);
    }
    return tally;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The closing lines of node's TAP: `# pass 12`. Cancelled is failed; to do is skipped. A missing line counts as 0. */
function readTally(file: string): Tally {
  let tap = '';
  try {
    tap = readFileSync(file, 'utf8');
  } catch {
    // The runner ended before it wrote anything: no test ran, which finish() reports.
  }
  const closing = (word: string): number => Number(tap.match(new RegExp(`^# ${word} (\\d+)$`, 'm'))?.[1] ?? 0);
  return {
    passed: closing('pass'),
    failed: closing('fail') + closing('cancelled'),
    skipped: closing('skipped') + closing('todo'),
  };
}

function finish({ passed, failed, skipped }: Tally): void {
  if (passed + failed === 0) failedStages.push('tests (not one ran)');
  if (failedStages.length > 0) console.log(`failed besides tests: ${failedStages.join(', ')}`);
  const allFailed = failed + failedStages.length;
  console.log(`${passed} passed, ${allFailed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = allFailed > 0 ? 1 : 0;
}
