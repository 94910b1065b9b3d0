// Tests the runbooks, as far as they belong to this host; every host does the same for its own.

import { join } from 'node:path';
import type { RunbookAnswer, TestedRunbook } from '../api-runbook.ts';
import type { RunbookDesk } from './runbook-desk.ts';
import { usualHost } from './runbook-facts.ts';
import { runbookNames } from './runbook-library.ts';
import { noDescription } from './runbook-refusals.ts';
import { testRunbook } from './runbook-test.ts';
import { plannedBlocks } from './runbook-view.ts';

/** Runs the checks that belong to this host, of the runbook `name`, or of all when it is null. */
export async function testAll(
  desk: RunbookDesk,
  name: string | null,
): Promise<RunbookAnswer<readonly TestedRunbook[]>> {
  const { options, find, hostOf, surroundings } = desk;
  const { me } = options;
  const system = options.system();
  const status = options.status();
  if (system === null || status === null) return noDescription();
  const names = name === null ? await runbookNames(system) : [name];
  const tested: TestedRunbook[] = [];
  for (const each of names) {
    const looked = await find(each);
    if (!looked.ok && name !== null) return looked;
    if (!looked.ok) {
      tested.push({
        name: each,
        host: me,
        checks: [],
        rotted: [{ code: looked.code, message: looked.why, next: looked.next, line: 1, column: 1 }],
      });
      continue;
    }
    const { runbook, problems, service } = looked.value;
    const here =
      service?.kind === 'run'
        ? service.on.some(({ host }) => host === me)
        : (runbook.on ?? system.hosts[0]?.name) === me;
    const at = here ? me : (runbook.on ?? usualHost(status, service, me));
    const tried = { id: 'test', runbook: each, host: at, incident: null, values: {}, startedAtMs: options.nowMs() };
    const around = await surroundings(tried, service, status);
    const blocks = plannedBlocks(
      runbook,
      (block) => hostOf({ host: at, service: service?.name ?? null }, runbook, block),
      around.env,
    );
    const mine = blocks.filter((block) => block.host === me);
    if (mine.length === 0 && !here) continue;
    tested.push(
      await testRunbook({
        name: each,
        host: me,
        runbook,
        problems: here ? problems : [],
        blocks: mine,
        surroundings: around,
        record: (block) => join(options.folder, 'runbooks', `test-${process.pid}-${block}`),
      }),
    );
  }
  return { ok: true, value: tested };
}
