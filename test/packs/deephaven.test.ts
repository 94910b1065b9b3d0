// The Deephaven pack against a whole installation: killed, misconfigured and spoiled, each process is graded as its page says and mended by it.
// With every step taken out in turn, and every procedure: `npm run rehearsal`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isInPath } from '../../src/cli/start/addresses.ts';
import { asPlanned, serviceOf } from '../system/stand.ts';
import { pidOf } from './faults.ts';
import { breakIt, inPairs, levels, mend, pack, startRehearsal, waves } from './rehearsal.ts';

const needs = JSON.parse(readFileSync(join(pack, 'rehearsal', 'needs.json'), 'utf8')) as { program: string }[];
const missing = needs.filter((need) => !isInPath(need.program)).map((need) => need.program);
const skip = missing.length > 0 && `needs ${missing.join(', ')}`;

test(
  'each of the fourteen processes is graded when it is down, and its own page mends what a restart does not',
  { skip },
  async (t) => {
    const rehearsal = await startRehearsal(t);
    const { stand, paths } = rehearsal;

    assert.equal((await stand.cli('pause', '--why', 'to see how it is graded')).code, 0);
    for (const name of Object.keys(levels)) process.kill(pidOf(paths, name), 'SIGKILL');
    await stand.until('each is graded as its page says', (view) =>
      Object.entries(levels).every(([name, level]) => serviceOf(view, name).severity === level),
    );
    assert.equal((await stand.cli('resume')).code, 0);
    await stand.until('all are back', (view) => asPlanned(view) && view.severity === 0);

    for (const wave of waves()) {
      await Promise.all(wave.map((fault) => breakIt(rehearsal, fault)));
      await inPairs(wave, (fault) => mend(rehearsal, fault));
      await stand.until('all stands', (view) => view.severity === 0);
    }
  },
);
