// The Deephaven pack against a whole installation that monit runs: killed, misconfigured and spoiled, each process is graded as its page says and mended
// by it. Every step taken out, every restart tried in vain and every procedure: `npm run rehearsal`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPlanned, eventually, instanceOf, serviceOf } from '../system/stand.ts';
import { faults, pidOf } from './faults.ts';
import {
  allStand,
  areSeen,
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
    // One of each process; all of them: npm run rehearsal. What a process has to read it meets when it comes back from this.
    const sample = Object.keys(levels).flatMap((name) => faults.findLast((fault) => fault.service === name) ?? []);
    const restarted = sample.filter((fault) => fault.kill);
    assert.ok(restarted.length * 2 >= sample.length, 'half of the faults outlive a new start');
    const [needed = [], ...others] = waves(sample);
    assert.ok(!needed.some((fault) => fault.kill), 'all can come back');
    for (const fault of restarted) fault.make(paths);
    const before = new Map(Object.keys(levels).map((name) => [name, pidOf(paths, name)]));
    for (const pid of before.values()) process.kill(pid, 'SIGKILL');
    await stand.until('each is graded as its page says', (view) =>
      Object.entries(levels).every(([name, level]) => serviceOf(view, name).severity === level),
    );
    assert.equal((await stand.cli('resume')).code, 0);
    const back = await stand.until(
      'all are back',
      (view) =>
        asPlanned(view) && [...before].every(([name, pid]) => (instanceOf(view, name, 'dh').pid ?? pid) !== pid),
    );
    assert.equal(instanceOf(back, 'db_dis', 'dh').manager?.kind, 'monit');
    assert.equal(instanceOf(back, 'db_dis', 'dh').pid, pidOf(paths, 'db_dis'), 'the one that monit started');

    for (const fault of others.flat()) if (!fault.kill) fault.make(paths);
    await areSeen(stand, [...new Set([...restarted, ...others.flat()])]);
    // A page is tried without one of its steps here; each without each of them by `npm run rehearsal`.
    const file = sample.find((fault) => fault.what === 'its property file was removed') ?? assert.fail('no such fault');
    await mustFailWithout(rehearsal, { page: file.service, step: 0 });
    for (const wave of others) await atOnce(3, wave, (fault) => mend(rehearsal, fault));
    await stand.until('all stands', allStand);
    await Promise.all(needed.map((fault) => breakIt(rehearsal, fault)));
    await atOnce(3, needed, (fault) => mend(rehearsal, fault));
    await stand.until('all stands again', allStand);
  },
);

/** Without monit's own line about the machine. */
function processesOf(status: string): string {
  return status
    .split(/^(?=\w+ ')/m)
    .filter((part) => part.startsWith("Process '"))
    .join('');
}
