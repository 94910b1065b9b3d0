// A service on storage that two hosts share: taken over from a lost host only once that host is confirmed off, by its fence agent or by a person.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { freePort } from '../free-port.ts';
import { activeOn, instanceOf, killHost, makeStand, serviceOf, services } from './stand.ts';

const double = join(import.meta.dirname, '..', 'act', 'fence_double.sh');

test('a lost host is fenced before its service is taken over; when that fails, a person says that it is off', async (t) => {
  const ports = [await freePort(), await freePort()] as const;
  const fence = `fence: { agent: ${double}, options: { folder: FOLDER } }`;
  const text = `system: shared
objective: { unavailable: 10m, per: 60m, recoverWithin: 2s }
hosts: { a: { address: 127.0.0.1, ${fence} }, b: { address: 127.0.0.1, ${fence} } }
services:
  disk: { run: ${process.execPath} ${services}/serve.mjs, policy: hot-active/warm-active, fenceBeforeTakeover: true, on: { a: { env: { PORT: "${ports[0]}" } }, b: { env: { PORT: "${ports[1]}" } } }, ready: { tcp: "127.0.0.1:\${PORT}" } }
`;
  const stand = makeStand(t, text);
  stand.write(text.replaceAll('FOLDER', stand.folder));
  const asked = (): string[] => readFileSync(join(stand.folder, 'asked'), 'utf8').trim().split('\n');
  await stand.up();

  // the power switch works: b fences a, and takes over
  killHost(stand, 'a');
  await stand.until('b has taken over', (view) => activeOn(view, 'disk') === 'b', 'b');
  assert.deepEqual(asked(), ['status a', 'off a', 'status a']);
  const [failover] = (await stand.failovers()).filter((each) => each.to === 'b' && !each.planned);
  assert.equal(failover?.cause, 'host a silent');

  // a is switched on again, and is accepted; then b is lost and its switch does not answer
  await stand.up();
  await stand.until('a is a standby', (view) => instanceOf(view, 'disk', 'a').phase === 'standby', 'a');
  writeFileSync(join(stand.folder, 'mode'), 'deaf');
  killHost(stand, 'b');
  const down = await stand.until(
    'people are told',
    (view) => view.incidents.some((each) => each.cause.includes('could not be fenced')),
    'a',
  );
  const incident = down.incidents.find((each) => each.cause.includes('could not be fenced'));
  assert.equal(incident?.severity, 1);
  assert.match(
    incident?.cause ?? '',
    /host b: lost, and could not be fenced: .*Connection timed out.*nobody takes over/,
  );
  assert.match(incident?.next ?? '', /standfast fence b --confirm --why/);
  assert.deepEqual(serviceOf(down, 'disk').active, []);

  const hasty = await stand.cli('fence', 'b', '--confirm');
  assert.deepEqual([hasty.code, hasty.stderr.includes('--confirm needs --why')], [2, true]);
  assert.match((await stand.cli('fence', 'a', '--confirm', '--why', 'wrong one')).stderr, /SF-425 .*a is not lost/);
  const said = await stand.cli('fence', 'b', '--confirm', '--why', 'cable pulled');
  assert.equal(said.code, 0, said.stderr);
  await stand.until('a has taken over', (view) => activeOn(view, 'disk') === 'a', 'a');
  const lines = await stand.journal();
  const byHand = lines.find((line) => line.kind === 'fenced' && line.because['how'] === 'hand');
  assert.deepEqual([byHand?.rule, byHand?.because['why']], [630, 'cable pulled']);
  assert.equal((await stand.cli('fence', 'b')).code, 1, 'nothing is left to be tried again');
});
