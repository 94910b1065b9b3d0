// What `assess` learns from a real journal: how often instances fail and how long they take to come back, starts and switches, failovers
// and rehearsals as evidence, and what of it is stale.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openJournal } from '../../src/journal/journal.ts';
import { systemLayout } from '../../src/layout.ts';
import type { JournalEntry } from '../../src/ports.ts';
import { wallMs } from '../../src/model/units.ts';
import { roomy } from '../journal/lines.ts';
import { cli, folder } from '../cli/stage.ts';

const description = `system: known
objective: { unavailable: 10m, per: 60m, recoverWithin: 30s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  web:
    run: sleep 1000
    policy: hot-active/cold-passive
    on: [a, b]
  old: { run: sleep 1000, policy: hot-active/warm-active, on: [a, b], activate: { signal: SIGUSR1 } }
`;
const dayMs = 86_400_000;

test('rates, times and evidence come from the journal; what is older than 30 days is stale', async (t) => {
  const path = folder(t);
  const state = folder(t);
  writeFileSync(join(path, 'standfast.yaml'), description);
  const now = Date.now();
  const file = systemLayout(state, 'known').host('a').journalFile;
  mkdirSync(dirname(file), { recursive: true });
  const journal = await openJournal({ file, host: 'a', ...roomy });
  const note = (daysAgo: number, kind: string, service: string, facts: JournalEntry['facts'], laterMs = 0): void => {
    const atMs = wallMs(now - daysAgo * dayMs + laterMs);
    journal.append({ atMs, kind, service, instance: `${service}@a#1.1`, term: 1, rule: null, facts });
  };
  note(60, 'ready', 'web', { bMs: 300 });
  note(50, 'failover', 'old', { planned: false, zMs: 700, switchMs: 20 });
  // Four failures in sixty days, back after 6 s each; an orderly stop and a run that finished are none.
  for (const daysAgo of [40, 30, 20, 10]) {
    note(daysAgo, 'ended', 'web', { by: 'itself', finished: false });
    note(daysAgo, 'ready', 'web', { bMs: 5000 }, 6000);
  }
  note(9, 'ended', 'web', { by: 'stop' });
  note(8, 'ended', 'web', { by: 'itself', finished: true });
  note(5, 'failover', 'web', { planned: false, zMs: 6100, switchMs: 40 });
  note(2, 'failover', 'web', { planned: true, zMs: 900, switchMs: 30 });
  note(0, 'ready', 'old', { bMs: 10 });
  await journal.close();

  const found = JSON.parse((await cli(t, ['assess', path, '--json', '--state', state])).stdout);
  const figure = found.figures.find((each: { part: string }) => each.part === 'web@a');
  assert.equal(figure.from, 'measured');
  assert.match(figure.source, /^4 failures in 60d/);
  assert.equal(figure.mttrMs, 6000);
  assert.ok(Math.abs(figure.mtbfMs - (60 * dayMs - 4 * 6000) / 4) < 1, String(figure.mtbfMs));
  // Too little was seen of the other host and the other service.
  for (const part of ['web@b', 'old@a'])
    assert.equal(found.figures.find((each: { part: string }) => each.part === part).from, 'assumed');
  const cell = (component: string): { evidence: string; stale?: boolean } =>
    found.grid.find(
      (each: { component: string; domain: string }) => each.component === component && each.domain === 'instance',
    );
  const day = (daysAgo: number): string => new Date(now - daysAgo * dayMs).toISOString().slice(0, 10);
  assert.match(cell('web').evidence, new RegExp(`measured 6.1s on ${day(5)}; rehearsed 900ms on ${day(2)}`));
  assert.equal(cell('web').stale, undefined);
  assert.match(cell('old').evidence, new RegExp(`measured 700ms on ${day(50)} \\(stale: older than 30 days\\)`));
  assert.equal(cell('old').stale, true);
  // The worst boot that was measured is reckoned with: an instance that goes costs what was seen, a lost host d + s + b + i.
  const outage = found.outages.find(
    (each: { kind: string; parts: string[] }) => each.kind === 'failover' && each.parts[0] === 'web@a',
  );
  assert.equal(outage.durationMs, 6100);

  const stated = JSON.parse((await cli(t, ['assess', path, '--json', '--stated', '--state', state])).stdout);
  assert.deepEqual(stated.figures, [], 'nothing measured counts with --stated');
});
