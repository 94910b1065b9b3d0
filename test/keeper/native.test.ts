// The conformance suite on the keeper itself, by every way it has to contain processes.

import { join } from 'node:path';
import { test } from 'node:test';

import type { CgroupChoice } from '../../src/keeper/cgroup.ts';
import { NativeKeeper, cgroupMissing } from './native.ts';
import { managerCases } from './process-manager.cases.ts';
import type { ManagerUnderTest } from './process-manager.cases.ts';

async function open(cgroup: CgroupChoice): Promise<ManagerUnderTest> {
  const keeper = await NativeKeeper.open(null, cgroup);
  return {
    manager: keeper.client,
    folder: join(keeper.state),
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
