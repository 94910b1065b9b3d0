// Files of environments: read beside the loop, anew before each start; one that hangs holds nobody but who needs it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openEnvFiles } from '../../src/agent/env-files.ts';
import { openObserving } from '../../src/agent/observing.ts';
import { plansFor } from '../../src/agent/plans.ts';
import { systemLayout } from '../../src/layout.ts';
import { readDescription } from '../../src/model/read.ts';
import type { RunService } from '../../src/model/system.ts';
import { folder, ground, hang, impatient, needsRoot } from '../observe/modes/look.ts';

function serviceIn(
  dir: string,
  envFile: string,
): { readonly service: RunService; readonly plans: ReturnType<typeof plansFor> } {
  const text = `system: s
objective: { unavailable: 1h, per: 2h, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 } }
services:
  pricer: { run: "pricer \${PORT}", envFile: ${envFile}, on: a }
`;
  const { system } = readDescription({ text, file: 'standfast.yaml', folder: dir });
  const service = system?.services[0];
  if (system === null || service?.kind !== 'run') throw new Error('a description with errors');
  return {
    service,
    plans: plansFor(
      system,
      'a',
      systemLayout(dir, 's').host('a'),
      openEnvFiles(impatient(ground(), join(dir, 'hung'))),
    ),
  };
}

function commandOf({ plans, service }: ReturnType<typeof serviceIn>): string {
  const { command } = plans.plan(service);
  return command.kind === 'argv' ? command.argv.join(' ') : command.line;
}

test('what an envFile says is read at each start, and stays until the next', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'p.env'), 'PORT=1\n');
  const one = serviceIn(dir, 'p.env');
  await one.plans.untilKnown(one.service);
  assert.equal(commandOf(one), 'pricer 1', 'known without a start, for what runs already');
  assert.equal(one.plans.untilKnown(one.service), null);
  writeFileSync(join(dir, 'p.env'), 'PORT=2\n');
  assert.equal(commandOf(one), 'pricer 1');
  const before = one.plans.changes();
  assert.equal(await one.plans.refresh(one.service), null);
  assert.equal(commandOf(one), 'pricer 2');
  assert.ok(one.plans.changes() > before);

  const missing = serviceIn(dir, 'none.env');
  assert.equal(
    await missing.plans.refresh(missing.service),
    `its envFile ${join(dir, 'none.env')} cannot be read: No such file or directory`,
  );
  writeFileSync(join(dir, 'none.env'), 'PORT=3\n');
  await missing.plans.untilKnown(missing.service);
  assert.equal(commandOf(missing), 'pricer 3', 'tried again by who needs it');
});

test('who comes while a file is read waits for a read that began later', async () => {
  const begun: ((text: string) => void)[] = [];
  const files = openEnvFiles({
    ...ground(),
    ask: async () => ({
      kind: 'ended',
      code: 0,
      errors: '',
      tookMs: 0,
      cpuMs: 0,
      output: await new Promise<string>((resolve) => begun.push(resolve)),
    }),
  });
  const first = files.read('/p.env');
  const others = [files.read('/p.env'), files.read('/p.env')];
  assert.equal(begun.length, 1);
  begun[0]?.('PORT=1\n');
  assert.deepEqual(await first, { kind: 'read', env: { PORT: '1' } });
  while (begun.length < 2) await new Promise((resolve) => setImmediate(resolve));
  begun[1]?.('PORT=2\n');
  for (const each of await Promise.all(others)) assert.deepEqual(each, { kind: 'read', env: { PORT: '2' } });
  assert.equal(begun.length, 2, 'shared');
});

test('a file on a file system that hangs: the start is told why, the loop goes on', { skip: needsRoot }, async (t) => {
  const dir = folder(t);
  const server = await hang(t, join(dir, 'hung'));
  let turns = 0;
  const loop = setInterval(() => (turns += 1), 10);
  t.after(() => clearInterval(loop));
  const one = serviceIn(dir, 'hung/p.env');
  assert.match(
    (await one.plans.refresh(one.service)) ?? '',
    /hung\/p\.env cannot be read: its file system does not answer within 2 s$/,
  );
  // However late: what is due sooner comes before the end of its patience.
  assert.ok(turns > 0, 'the loop has its turns meanwhile');
  server.kill('SIGKILL');
  await once(server, 'exit');
});

test('what is told of an instance before its file was read is not lost', async () => {
  const calls: string[] = [];
  const observing = openObserving({
    awaitActive: (instance) => void calls.push(`active ${instance}`),
    unobserve: (instance) => void calls.push(`not ${instance}`),
  });
  let known = (): void => undefined;
  const until = new Promise<void>((resolve) => (known = resolve));
  for (const name of ['one', 'two']) observing.observe(name, until, () => void calls.push(`observe ${name}`));
  observing.awaitActive('one');
  observing.unobserve('two');
  observing.observe('three', null, () => void calls.push('observe three'));
  known();
  await until;
  observing.awaitActive('one');
  assert.deepEqual(calls, ['not two', 'observe three', 'observe one', 'active one', 'active one']);
});
