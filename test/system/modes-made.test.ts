// A sample of `npm run modes`, and of its pages: faults made in namespaces of their own, on one machine and at the same time, are named first, though a
// comment was changed and a package upgraded with them; without their detector nothing else is said for certain. The page of one fails while it stands.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modes } from '../../src/model/modes.ts';
import { cases } from '../../testbed/modes/cases.ts';
import { runWays, type Job } from '../../testbed/modes/measure.ts';
import { pageJobs, tryPage } from '../../testbed/modes/pages.ts';
import { missing } from '../../testbed/modes/place.ts';

const skip = missing() ?? false;
/** Found by detectors that look often. */
const sample = ['disk-space', 'disk-inodes', 'configuration-missing', 'fds-exhausted', 'storage-read-only'];

test('every mode of the catalogue is made in two ways', () => {
  const made = new Set(cases.map(({ mode }) => mode));
  const missed = modes.map(({ id }) => id).filter((id) => !made.has(id));
  assert.deepEqual(missed, []);
  for (const { mode, ways } of cases) assert.equal(new Set(ways.map(({ how }) => how)).size, 2, mode);
});

test('every page of a mode has a way to be tried', () => {
  const pages = new Set(modes.map(({ runbook }) => runbook));
  assert.deepEqual(
    [...pages].filter((page) => !pageJobs(cases).has(page)),
    [],
  );
});

test(
  'faults that are made at the same time are each named first, and the page of one fails while it stands',
  { skip },
  async () => {
    const jobs = cases
      .filter(({ mode }) => sample.includes(mode))
      .map(({ mode, ways }) => ({ mode, way: ways[0], n: 0 }));
    const full = pageJobs(cases).get('disk-full') ?? assert.fail('no page of a full disk');
    const [on, off, tried] = await Promise.all([
      runWays(jobs, null),
      runWays(jobs.filter(isDisk), 'disk'),
      tryPage('disk-full', full),
    ]);
    for (const [job, told] of on) {
      assert.ok(typeof told !== 'string', `${job.mode}: ${JSON.stringify(told)}`);
      assert.equal(told.first, job.mode, told.explained);
      assert.match(told.explained, new RegExp(`(Likely|Possibly) ${job.mode}:`));
    }
    for (const [job, told] of off) {
      assert.ok(typeof told !== 'string', `${job.mode}: ${JSON.stringify(told)}`);
      assert.deepEqual(told.wrong, [], told.explained);
    }
    assert.ok(tried.failing.includes('Is it still so?'), JSON.stringify(tried));
    assert.deepEqual([tried.during, tried.after, tried.rotted], ['failed', 'done', []]);
  },
);

function isDisk({ mode }: Job): boolean {
  return mode.startsWith('disk-');
}
