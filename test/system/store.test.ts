// The store's disk is full, its file is gone, or it is an older one: what runs stays, nothing is twice active, and it is said.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import type { StatusView } from '../../src/api.ts';
import { freePort } from '../free-port.ts';
import { openConsumer, overlapsIn, type Consumer } from './consumer.ts';
import { activeOn, asPlanned, eventually, makeStand, serviceOf, services, signal, type Stand } from './stand.ts';

/** A file system of its own for the state; null when none can be mounted. */
function smallDisk(): string | null {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'sf-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
  // After everything on it was taken down, however that went.
  process.on('exit', () => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

const files = ['store.db-wal', 'store.db-shm', 'store.db'];

/** Leaves not a byte. */
function fillUp(folder: string): void {
  const file = join(folder, 'filler');
  writeFileSync(file, '');
  for (const size of [1 << 20, 1 << 12, 1])
    for (const block = Buffer.alloc(size); ;) {
      try {
        writeFileSync(file, block, { flag: 'a' });
      } catch {
        break;
      }
    }
  assert.equal(statfsSync(folder).bavail, 0);
}

async function startPair(t: TestContext, state?: string): Promise<{ stand: Stand; consumer: Consumer }> {
  const ports = [await freePort(), await freePort()] as const;
  const consumer = openConsumer(ports);
  t.after(() => consumer.stop());
  const stand = makeStand(
    t,
    `system: pair
objective: { unavailable: 1m, per: 1h, recoverWithin: 5s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  one: { run: ${process.execPath} ${services}/forks.mjs, policy: hot-active/warm-active, on: { a: { env: { PORT: "${ports[0]}" } }, b: { env: { PORT: "${ports[1]}" } } }, ready: { tcp: "127.0.0.1:\${PORT}" }, activate: { signal: SIGUSR1 } }
  alone: { run: sleep 1000, on: [a] }
  both: { run: sleep 1000, policy: hot-active/hot-active, consumers: dropDuplicates }
`,
    state === undefined ? {} : { state },
  );
  t.after(() => assert.deepEqual(overlapsIn(consumer.answers), [], 'never two actives'));
  await stand.up();
  await eventually('it answers', () => consumer.answers.length > 0);
  return { stand, consumer };
}

const pids = (view: StatusView): string[] =>
  view.services.flatMap((each) => each.instances.map((one) => `${each.name}@${one.host} ${one.pid} ${one.phase}`));

/** Longer than a session lasts. */
const overSessionMs = 3000;

/** For longer than a session lasts. */
async function servedOn(consumer: Consumer): Promise<void> {
  const fromMs = performance.now();
  await eventually('it goes on answering', () => (consumer.answers.at(-1)?.sentAt ?? 0) > fromMs + overSessionMs);
}

test('a full disk takes nothing down, not with an agent killed either, and is over when there is room again', async (t) => {
  const disk = smallDisk();
  if (disk === null) return t.skip('needs root, to mount a small file system');
  const { stand, consumer } = await startPair(t, join(disk, 'state'));
  const before = await stand.until('all as planned', asPlanned);
  fillUp(disk);
  const full = await stand.until('the store is seen to be away', (view) => !view.store.reachable);
  await servedOn(consumer);
  const during = (await stand.status())!;
  assert.deepEqual(pids(during), pids(before), 'all stays as it was');
  assert.equal(serviceOf(during, 'one').term, serviceOf(before, 'one').term);
  assert.match(JSON.stringify(full.incidents) + full.sentence, /store/);

  const active = activeOn(before, 'one') ?? '';
  const standby = active === 'a' ? 'b' : 'a';
  const awayMs = await killAgent(stand, standby);
  // An agent that is away promises nothing. When this machine is so busy that it takes nearly a session to come back, the active has to step down,
  // and can't become active again before the store is back.
  if (awayMs < 1000) {
    await servedOn(consumer);
    assert.deepEqual(pids((await stand.status())!), pids(before), 'the agent that came back found it as it was');
  } else t.diagnostic(`the agent was away for ${Math.round(awayMs)} ms`);
  // Its own agent may renew nothing now, and asks for promises only what it knows it still may: its lease may run out, nothing else.
  await killAgent(stand, active);
  const unleased = (view: StatusView): string[] => pids(view).filter((each) => !each.startsWith('one'));
  assert.deepEqual(unleased((await stand.status())!), unleased(before));

  rmSync(join(disk, 'filler'));
  const well = await stand.until(
    'it is over',
    (view) => view.store.reachable && view.severity === 0 && asPlanned(view),
  );
  assert.deepEqual(unleased(well), unleased(before));
  const other = activeOn(well, 'one') === 'a' ? 'b' : 'a';
  assert.equal((await stand.cli('failover', 'one', '--to', other, '--why', 'it moves again')).code, 0);
  await stand.until('it moved', (view) => activeOn(view, 'one') === other);
});

/** Until another agent of the host answers; how long that took, in ms. */
async function killAgent(stand: Stand, host: string): Promise<number> {
  const fromMs = performance.now();
  const pid = stand.living().find((each) => each.kind === 'agent' && each.host === host)?.pid ?? 0;
  signal(pid, 'SIGKILL');
  await stand.until(
    `the agent of ${host} is back`,
    (view) => (view.hosts.find((each) => each.name === host)?.agentPid ?? pid) !== pid,
    host,
  );
  return performance.now() - fromMs;
}

test('the store is deleted under running agents: what is active stays, nothing else becomes so, and people are told', async (t) => {
  const { stand, consumer } = await startPair(t);
  const before = await stand.until('all as planned', asPlanned);
  for (const file of files) rmSync(join(stand.state, stand.system, file));
  const gone = await stand.until('it is seen', (view) => !view.store.reachable);
  assert.match(`${gone.sentence} ${JSON.stringify(gone.incidents)}`, /store/);
  await servedOn(consumer);
  assert.deepEqual(pids((await stand.status())!), pids(before));
  for (const { pid, kind } of stand.living()) if (kind === 'agent') signal(pid, 'SIGKILL');
  const back = await stand.until(
    'agents are back',
    (view) => view.hosts[0]?.agentPid !== before.hosts[0]?.agentPid && view.hosts[1]?.state !== undefined,
  );
  assert.equal(back.store.reachable, false, 'an empty store is not taken for ours');
  assert.equal(existsSync(join(stand.state, stand.system, 'store.db')), false, 'and none is made');
});

test('an older store is put in place of the newer: terms never go back', async (t) => {
  const { stand, consumer } = await startPair(t);
  const folder = join(stand.state, stand.system);
  await stand.until('all as planned', asPlanned);
  const older = join(stand.folder, 'older');
  mkdirSync(older);
  for (const file of files) copyFileSync(join(folder, file), join(older, file));
  let before = await stand.until('all as planned', (view) => asPlanned(view) && activeOn(view, 'one') !== null);
  for (const count of [1, 2]) {
    const { term } = serviceOf(before, 'one');
    assert.equal((await stand.cli('failover', 'one')).code, 0);
    before = await stand.until(
      `move ${count}`,
      (view) => serviceOf(view, 'one').term > term && asPlanned(view) && activeOn(view, 'one') !== null,
    );
  }
  for (const file of files) {
    copyFileSync(join(older, file), join(folder, `${file}.older`));
    renameSync(join(folder, `${file}.older`), join(folder, file));
  }
  const seen = await stand.until('it is seen', (view) => !view.store.reachable);
  assert.match(`${seen.sentence} ${JSON.stringify(seen.incidents)}`, /store/);
  await servedOn(consumer);
  const after = (await stand.status())!;
  assert.deepEqual(pids(after), pids(before));
  const terms = consumer.answers.toSorted((x, y) => x.at - y.at).map((each) => each.term);
  assert.equal(terms.at(-1), serviceOf(before, 'one').term);
  const refused = await stand.cli('failover', 'one');
  assert.notEqual(refused.code, 0, 'nothing can move without the store');
  assert.match(refused.stderr, /SF-50\d/);
});
