// The Deephaven pack against a whole installation that monit runs: killed, misconfigured and spoiled, each process is graded as its page says and mended
// by it. Every step taken out, every restart tried in vain and every procedure: `npm run rehearsal`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, instanceOf, serviceOf } from '../system/stand.ts';
import { faults, pidOf } from './faults.ts';
import {
  allStand,
  atOnce,
  breakIt,
  levels,
  mend,
  missingHere,
  mustFailWithout,
  startRehearsal,
  waves,
} from './rehearsal.ts';

const skip = missingHere();

test(
  'each of the fourteen processes is graded when it is down, and its own page mends what a restart does not',
  { skip },
  async (t) => {
    const rehearsal = await startRehearsal(t);
    const { stand, paths, monit } = rehearsal;

    // monit would start them again before anybody has seen that they are down.
    assert.equal((await stand.cli('pause', '--why', 'to see how it is graded')).code, 0);
    monit('unmonitor', 'all');
    await eventually(
      'monit looks at none',
      () => !/monitoring status +(Monitored|Waiting)/.test(processesOf(monit('status'))),
    );
    for (const name of Object.keys(levels)) process.kill(pidOf(paths, name), 'SIGKILL');
    await stand.until('each is graded as its page says', (view) =>
      Object.entries(levels).every(([name, level]) => serviceOf(view, name).severity === level),
    );
    assert.equal((await stand.cli('resume')).code, 0);
    const back = await stand.until('all are back', allStand);
    assert.equal(instanceOf(back, 'db_dis', 'dh').manager?.kind, 'monit');
    assert.equal(instanceOf(back, 'db_dis', 'dh').pid, pidOf(paths, 'db_dis'), 'the one that monit started');

    // One of each process; all of them: npm run rehearsal.
    const sample = Object.keys(levels).flatMap((name) => faults.findLast((fault) => fault.service === name) ?? []);
    for (const wave of waves(sample)) {
      await Promise.all(wave.map((fault) => breakIt(rehearsal, fault)));
      // A page is tried without one of its steps here; each without each of them by `npm run rehearsal`.
      const file = wave.find((fault) => fault.what === 'its property file was removed');
      if (file !== undefined) await mustFailWithout(rehearsal, { page: file.service, step: 0 });
      await atOnce(3, wave, (fault) => mend(rehearsal, fault));
      await stand.until('all stands', allStand);
    }
    const restarted = sample.filter((fault) => fault.kill);
    assert.ok(restarted.length * 2 >= sample.length, 'half of the faults outlived a new start, as breakIt saw');
  },
);

/** Without monit's own line about the machine. */
function processesOf(status: string): string {
  return status
    .split(/^(?=\w+ ')/m)
    .filter((part) => part.startsWith("Process '"))
    .join('');
}
