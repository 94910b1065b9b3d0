// Runs of runbooks as they go, and answers that many share: over a desk of runs that the test moves by hand.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import type { RunbookAnswer, RunView } from '../../../src/api-runbook.ts';
import { shared, sharedBy } from '../../../src/web/shared.ts';
import { picture, serve } from './console.ts';
import { openEvents } from './listening.ts';

function run(version: string, more: Partial<RunView> = {}): RunView {
  return {
    id: 'run-1',
    runbook: 'web',
    service: 'web',
    host: 'a',
    incident: null,
    startedBy: 'maria',
    auto: false,
    why: '',
    allowedBy: null,
    values: {},
    phase: 'forward',
    outcome: null,
    because: null,
    startedAtMs: 1,
    endedAtMs: null,
    title: 'When web is in trouble',
    headings: ['Look'],
    blocks: [],
    needs: { kind: 'nothing' },
    version,
    ...more,
  };
}

test('a run is followed once for all who look at it, until it ends', async (t) => {
  const moves = new EventEmitter();
  let now: RunbookAnswer<RunView> = { ok: true, value: run('1') };
  let asked = 0;
  const { port } = picture();
  const runbooks = {
    ...port.runbooks(),
    run: async (id: string, after: string | null): Promise<RunbookAnswer<RunView>> => {
      asked += 1;
      if (id !== 'run-1') return { ok: false, code: 'SF-461', why: `there is no run ${id}`, next: 'Look.' };
      if (now.ok && after === now.value.version) await once(moves, 'moved');
      return now;
    },
  };
  const move = (to: RunbookAnswer<RunView>): void => {
    now = to;
    moves.emit('moved');
  };
  const served = await serve(t, { ...port, runbooks: () => runbooks });
  const path = '/api/v1/runs/run-1/events';
  const pages = await Promise.all(Array.from({ length: 5 }, () => openEvents(served.port, undefined, path)));
  for (const page of pages) assert.equal((await page.next('run')).data.version, '1');
  assert.ok(asked <= 2, `asked ${asked} times for 5 pages`);
  move({ ok: true, value: run('2') });
  for (const page of pages) assert.equal((await page.next('run')).data.version, '2');
  const late = await openEvents(served.port, undefined, path);
  assert.equal((await late.next('run')).data.version, '2', 'who comes later sees how it stands');
  move({ ok: true, value: run('3', { phase: 'ended', outcome: 'done' }) });
  for (const page of [...pages, late]) assert.equal((await page.next('run')).data.outcome, 'done');
  for (const page of [...pages, late]) page.close();

  const none = await openEvents(served.port, undefined, '/api/v1/runs/other/events');
  assert.equal((await none.next('refused')).data.code, 'SF-461');
  none.close();
});

test('what many ask at the same moment is asked once; a failure is asked anew', async () => {
  let asked = 0;
  let fails = false;
  const ask = shared(60_000, () => {
    asked += 1;
    return fails ? Promise.reject(new Error('away')) : Promise.resolve({ asked });
  });
  assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [{ asked: 1 }, { asked: 1 }, { asked: 1 }]);
  fails = true;
  const other = shared(60_000, () => {
    asked += 1;
    return fails ? Promise.reject(new Error('away')) : Promise.resolve({ asked });
  });
  await assert.rejects(other());
  fails = false;
  assert.deepEqual(await other(), { asked: 3 });

  const questions: number[] = [];
  const double = sharedBy(60_000, 2, (n: number) => {
    questions.push(n);
    return Promise.resolve(2 * n);
  });
  assert.deepEqual([await double(1), await double(2), await double(1)], [2, 4, 2]);
  await double(3);
  await double(1);
  assert.deepEqual(questions, [1, 2, 3, 1], 'the oldest is forgotten');
});
