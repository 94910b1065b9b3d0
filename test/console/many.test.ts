// Pages over pictures that no small stand gives: 2,000 instances, and names that mean harm. What is measured is told, not asserted.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { incident, instance, service, status } from '../cli/views.ts';
import { picture, serve } from '../serve/web/console.ts';
import { browserMissing, demandAccessible, faultsOf, freshPages, openBrowser } from './browser.ts';

const skip = browserMissing();
const most = { timeout: 60_000 };
const hosts = ['a', 'b', 'c', 'd'];

function large(failed: number) {
  const template = status();
  const host = template.hosts[0] ?? assert.fail('no host');
  return status({
    hosts: hosts.map((name) => ({ ...host, name })),
    services: Array.from({ length: 500 }, (_, index) =>
      service(
        `service-${String(index).padStart(3, '0')}`,
        hosts.map((name, at) =>
          index === failed && at === 0
            ? instance(name, 'failed', { planned: 'active', severity: 1, reason: 'ended' })
            : instance(name, at === 0 ? 'active' : 'standby'),
        ),
        index === failed ? { severity: 1 } : {},
      ),
    ),
    incidents: [],
  });
}

test('2,000 instances: the first view, its size, a change, the filter', { skip }, async (t) => {
  const pages = freshPages();
  const shown = picture();
  shown.show(large(-1));
  const served = await serve(t, shown.port, { pages });
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const faults = faultsOf(page);
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname));

  await page.goto(`http://127.0.0.1:${served.port}/`);
  await page.getByRole('link', { name: 'service-000', exact: true }).waitFor(most);
  const paintedMs = await page.evaluate<number>('performance.now()');
  const bytes = loaded
    .filter((path) => path.startsWith('/assets/'))
    .map((path) => `${join(pages, path)}.br`)
    .reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
  assert.ok(bytes > 0 && bytes <= 250_000, `the first view takes ${bytes} bytes`);
  assert.ok(readdirSync(join(pages, 'assets')).length > 20, 'the rest comes when it is opened');
  const drawn = await page.locator('[role=rowheader]').count();
  assert.ok(drawn > 5 && drawn < 60, `${drawn} of 500 rows are drawn`);
  assert.equal(await page.locator('[role=grid]').getAttribute('aria-rowcount'), '501');

  // A change: the broken one is first.
  const changedAtMs = performance.now();
  shown.show(large(321));
  await page.getByRole('link', { name: 'service-321', exact: true }).waitFor(most);
  const changeMs = Math.round(performance.now() - changedAtMs);
  assert.match(await page.locator('[role=rowheader]').first().innerText(), /service-321/);
  await page.keyboard.press('/');
  await page.keyboard.type('service-44');
  await page.getByText('10 of 500 services').waitFor(most);
  assert.deepEqual(faults, []);
  t.diagnostic(`painted after ${Math.round(paintedMs)} ms, a change after ${changeMs} ms, ${bytes} bytes (brotli)`);
});

test('names that mean harm are text, and the layout stays whole', { skip }, async (t) => {
  const pages = freshPages();
  const shown = picture();
  const nasty = [
    `<script>alert(1)</script>`,
    `"><img src=x onerror=alert(1)>`,
    `\u202eevil\u0000\u001b[2J`,
    'w'.repeat(100_000),
    'مرحبا',
  ];
  shown.show(
    status({
      system: '<b>pricing</b>',
      sentence: `It <i>stands</i>\u202e ${'y'.repeat(50_000)}`,
      severity: 1,
      services: nasty.map((name) =>
        service(name, [instance('a', 'failed', { planned: 'active', severity: 1, reason: name })], { severity: 1 }),
      ),
      incidents: nasty.map((cause, index) =>
        incident(`i-${index}`, {
          severity: 1,
          cause,
          impact: cause,
          done: [cause],
          next: cause,
          also: [cause],
          ackBy: cause,
        }),
      ),
    }),
  );
  const served = await serve(t, shown.port, { pages });
  const browser = await openBrowser(t);
  for (const width of [1440, 390]) {
    const page = await browser.newPage({ viewport: { width, height: 844 } });
    const faults = faultsOf(page);
    page.on('dialog', () => faults.push('a script of a name ran'));
    for (const path of ['/', '/incidents']) {
      await page.goto(`http://127.0.0.1:${served.port}${path}`);
      await page.getByText('<script>alert(1)</script>').first().waitFor(most);
      assert.equal(await page.locator('main img, main script, main i, h1 b').count(), 0);
      await demandAccessible(page, `${path} at ${width}`);
    }
    assert.deepEqual(faults, []);
    await page.close();
  }
});

test('a silent agent and a lost server are said, with the age', { skip }, async (t) => {
  const pages = freshPages();
  const shown = picture();
  const served = await serve(t, shown.port, { pages });
  const page = await (await openBrowser(t)).newPage();
  await page.goto(`http://127.0.0.1:${served.port}/`);
  await page.getByText('live', { exact: true }).waitFor(most);
  shown.show(status(), { agent: 'silent', asOfMs: Date.now() - 65_000, why: 'it does not answer' });
  await page.getByText(/The agent of a is silent: it does not answer/).waitFor(most);
  await page
    .getByText(/1 min \d+ s old/)
    .first()
    .waitFor(most);
});

test('forty hosts are counted, and those that are not up are named', { skip }, async (t) => {
  const pages = freshPages();
  const names = Array.from({ length: 40 }, (_, index) => `host-${String(index).padStart(2, '0')}`);
  const shown = picture({
    topology: () =>
      Promise.resolve({
        system: 'big',
        serves: [],
        domains: [
          { name: 'zone-1', kind: 'zone', in: [] },
          { name: 'zone-2', kind: 'zone', in: [] },
        ],
        hosts: names.map((name, index) => ({ name, address: '10.0.0.1', in: [index < 20 ? 'zone-1' : 'zone-2'] })),
        services: [],
      }),
  });
  const template = status().hosts[0] ?? assert.fail('no host');
  const states = new Map([
    ['host-07', 'down' as const],
    ['host-09', 'silent' as const],
  ]);
  shown.show(
    status({
      hosts: names.map((name) => ({ ...template, name, state: states.get(name) ?? 'up' })),
      services: [
        service(
          'spread',
          names.map((name) =>
            name === 'host-07'
              ? instance(name, 'unknown', { planned: 'active', severity: 1, reason: 'host-07 is down' })
              : instance(name, name === 'host-00' ? 'active' : 'standby'),
          ),
          { severity: 1 },
        ),
      ],
      incidents: [],
    }),
  );
  const served = await serve(t, shown.port, { pages });
  const browser = await openBrowser(t);
  for (const [width, colorScheme] of [
    [1440, 'light'],
    [390, 'dark'],
  ] as const) {
    const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme });
    const faults = faultsOf(page);
    await page.goto(`http://127.0.0.1:${served.port}/`);
    await page.getByText('38 of 40 hosts are up').waitFor(most);
    assert.deepEqual(await page.locator('ul[aria-label="Hosts that are not up"] a').allInnerTexts(), [
      'host-07',
      'host-09',
    ]);
    // The one that is not as it should be comes first, and every one is counted.
    const cell = await page.locator('[role=gridcell]').first().innerText();
    assert.match(cell, /^host-07\s+unknown/);
    const named = cell.match(/host-\d\d/g)?.length ?? 0;
    const counted = [...cell.matchAll(/(\d+) (?:active|standby)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
    assert.equal(named + counted, 40, cell);
    await page.getByText('All hosts, by what they share').click(most);
    await page.getByText('zone-2').first().waitFor(most);
    await demandAccessible(page, `forty hosts at ${width}`);
    assert.deepEqual(faults, []);
    await page.close();
  }
});
