// The pages in a real Chromium, over real agents with real faults: seen, acted on, and lost.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../free-port.ts';
import {
  activeOn,
  asPlanned,
  eventually,
  killHost,
  makeStand,
  pidOf,
  services,
  signal,
  type Stand,
} from '../system/stand.ts';
import { browserMissing, consoleOf, demandAccessible, faultsOf, freshPages, openBrowser } from './browser.ts';

const program = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const skip = browserMissing();
const most = { timeout: 60_000 };

/** HTML, control characters, a line of a megabyte, a right-to-left override. */
const hostile = `console.log('<img src=x onerror="document.title=1">'); console.log('\\u001b[31mred\\u0007 \\u202etxt.exe'); console.log('x'.repeat(1e6)); setInterval(() => {}, 1e6)`;

async function described(): Promise<string> {
  // The console of the second host listens on the port after the first's.
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()];
  const [consolePort, , a, b] = ports;
  return `system: paged
about: Shows pages to tests.
objective: { unavailable: 10m, per: 60m, recoverWithin: 20s }
console: { listen: "127.0.0.1:${consolePort}" }
domains: { rack-1: { kind: rack }, rack-2: { kind: rack } }
hosts: { a: { address: 127.0.0.1, in: [rack-1] }, b: { address: 127.0.0.1, in: [rack-2] } }
services:
  web:
    run: ${process.execPath} ${services}/serve.mjs
    policy: hot-active/warm-active
    on: { a: { env: { PORT: "${a}", ROLE_BY: file } }, b: { env: { PORT: "${b}", ROLE_BY: file } } }
    deactivate: { http: "http://127.0.0.1:\${PORT}/standby" }
    detect: { checks: [{ command: "test ! -e flag", every: 500ms, severity: 3 }] }
    impact: Readers see nothing.
  noisy:
    run: [${process.execPath}, -e, ${JSON.stringify(hostile)}]
    on: [b]
    needs: [web]
`;
}

async function started(t: Parameters<typeof makeStand>[0]): Promise<{ stand: Stand; base: string }> {
  freshPages();
  const stand = makeStand(t, await described());
  await stand.up();
  await stand.until('all is fine', (view) => view.severity === 0);
  return { stand, base: await consoleOf(stand, 'a') };
}

const sees = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor(most);

test('one look, acting, and being honest when parts are lost', { skip }, async (t) => {
  const { stand, base } = await started(t);
  const added = spawnSync(process.execPath, [program, 'user', 'add', 'maria', '--role', 'operate'], {
    env: { ...process.env, STANDFAST_STATE: stand.state },
    input: 'correct horse battery\n',
    encoding: 'utf8',
  });
  assert.equal(added.status, 0, added.stderr);
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const faults = faultsOf(page);

  await page.goto(base);
  await sees(page, /It stands/);
  await page.locator('[role=rowheader]').nth(1).waitFor(most);
  assert.equal(await page.locator('[role=rowheader]').count(), 2);
  await sees(page, 'rack-1');

  await page.goto(`${base}/service/web`);
  // Nobody acts without a name; then the name stands in the journal.
  await page.getByRole('button', { name: 'Fail over' }).click(most);
  await page.getByRole('dialog').getByRole('link', { name: 'Sign in' }).click(most);
  await page.getByLabel('Name').fill('maria');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.locator('main').getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/service/web', most);
  const before = activeOn(await stand.until('it is whole again', asPlanned), 'web');
  const to = before === 'a' ? 'b' : 'a';
  await page.getByRole('button', { name: 'Fail over' }).click(most);
  await page.getByRole('dialog').getByLabel('To').selectOption(to);
  await page
    .getByRole('dialog')
    .getByText(/becomes active|Refused/)
    .waitFor(most);
  assert.match(await page.getByRole('dialog').innerText(), new RegExp(`${to} becomes active`));
  await page.getByLabel('Why (others read it)').fill('to see it');
  await page.getByRole('button', { name: /^Yes, fail web over/ }).click(most);
  await sees(page, /Done: active|did not move|Refused/);
  assert.match(await page.getByRole('dialog').innerText(), new RegExp(`Done: active on ${to}`));
  await demandAccessible(page, 'dialog');
  await page.keyboard.press('Escape');
  await eventually('the journal names her', async () =>
    (await stand.journal()).some((line) => JSON.stringify(line).includes('maria')),
  );

  // What Standfast does by itself is seen as well.
  await page.goto(base);
  await sees(page, /It stands/);
  const view = await stand.until('it is whole', (now) => asPlanned(now) && activeOn(now, 'web') === to);
  const from = to;
  signal(pidOf(view, 'web', from), 'SIGKILL');
  await sees(page, /failover/);

  await page.goto(`${base}/service/web`);
  await page.locator('canvas').waitFor(most);
  await sees(page, /killed/);

  // Trouble: an incident with its story, taken by a person, with its runbook.
  stand.write('', 'flag');
  await page.goto(base);
  await page.getByRole('button', { name: 'Take it' }).first().click(most);
  // The title of a mark on the time axis is text too, and is not seen.
  await page.getByText('maria').filter({ visible: true }).nth(1).waitFor(most);
  await page.getByRole('link', { name: 'Open', exact: true }).first().click();
  await page.getByRole('button', { name: 'Copy as Markdown' }).waitFor(most);
  await sees(page, /opened/);
  await page.goto(`${base}/runbook/web`);
  await page.getByRole('button', { name: 'Run it', exact: true }).click(most);
  await page.getByRole('button', { name: 'Yes, run it' }).click(most);
  await page.waitForURL('**/runbook/run/**', most);
  await page
    .getByText(/^(Done\.|It waits for a person\.|Failed:)/)
    .first()
    .waitFor(most);
  const degraded = await stand.until('the incident is open', (now) => now.incidents.length > 0);
  await t.test('every page: keys, axe in light, dark and on a phone', () =>
    everyPage(browser, base, degraded.incidents[0]?.id ?? ''),
  );
  rmSync(`${stand.folder}/flag`);

  // What a service wrote is text.
  await page.goto(`${base}/service/noisy`);
  await sees(page, '<img src=x onerror');
  assert.equal(await page.locator('img').count(), 0);
  await sees(page, /\u27e8U\+202E\u27e9txt\.exe/);
  await demandAccessible(page, 'hostile output');
  assert.deepEqual(faults, []);

  // A host is lost: the other's console does not show it as healthy. Its own console is gone: said, with the age.
  const other = await consoleOf(stand, 'b');
  const second = await browser.newPage();
  await second.goto(`${other}/hosts`);
  await page.goto(base);
  await sees(page, /services on 2 hosts/);
  killHost(stand, 'a');
  await sees(page, /Connection lost/);
  await second
    .getByText(/^(silent|down)$/)
    .first()
    .waitFor(most);
});

/** While an incident is open, and after a failover. */
async function everyPage(browser: Browser, base: string, incident: string): Promise<void> {
  const paths = [
    '/',
    '/service/web',
    '/service/noisy',
    '/host/a',
    '/hosts',
    '/incidents',
    `/incident/${incident}`,
    '/runbooks',
    '/runbook/web',
    '/assessment',
    '/journal',
    '/signin',
    '/help',
    '/nothing',
  ];
  for (const [scheme, width, height] of [
    ['light', 1440, 900],
    ['dark', 390, 844],
  ] as const) {
    const context = await browser.newContext({
      colorScheme: scheme,
      viewport: { width, height },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const faults = faultsOf(page);
    for (const path of paths) {
      await page.goto(base + path);
      await page.locator('h1').first().waitFor(most);
      await demandAccessible(page, `${path} ${scheme} ${width}`);
    }
    assert.deepEqual(faults, []);
    await context.close();
  }
  const page = await browser.newPage();
  await page.goto(base);
  await page.locator('[role=rowheader] a').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(`document.activeElement?.getAttribute('data-at') === '0-1'`, null, most);
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(`document.activeElement?.hasAttribute('data-filter')`), true);
  await page.keyboard.type('nois');
  await sees(page, /1 of 2 services/);
  await page.keyboard.press('Escape');
  for (const [keys, path] of [
    ['gj', '/journal'],
    ['gi', '/incidents'],
    ['gh', '/hosts'],
    ['?', '/help'],
    ['gs', '/'],
  ] as const) {
    for (const key of keys) await page.keyboard.press(key);
    await page.waitForURL(base + path, most);
  }
  await page.close();
}
