// The alert rules fire when they should and not otherwise, and name only metrics that there are; so does the dashboard.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failoverView, incident, instance, service, status } from '../../cli/views.ts';
import { picture, serve } from './console.ts';

const ops = join(import.meta.dirname, '..', '..', '..', 'ops');
const skip = !existsSync('/usr/bin/promtool') && 'promtool is not installed';

test('promtool finds the alert rules right, and each fires in its test', { skip }, () => {
  for (const words of [
    ['check', 'rules', 'standfast.rules.yaml'],
    ['test', 'rules', 'standfast.test.yaml'],
  ]) {
    const run = spawnSync('/usr/bin/promtool', words, { cwd: join(ops, 'prometheus'), encoding: 'utf8' });
    assert.equal(run.status, 0, run.stdout + run.stderr);
  }
});

test('rules and dashboard name only metrics that the console has', async (t) => {
  const { port, show } = picture({ failovers: () => Promise.resolve([failoverView()]) });
  const external = { external: { ok: true, reason: null } };
  show(
    status({
      incidents: [incident('i')],
      services: [service('s', [instance('a', 'active')]), service('x', [], external)],
    }),
  );
  const served = await serve(t, port);
  const { text } = await served.ask({ path: '/metrics' });
  const there = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map((match) => match[1]));
  assert.ok(there.size > 20);
  for (const file of ['prometheus/standfast.rules.yaml', 'grafana/standfast.json']) {
    const used = readFileSync(join(ops, file), 'utf8').matchAll(/\bstandfast_\w+/g);
    for (const [name] of used) assert.ok(there.has(name), `${file} names ${name}`);
  }
});
