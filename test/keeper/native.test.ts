// The conformance suite on the keeper itself, by every way it has to contain processes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findCgroupBase, removeCgroupBase } from '../../src/keeper/cgroup.ts';
import type { CgroupChoice } from '../../src/keeper/cgroup.ts';
import { bytes } from '../../src/model/units.ts';
import { NativeKeeper, cgroupMissing } from './native.ts';
import { managerCases, startRequest, value } from './process-manager.cases.ts';
import type { ManagerUnderTest } from './process-manager.cases.ts';

async function open(cgroup: CgroupChoice): Promise<ManagerUnderTest> {
  const keeper = await NativeKeeper.open(null, cgroup);
  return {
    manager: keeper.client,
    folder: keeper.state,
    ended: (instance) => keeper.ended(instance),
    close: () => keeper.close(),
  };
}

for (const version of ['v1', 'v2'] as const) {
  const missing = await cgroupMissing(version);
  if (missing === false) managerCases({ name: `native, cgroup ${version}`, open: () => open(version) });
  else test(`native, cgroup ${version}`, { skip: missing }, () => undefined);
}
managerCases({ name: 'native, by the mark alone', open: () => open('none') });

test('what goes into the background is told from what ends', async (t) => {
  for (const cgroup of ['auto', 'none'] as const) {
    const keeper = await NativeKeeper.open(t, cgroup);
    for (const [line, leftBehind] of [
      ['sleep 600 & exit 0', true],
      ['sleep 0; exit 0', false],
    ] as const) {
      const request = startRequest(keeper.state, `away-${leftBehind}`, line);
      value(await keeper.client.start(request));
      const ended = await keeper.ended(request.instance);
      assert.deepEqual([ended.code, ended.by, ended.leftBehind], [0, 'itself', leftBehind], cgroup);
    }
  }
});

const limitable = await findCgroupBase('auto', `test-${process.pid}`);
if (limitable !== null) await removeCgroupBase(limitable);

test(
  'memory is limited where a control group for it can be made',
  { skip: (limitable?.memory ?? null) === null ? 'no control group for memory can be made here' : false },
  async (t) => {
    const keeper = await NativeKeeper.open(t);
    const within = startRequest(keeper.state, 'within', 'echo up; exec sleep 600', {
      limits: { memory: bytes(64 << 20), files: null },
    });
    value(await keeper.client.start(within));
    const beyond = startRequest(keeper.state, 'beyond', `x=12345678; while :; do x=$x$x; done`, {
      limits: { memory: bytes(64 << 20), files: null },
    });
    value(await keeper.client.start(beyond));
    assert.equal((await keeper.ended(beyond.instance)).signal, 'SIGKILL');
    assert.deepEqual(keeper.hello?.ended, []);
    value(await keeper.client.connect());
    assert.deepEqual(
      keeper.hello?.running.map((each) => each.instance),
      [within.instance],
    );
  },
);
