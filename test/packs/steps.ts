// Every page of the Deephaven pack with each of its `sh do` steps taken out in turn, `npm run rehearsal:steps`: each must end as failed, and the whole page
// must then do what it is for. So no page believes itself.

import assert from 'node:assert/strict';
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { faults } from './faults.ts';
import { procedures } from './procedures.ts';
import {
  atOnce,
  breakIt,
  levels,
  mend,
  missingHere,
  mustFailWithout,
  pack,
  startRehearsal,
  stepsOf,
} from './rehearsal.ts';

const skip = missingHere();
/** None of these needs another of the same row. */
const rows = [
  ['mariadb', 'configuration_server', 'client_update_service'],
  ['log_aggregator_service', 'authentication_server', 'db_dis', 'db_rta', 'db_ltds'],
  ['db_acl_write_server', 'iris_controller', 'tailer1', 'db_merge_server', 'db_query_server', 'web_api_service'],
] as const;

test("a process's own page ends as failed without any one of its steps", { skip }, async (t) => {
  assert.deepEqual(rows.flat().toSorted(), Object.keys(levels).toSorted());
  const rehearsal = await startRehearsal(t);
  for (const row of rows)
    await atOnce(2, row, async (service) => {
      const steps = stepsOf(rehearsal, service);
      assert.ok(steps > 0, service);
      for (let step = 0; step < steps; step += 1) {
        const fault = faults.find((each) => each.service === service && each.needs.includes(step));
        assert.ok(fault !== undefined, `no fault needs step ${step} of ${service}`);
        await breakIt(rehearsal, fault);
        await mustFailWithout(rehearsal, { page: service, step });
        await mend(rehearsal, fault);
        t.diagnostic(`${service} without step ${step + 1} of ${steps}: failed, while ${fault.what}`);
      }
    });
});

test('a procedure ends as failed without any one of its steps', { skip }, async (t) => {
  const rehearsal = await startRehearsal(t);
  const { paths } = rehearsal;
  const pages = readdirSync(join(pack, 'runbooks')).map((each) => each.replace(/\.md$/, ''));
  const own = new Set([...Object.keys(levels), ...procedures.map((each) => each.page)]);
  for (const page of pages) assert.ok(own.has(page) || stepsOf(rehearsal, page) === 0, `${page} is tried nowhere`);
  for (const { page, values, prepare } of procedures) {
    const steps = stepsOf(rehearsal, page);
    assert.ok(steps > 0, page);
    for (let step = 0; step < steps; step += 1) {
      await prepare(rehearsal);
      await mustFailWithout(rehearsal, { page, step, values: values(paths) });
      await prepare(rehearsal);
      await rehearsal.mustRun(page, values(paths));
      t.diagnostic(`${page} without step ${step + 1} of ${steps}: failed`);
    }
  }
  const common = join(paths['DH_ETC'] ?? '', 'resources/iris-common.prop');
  renameSync(`${common}.away`, common);
  rmSync(join(paths['DH_ETC'] ?? '', 'resources/openapi-defaults.prop'), { force: true });
});
