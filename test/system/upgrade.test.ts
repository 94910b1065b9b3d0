// Another Standfast put in the place of the running one: agents and keepers begin anew, the services do not notice.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { freePort } from '../free-port.ts';
import { asPlanned, eventually, makeStand, pidOf, serviceOf, services, signal, textOf } from './stand.ts';

const root = join(import.meta.dirname, '..', '..');

test('agents upgraded in place, in a long folder: what runs keeps its pid and its term, and they say that they picked it up', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sf-upgrade-'));
  for (const each of ['src', 'package.json', 'tsconfig.json'])
    cpSync(join(root, each), join(folder, each), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

  const stand = makeStand(
    t,
    `system: upgraded
objective: { unavailable: 1m, per: 1h, recoverWithin: 1m }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  one:
    run: node ${services}/serve.mjs
    policy: hot-active/warm-active
    on: { a: { env: { PORT: "${await freePort()}" } }, b: { env: { PORT: "${await freePort()}" } } }
    # A signal that comes before it listens for it would end it.
    ready: { http: "http://127.0.0.1:\${PORT}/ready" }
    activate: { signal: SIGUSR1 }
  alone: { run: sleep 1000, on: [b] }
`,
    // Far beyond what the kernel takes as the path of a socket.
    { program: join(folder, 'src', 'main.ts'), state: join(folder, 'a-state-folder-with-a-very-long-name-'.repeat(4)) },
  );
  // Registered after the stand's own end, which still needs it.
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await stand.up();
  let before = await stand.until('all as planned', asPlanned);
  let lapsed = false;

  const agentFile = join(folder, 'src', 'agent.ts');
  const first = readFileSync(agentFile, 'utf8');
  const next = first.replace('log(`serves ', 'log(`the next version serves ');
  assert.notEqual(next, first);
  writeFileSync(agentFile, next);
  for (const host of ['a', 'b']) {
    const { agentPid } = before.hosts.find((each) => each.name === host) ?? assert.fail(host);
    const fromMs = performance.now();
    signal(agentPid ?? assert.fail('no agent'), 'SIGTERM');
    const view = await stand.until(
      `the next agent of ${host}`,
      (each) =>
        // Before it has read the store it knows of its own instances alone.
        each.store.reachable &&
        asPlanned(each) &&
        each.hosts.some((one) => one.name === host && one.agentPid !== agentPid && one.agentPid !== null),
      host,
    );
    const awayMs = performance.now() - fromMs;
    assert.equal(pidOf(view, 'alone', 'b'), pidOf(before, 'alone', 'b'));
    // On a machine so busy that an agent needs a session to come back, its lease has to end.
    if (awayMs > 1500 && serviceOf(view, 'one').term > serviceOf(before, 'one').term) {
      assert.match(textOf(stand.at(host, 'keeper.log')), /one@.*: its deadline passed/);
      t.diagnostic(`the agent of ${host} was away for ${Math.round(awayMs)} ms`);
      lapsed = true;
      before = view;
      continue;
    }
    for (const where of ['a', 'b']) assert.equal(pidOf(view, 'one', where), pidOf(before, 'one', where), where);
    assert.equal(serviceOf(view, 'one').term, serviceOf(before, 'one').term);
    assert.match(textOf(stand.at(host, 'agent.log')), /the next version serves/);
    const said = new RegExp(`one was running on ${host} when the agent came back, and was left running`);
    await eventually('it is written down', async () =>
      said.test((await stand.cli('journal', '--since', '10m')).stdout),
    );
  }
  if (!lapsed) assert.deepEqual(await stand.failovers(), []);
});
