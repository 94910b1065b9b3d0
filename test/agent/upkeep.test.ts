// What goes on beside the loop: outputs are kept as small as the description in force says.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { openUpkeep } from '../../src/agent/upkeep.ts';
import type { Because } from '../../src/decide/draft.ts';
import { monoNow, wallNow } from '../../src/keeper/clock.ts';
import { systemLayout } from '../../src/layout.ts';
import { readDescription } from '../../src/model/read.ts';
import type { System } from '../../src/model/system.ts';
import { openGround } from '../../src/observe/modes/ground.ts';

function described(logs: string): System {
  const text = `system: shop
objective: { unavailable: 10m, per: 60m, recoverWithin: 1m }
hosts: { a: { address: 127.0.0.1 } }
services: { web: { run: sleep 9, on: a, logs: ${logs} } }
`;
  const { system, errors } = readDescription({ text, file: 'standfast.yaml', folder: '/' });
  assert.deepEqual(errors, []);
  assert.ok(system !== null);
  return system;
}

test('what is applied of `logs` holds for what runs already', { timeout: 60_000 }, async (t) => {
  const state = mkdtempSync(join(tmpdir(), 'standfast-upkeep-'));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const layout = systemLayout(state, 'shop').host('a');
  mkdirSync(layout.logs, { recursive: true });
  writeFileSync(layout.output('web'), 'x'.repeat(3 << 20));
  const rotated = Promise.withResolvers<Because>();
  const upkeep = openUpkeep({
    layout,
    ground: openGround({ now: wallNow, mono: monoNow }),
    now: monoNow,
    tell: () => undefined,
    note: rotated.resolve,
  });
  t.after(() => upkeep.close());
  const [web] = described('{ maxSize: 50MiB, keep: 5 }').services;
  assert.ok(web?.kind === 'run');
  upkeep.running(web, null, null);
  upkeep.use(described('{ maxSize: 1MiB, keep: 1 }'));
  assert.partialDeepStrictEqual(await rotated.promise, { kind: 'rotated', service: 'web', facts: { kind: 'rotated' } });
  assert.equal(statSync(`${layout.output('web')}.1`).size, 1 << 20);
});
