// What people do with their hands, in a real Chromium over real agents: buttons in two steps, the keyboard alone, colours, the clipboard, a run that is
// followed as it goes, and signing in with a provider. Each act is looked for where it counts: in the system, not on the page alone.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { freePort } from '../free-port.ts';
import { openProvider, trusting } from '../serve/web/a-provider.ts';
import { loopback, picture, serve } from '../serve/web/console.ts';
import { eventually, instanceOf, makeStand, pidOf, signal, type Stand } from '../system/stand.ts';
import { browserMissing, consoleOf, demandAccessible, faultsOf, freshPages, openBrowser } from './browser.ts';

const program = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const skip = browserMissing();
const most = { timeout: 60_000 };

const runbook = `# When work is stuck

- Look first.
- Then \`go\`.

## Wait for the word

\`\`\`sh check within=60s
echo the first line
while [ ! -e go ]; do sleep 0.05; done
echo the second line
\`\`\`
`;

async function started(t: Parameters<typeof makeStand>[0]): Promise<{ stand: Stand; base: string }> {
  freshPages();
  const port = await freePort();
  const stand = makeStand(
    t,
    `system: handled
objective: { unavailable: 10m, per: 60m, recoverWithin: 20s }
console: { listen: "127.0.0.1:${port}" }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  work:
    run: sleep 1000
    on: [a]
    impact: Nothing is worked.
    runbook: runbooks/work.md
`,
  );
  mkdirSync(join(stand.folder, 'runbooks'));
  writeFileSync(join(stand.folder, 'runbooks', 'work.md'), runbook);
  await stand.up();
  await stand.until('all is fine', (view) => view.severity === 0);
  const added = spawnSync(process.execPath, [program, 'user', 'add', 'maria', '--role', 'operate'], {
    env: { ...process.env, STANDFAST_STATE: stand.state },
    input: 'correct horse battery\n',
    encoding: 'utf8',
  });
  assert.equal(added.status, 0, added.stderr);
  return { stand, base: await consoleOf(stand, 'a') };
}

const sees = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor(most);

/** Both steps, and what became of it. */
async function act(page: Page, button: string, says: RegExp, ends: RegExp): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click(most);
  const dialog = page.getByRole('dialog');
  await dialog.getByText(says).first().waitFor(most);
  await dialog.getByRole('button', { name: /^Yes, / }).click(most);
  await dialog.getByText(ends).first().waitFor(most);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached', ...most });
}

test('buttons act, by mouse and by keyboard, and a run is followed as it goes', { skip }, async (t) => {
  const { stand, base } = await started(t);
  const browser = await openBrowser(t);
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  const faults = faultsOf(page);

  // Signing in by the keyboard alone, back to where one was.
  await page.goto(`${base}/signin?back=/service/work`);
  await page.getByLabel('Name').focus();
  await page.keyboard.type('maria');
  await page.keyboard.press('Tab');
  await page.keyboard.type('correct horse battery');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/service/work', most);

  await act(page, 'Stop', /is stopped in order and stays down/, /Done: stopped/);
  await stand.until('it is stopped', (view) => instanceOf(view, 'work', 'a').phase === 'down');
  await act(page, 'Start', /is started/, /^Done$/);
  await stand.until('it runs again', (view) => instanceOf(view, 'work', 'a').phase === 'active');

  // Paused: what ends stays down until somebody says otherwise.
  await act(page, 'Pause', /watches work and does nothing/, /In force/);
  await sees(page, /paused: Standfast acts on nothing/);
  const paused = await stand.until('it is paused', (view) => view.services[0]?.paused === true);
  signal(pidOf(paused, 'work', 'a'), 'SIGKILL');
  await stand.until('it is down', (view) => instanceOf(view, 'work', 'a').pid === null && view.severity === 1);
  await sees(page, 'down');
  // By the keyboard: to the button, into the dialog, and with Esc back to the button.
  const resume = page.getByRole('button', { name: 'Resume', exact: true });
  await resume.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('Standfast acts on work again.').waitFor(most);
  await page.keyboard.press('Escape');
  await page.waitForFunction(`document.activeElement?.textContent === 'Resume'`, null, most);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('Standfast acts on work again.').waitFor(most);
  await page.getByRole('button', { name: /^Yes, resume work/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('Done', { exact: true }).waitFor(most);
  await page.keyboard.press('Escape');
  await stand.until('it is back', (view) => instanceOf(view, 'work', 'a').phase === 'active' && view.severity === 0);

  // A host: what it has, maintenance and back, a ban and back.
  await page.goto(`${base}/host/b`);
  await sees(page, /\d+ processors?/);
  await sees(page, /[KMGT]iB available/);
  await act(page, 'Maintenance', /gives up what is active there/, /In force/);
  await stand.until('b is in maintenance', (view) => view.hosts.some((each) => each.state === 'maintenance'));
  await sees(page, 'It is cleared for maintenance and takes nothing.');
  await act(page, 'End maintenance', /./, /Ended/);
  await stand.until('b is up', (view) => view.hosts.every((each) => each.state === 'up'));
  await act(page, 'Ban', /takes no service over no more|takes .* over no more/, /In force/);
  await stand.until('b is banned', (view) => view.hosts.some((each) => each.state === 'banned'));
  await act(page, 'End the ban', /./, /Ended/);
  await stand.until('the ban is over', (view) => view.hosts.every((each) => each.state === 'up'));
  await eventually('all of it in the journal', async () => {
    const journal = JSON.stringify(await stand.journal());
    return ['stop', 'start', 'pause', 'maintenance', 'ban'].every((verb) => journal.includes(`"verb":"${verb}"`));
  });

  // An incident that is over, from the record, onto the clipboard.
  await page.goto(`${base}/incidents`);
  await page.locator('#past ~ ul a').first().click(most);
  await page.getByRole('button', { name: 'Copy as Markdown' }).click(most);
  await sees(page, 'copied');
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.match(copied, /^# handled: work/);
  assert.match(copied, /- Impact: Nothing is worked\.\n[^]*- Over: [^]*## Story\n\n- \d{4}-/);
  await demandAccessible(page, 'an incident that is over');

  // A run: what a step writes is seen while it runs.
  await page.goto(`${base}/runbook/work`);
  assert.equal(await page.locator('main li code').first().innerText(), 'go', 'prose as Markdown has it');
  await page.getByRole('button', { name: 'Run it', exact: true }).click(most);
  await page.getByRole('button', { name: 'Yes, run it' }).click(most);
  await page.getByLabel('What step 1 writes').getByText('the first line').waitFor(most);
  await sees(page, /Under way on/);
  stand.write('', 'go');
  await page.getByLabel('What step 1 wrote').getByText('the second line').waitFor(most);
  await sees(page, 'Done.');
  await demandAccessible(page, 'a run');

  // Colours: as chosen, also after coming back.
  await page.getByLabel('Colours').selectOption('dark');
  const ground = (): Promise<string> => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  assert.equal(await ground(), 'rgb(13, 17, 23)');
  await page.goto(base);
  await sees(page, /It stands|handled/);
  assert.equal(await ground(), 'rgb(13, 17, 23)');
  await page.getByLabel('Colours').selectOption('light');
  assert.equal(await ground(), 'rgb(244, 245, 247)');
  assert.deepEqual(faults, []);
});

test('signing in with a provider, and what one may then', { skip }, async (t) => {
  const provider = await openProvider(t);
  const oidc = trusting(t, provider);
  const { port } = picture();
  const served = await serve(t, port, { pages: freshPages(), choice: { ...loopback, oidc } });
  const page = await (await openBrowser(t)).newPage();
  const faults = faultsOf(page);
  provider.groups = ['oncall'];
  await page.goto(`http://127.0.0.1:${served.port}/signin?back=%2Fjournal`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor(most);
  await demandAccessible(page, 'signing in with a provider');
  await page.getByRole('link', { name: /^Sign in with / }).click(most);
  await page.getByRole('button', { name: /maria@example\.org/ }).waitFor(most);
  assert.equal(new URL(page.url()).host, `127.0.0.1:${served.port}`, 'back at the console');
  assert.equal(new URL(page.url()).pathname, '/journal', 'at the page from where one went');
  await page.getByRole('button', { name: /maria@example\.org/ }).click(most);
  await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor(most);
  assert.deepEqual(faults, []);
});
