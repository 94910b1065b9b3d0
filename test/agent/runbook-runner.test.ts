// Runs of runbooks against a store whose answers get lost: what was begun is carried out once, and what a limit counts is not forgotten.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readRunbook } from '../../src/act/runbook/read.ts';
import { openRunner } from '../../src/agent/runbook-runner.ts';
import { openRunbookStore, type RunbookStore } from '../../src/agent/runbook-store.ts';
import { newRun, type Run } from '../../src/model/runbook-run.ts';
import type { Compare, Put, TxnAnswer } from '../../src/ports.ts';

/** Keys and values with revisions; `lost`: the answer to a change that was made gets lost. */
function memoryStore(): {
  readonly txn: (compares: readonly Compare[], puts: readonly Put[]) => Promise<TxnAnswer>;
  lost: (puts: readonly Put[]) => boolean;
  readonly keys: () => string[];
  readonly tellAll: (store: RunbookStore) => void;
} {
  const values = new Map<string, { value: string; revision: number }>();
  let revision = 0;
  const made = {
    lost: (_puts: readonly Put[]): boolean => false,
    keys: () => [...values.keys()],
    tellAll(store: RunbookStore) {
      for (const [key, entry] of values) store.saw({ key, ...entry });
    },
    txn(compares: readonly Compare[], puts: readonly Put[]): Promise<TxnAnswer> {
      if (compares.some((each) => (values.get(each.key)?.revision ?? 0) !== each.revision)) {
        const current = compares.flatMap(({ key }) => {
          const entry = values.get(key);
          return entry === undefined ? [] : [{ key, ...entry }];
        });
        return Promise.resolve({ kind: 'refused', revision, current });
      }
      revision += 1;
      for (const { key, value } of puts)
        if (value === null) values.delete(key);
        else values.set(key, { value, revision });
      return Promise.resolve(made.lost(puts) ? { kind: 'unknown', why: 'no answer' } : { kind: 'applied', revision });
    },
  };
  return made;
}

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'sf-runner-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function runOf(id: string, more: Partial<Run> = {}, page = '# P\n\n## One\n\n```sh do\ntrue\n```\n'): Run {
  return {
    ...newRun(readRunbook(page, 'p').runbook, {
      id,
      runbook: 'p',
      service: 'pricer',
      host: 'a',
      incident: null,
      startedBy: 'eve',
      auto: false,
      why: '',
      allowedBy: 'eve',
      values: {},
      startedAtMs: 1,
    }),
    ...more,
  };
}

test('a block is carried out once, though the answer to its beginning or to its end gets lost', async (t) => {
  const dir = folder(t);
  const page = ['one', 'two'].map((word) => `## ${word}\n\n\`\`\`sh do\necho ${word} >> done\n\`\`\`\n`).join('\n');
  const { runbook } = readRunbook(`# P\n\n${page}`, 'p');
  const world = memoryStore();
  const store = openRunbookStore({
    txn: world.txn,
    counts: () => false,
    told: () => setImmediate(() => runner.look()),
  });
  let beginnings = 0;
  let ends = 0;
  world.lost = (puts) => {
    const run = puts.find(({ key }) => key === 'runbook/run/r-1')?.value ?? '';
    const isBeginning = /"state":"running"/.test(run);
    const isFirst = isBeginning ? (beginnings += 1) === 1 : /"state":"ok"/.test(run) && (ends += 1) === 1;
    // What others see, this agent sees too, a moment later.
    if (isFirst) setImmediate(() => world.tellAll(store));
    return isFirst;
  };
  const runner = openRunner({
    me: 'a',
    life: 'l1',
    folder: dir,
    store,
    book: () => runbook,
    hostOf: () => 'a',
    heldUp: () => null,
    surroundings: () => Promise.resolve({ dir, env: { PATH: process.env['PATH'] ?? '' } }),
    nowMs: () => 5,
    note: () => undefined,
    changed: () => undefined,
  });
  t.after(() => runner.close());
  const over = new Promise<Run>((resolve) => {
    const look = setInterval(() => {
      const run = store.get('r-1')?.run;
      if (run?.phase !== 'ended') return;
      clearInterval(look);
      resolve(run);
    }, 20);
    t.after(() => clearInterval(look));
  });
  assert.equal((await store.begin(runOf('r-1', {}, `# P\n\n${page}`), page)).kind, 'applied');
  assert.equal((await over).outcome, 'done');
  assert.equal(readFileSync(join(dir, 'done'), 'utf8'), 'one\ntwo\n');
});

test('of ended runs the newest are kept, and those that a limit counts', async () => {
  const world = memoryStore();
  const store = openRunbookStore({ txn: world.txn, counts: (run) => run.auto, told: () => undefined });
  for (let n = 0; n < 60; n += 1) {
    const run = runOf(`r-${n}`, { service: `s${n}`, auto: n < 2, startedAtMs: n });
    assert.equal((await store.begin(run, 'page')).kind, 'applied');
    const kept = store.get(run.id) ?? assert.fail('it was begun');
    const ended: Run = { ...kept.run, phase: 'ended', outcome: 'done', endedAtMs: n };
    assert.equal((await store.put(ended, kept.revision)).kind, 'applied');
  }
  const left = store.all().map(({ run }) => run.id);
  assert.equal(left.length, 42);
  assert.ok(left.includes('r-0') && left.includes('r-1'), 'those that began by themselves');
  assert.ok(!left.includes('r-2') && left.includes('r-59'));
  assert.equal(world.keys().filter((key) => key.startsWith('runbook/text/')).length, 42, 'pages go with their runs');
});
