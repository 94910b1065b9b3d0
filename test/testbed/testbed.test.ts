// A small round of the testbed: three machines with an etcd; the active's host is lost, the next one's cut off, and etcd stands still. Nobody may see two
// actives, and each time one is active afterwards. How quick that is, the testbed measures (`npm run testbed`); here it is not judged.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Bed } from '../../testbed/bed.ts';
import { etcd, lasting, stopped } from '../../testbed/fault.ts';
import { runOnce, type Row } from '../../testbed/row.ts';
import { rows } from '../../testbed/rows.ts';
import { missing } from '../../testbed/space.ts';

const skip = missing() ?? false;

const named = (name: string): Row => rows.find((row) => row.name === name) ?? assert.fail(`no row ${name}`);

const etcdStopped: Row = {
  ...named('etcd-stopped'),
  // Longer than any lease or promise.
  fault: lasting(3000, stopped(etcd(({ bed }) => bed.machines))),
};

test('hosts lost, cut off, and without their store: never two actives, and one afterwards', { skip }, async (t) => {
  const bed = await Bed.make({ store: 'managed', recoverWithin: '2s', also: ['bystander'] });
  t.after(() => bed.close());
  for (const row of [named('host-lost'), named('partition'), etcdStopped]) {
    const { services, explained } = await runOnce(row, bed);
    for (const [service, { lateAnswers, sharedTerms }] of Object.entries(services)) {
      assert.equal(lateAnswers, 0, `${row.name}: an older one of ${service} answered after a newer one`);
      assert.equal(sharedTerms, 0, `${row.name}: two of ${service} answered in one term`);
    }
    if (row.subject === 'moves') assert.ok((services['subject']?.moves ?? 0) > 0, `${row.name}: nobody took over`);
    assert.ok(explained.length > 0, `${row.name}: explain says nothing`);
  }
});
