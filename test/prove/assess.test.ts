// The verb: what scripts read, what people see, exit statuses, and advice that does what it says when its patch is applied.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { widthOf } from '../../src/cli/text.ts';
import { cli, folder } from '../cli/stage.ts';
import { objective } from './draw.ts';

const pricing = `# The desk's own.
system: pricing
${objective}
domains:
  switch-1: { kind: switch, mtbf: 10000d, mttr: 4m }   # the old one
hosts:
  a: { address: 127.0.0.1, in: [switch-1], mtbf: 900d, mttr: 4m }
  b: { address: 127.0.0.1, in: [switch-1], mtbf: 900d, mttr: 4m }
services:
  rates: { external: true, unavailability: 1e-6 }
  pricer:
    run: node pricer.mjs
    policy: hot-active/warm-active
    activate: { signal: SIGUSR1 }
    on: [a, b]
    needs: [rates]
`;

function described(t: TestContext, text: string): string {
  const path = folder(t);
  writeFileSync(join(path, 'standfast.yaml'), text);
  return path;
}

test('--json has the contract’s keys, exact and counted', async (t) => {
  const { code, stdout, stderr } = await cli(t, ['assess', described(t, pricing), '--json', '--stated']);
  assert.equal(stderr, '');
  const found = JSON.parse(stdout);
  assert.equal(code, 0);
  assert.equal(found.exact, true);
  assert.equal(found.survives, 0);
  assert.equal(found.cutSetCount, '3');
  assert.deepEqual(found.cutSets.toSorted(), [['host:a', 'host:b'], ['rates'], ['switch-1']]);
  const share = (mtbf: number): number => 4 / (mtbf * 1440 + 4);
  const lost = share(10000) + (1 - share(10000)) * share(900) ** 2;
  const expected = 1e-6 + (1 - 1e-6) * lost;
  assert.ok(Math.abs(found.unavailability - expected) <= 1e-12 * expected);
  assert.deepEqual(
    found.services.map((each: { name: string; survives: number }) => [each.name, each.survives]),
    [
      ['rates', 0],
      ['pricer', 0],
    ],
  );
  assert.ok(
    found.grid.some(
      (cell: { component: string; domain: string; strategy: string }) =>
        cell.component === 'pricer' && cell.domain === 'switch' && cell.strategy === 'fixFast',
    ),
  );
});

test('--cut-sets lists fewer and counts all', async (t) => {
  const { stdout } = await cli(t, ['assess', described(t, pricing), '--json', '--stated', '--cut-sets', '1']);
  const found = JSON.parse(stdout);
  assert.equal(found.cutSets.length, 1);
  assert.equal(found.cutSetCount, '3');
  const wrong = await cli(t, ['assess', described(t, pricing), '--cut-sets', 'some']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^SF-002 .*--cut-sets some/);
});

test('advice: its patch applies, and the patched file comes to the figure that was told', async (t) => {
  const path = described(t, pricing);
  const { stdout } = await cli(t, ['assess', 'standfast.yaml', '--json', '--stated'], { cwd: path });
  const { advice } = JSON.parse(stdout);
  assert.ok(advice.length >= 2, 'nothing was advised');
  const second = await cli(t, ['assess', 'standfast.yaml', '--stated', '--patch', '2'], { cwd: path });
  assert.equal(second.stdout.trimEnd(), advice[1].patch.trimEnd());
  assert.match((await cli(t, ['assess', path, '--stated', '--patch', '99'])).stderr, /^SF-002 .*--patch 99/);
  for (const [index, { what, patch, unavailability }] of advice.entries()) {
    const other = join(path, `tried-${index}`);
    mkdirSync(other);
    writeFileSync(join(other, 'standfast.yaml'), pricing);
    execFileSync('git', ['apply', '-'], { cwd: other, input: patch });
    assert.match(readFileSync(join(other, 'standfast.yaml'), 'utf8'), /# the old one/);
    const after = JSON.parse((await cli(t, ['assess', other, '--json', '--stated'])).stdout);
    assert.ok(Math.abs(after.unavailability - unavailability) <= 1e-12 * unavailability, what);
  }
});

test('a missed objective ends with 1', async (t) => {
  const { code, stdout } = await cli(t, [
    'assess',
    described(t, pricing.replace('unavailability: 1e-6', 'unavailability: 0.3')),
    '--stated',
  ]);
  assert.equal(code, 1);
  assert.match(stdout, /The objective is missed/);
});

test('a description with errors ends with 2 and shows them all', async (t) => {
  const { code, stdout } = await cli(t, [
    'assess',
    described(t, pricing.replace('mtbf: 900d', 'mtbf: -1d').replace('1e-6', '.nan')),
    '--json',
  ]);
  assert.equal(code, 2);
  assert.equal(JSON.parse(stdout).errors.length, 2);
});

test('a repair longer than what lies between failures is warned of', async (t) => {
  const { stdout } = await cli(t, [
    'assess',
    described(t, pricing.replace('mtbf: 10000d, mttr: 4m', 'mtbf: 4m, mttr: 100d')),
  ]);
  assert.match(stdout.replaceAll(/\s+/g, ' '), /switch-1: its repair \(100d\) takes longer than it works in between/);
});

test('the terminal’s lines fit 80 columns, but for patches', async (t) => {
  const { stdout } = await cli(t, ['assess', 'examples/pricing'], { env: { COLUMNS: '80' } });
  for (const line of stdout.split('\n')) if (!/^[-+ @]/.test(line)) assert.ok(widthOf(line) <= 80, line);
  for (const title of [
    'The objective',
    'What breaks it',
    'What matters most',
    'Services',
    'What each fault is met with',
    'What would help',
    'Whose figures these are',
  ])
    assert.match(stdout, new RegExp(`^${title}`, 'm'));
});

test('the page holds everything, and asks nobody for anything', async (t) => {
  const path = described(t, pricing.replace('system: pricing', 'system: pricing\nabout: <script>alert(1)</script>'));
  const file = join(path, 'proof.html');
  await cli(t, ['assess', path, '--html', file]);
  const page = readFileSync(file, 'utf8');
  assert.match(page, /<svg /);
  assert.match(page, /class="single"[^>]*\/><text[^>]*>⚠ switch-1/);
  assert.match(page, /prefers-color-scheme:dark/);
  assert.match(page, /@media print/);
  assert.doesNotMatch(page, /<script|<link|<img|src=|https?:\/\/|url\(/);
  const wrong = await cli(t, ['assess', path, '--html', join(path, 'no', 'such', 'proof.html')]);
  assert.equal(wrong.code, 2);
});
