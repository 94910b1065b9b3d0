// A file system that hangs is told of in time; many reads of one that answers are not taken for that.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patiently } from '../../src/agent/patient-read.ts';

test('who waits behind others that come to their end goes on waiting; behind one that does not, it is told', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const ends = [1, 2, 3].map(() => Promise.withResolvers<string>());
  const answers = ends.map(({ promise }) => patiently(() => promise));
  const settled = Promise.allSettled(answers);
  t.mock.timers.tick(1900);
  ends[0]?.resolve('one');
  assert.equal(await answers[0], 'one');
  t.mock.timers.tick(1900);
  ends[1]?.resolve('two');
  assert.equal(await answers[1], 'two');
  t.mock.timers.tick(3000);
  await assert.rejects(answers[2] ?? assert.fail(), /a file system does not answer within 2 s/);
  // It answers again.
  ends[2]?.resolve('three');
  await settled;
  assert.equal(await patiently(() => Promise.resolve('four')), 'four');
});
