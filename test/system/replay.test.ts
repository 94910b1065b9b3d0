// A recorded incident, lived through again from the journal: the running product stopped, the description changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeOn, asPlanned, killHost, startStand } from './stand.ts';

interface Replay {
  readonly faults: readonly { readonly kind: string; readonly host: string }[];
  readonly services: readonly {
    readonly service: string;
    readonly thenMs: number | null;
    readonly againMs: number;
    readonly nowMs: number;
    readonly lasting: boolean;
  }[];
  readonly rulesFired: { readonly described: Record<string, number>; readonly changed: Record<string, number> };
  readonly overlaps: number;
}

test('a lost host is replayed as it was, and under another description, whether anything runs or not', async (t) => {
  const stand = await startStand(
    t,
    `system: pair
objective: { unavailable: 1m, per: 1h, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  web:
    shell: "trap : USR1; echo listens; while :; do sleep 0.2; done"
    ready: { log: listens }
    policy: hot-active/warm-active
    on: [a, b]
    activate: { signal: SIGUSR1 }
`,
  );
  const before = await stand.until('all as planned', asPlanned);
  const host = activeOn(before, 'web') ?? '';
  const other = host === 'a' ? 'b' : 'a';
  killHost(stand, host);
  const after = await stand.until(
    'the other took over',
    (view) => activeOn(view, 'web') === other && view.incidents.some((each) => each.host === host),
    other,
  );
  const incident = after.incidents.find((each) => each.host === host)?.id ?? '';
  const [failover] = await stand.failovers();
  assert.equal(failover?.from, host);
  await stand.cli('down');

  const words = ['simulate', stand.folder, '--replay', incident];
  const same = await stand.cli(...words, '--json');
  assert.equal(same.code, 0, same.stderr);
  const found = JSON.parse(same.stdout) as Replay;
  assert.deepEqual(
    found.faults.map((fault) => [fault.kind, fault.host]),
    [['host', host]],
  );
  const web = found.services[0];
  assert.equal(web?.thenMs, failover?.zMs);
  // A lost host is noticed when its session is over, and by nothing else: between what is left of it and all of it, then as now.
  for (const [gap, most] of [
    [web?.thenMs ?? 0, 60_000],
    [web?.againMs ?? 0, 10_000],
  ] as const)
    assert.ok(gap > 1000 && gap < most, String(gap));
  assert.ok((found.rulesFired.described['168'] ?? 0) > 0, 'it was deposed');
  assert.deepEqual(JSON.parse((await stand.cli(...words, '--json')).stdout), found, 'the same again');

  // With the other host alone nothing is lost; with this host alone it stays away, which is longer than allowed.
  const alone = (on: string): string[] => [...words, '--json', '--set', `web={run: "sleep 9", on: [${on}]}`];
  const spared = await stand.cli(...alone(other));
  assert.equal(spared.code, 0, spared.stderr);
  assert.equal((JSON.parse(spared.stdout) as Replay).services[0]?.nowMs, 0);
  const stuck = await stand.cli(...alone(host));
  assert.equal(stuck.code, 1);
  assert.equal((JSON.parse(stuck.stdout) as Replay).services[0]?.lasting, true);

  const shown = await stand.cli(...words, '--policy', 'web=hot-active/cold-passive');
  assert.match(shown.stdout, /then +replayed +changed/);
  assert.match(shown.stdout, new RegExp(`host ${host} was lost`));
  const unknown = await stand.cli('simulate', stand.folder, '--replay', 'no-such-thing');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, new RegExp(`SF-002 .*no-such-thing[\\s\\S]*${incident}`));
});
