// A real Chromium for tests of the pages, and what every page must keep: no error in its console, nothing wider than the window, axe without a word.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, renameSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import axe from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { connectAgent } from '../../src/client.ts';
import { eventually, type Stand } from '../system/stand.ts';

const root = join(import.meta.dirname, '..', '..');

function chromiumPath(): string | null {
  const found = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'chromium'));
  return found.find((path) => existsSync(path)) ?? null;
}

/** False, or why tests with a browser can't run here. */
export function browserMissing(): string | false {
  return chromiumPath() === null ? 'chromium is not installed' : false;
}

/** Ended after the test. */
export async function openBrowser(t: TestContext): Promise<Browser> {
  const executablePath = chromiumPath() ?? assert.fail('no chromium');
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  const browser = await chromium.launch({ executablePath, args });
  t.after(() => browser.close());
  return browser;
}

/** The folder of the pages that the agents' consoles serve: built anew when the sources are newer. */
export function freshPages(): string {
  const pages = join(root, 'dist', 'console');
  const index = join(pages, 'index.html');
  const madeMs = existsSync(index) ? statSync(index).mtimeMs : 0;
  const sources = globSync('src/console/**/*.{ts,tsx,css,html}', { cwd: root });
  if (sources.every((file) => statSync(join(root, file)).mtimeMs < madeMs)) return pages;
  // Beside it, and put in its place whole: other test files serve from there at the same moment.
  const fresh = `${pages}-${process.pid}`;
  const built = spawnSync(process.execPath, [join(root, 'scripts/build-console.ts'), '--to', fresh], {
    encoding: 'utf8',
  });
  assert.equal(built.status, 0, built.stderr);
  if (existsSync(pages)) renameSync(pages, `${fresh}-old`);
  renameSync(fresh, pages);
  rmSync(`${fresh}-old`, { recursive: true, force: true });
  return pages;
}

/** Where the console of a host listens, once it does: it may still be starting when all instances are as planned. */
export function consoleOf(stand: Stand, host: string): Promise<string> {
  return eventually(`the console of ${host}`, async () => {
    const view = await connectAgent(stand.at(host, 'agent.sock'))
      .console()
      .catch(() => null);
    return view?.state === 'listening' ? view.url : null;
  });
}

/** Errors and refused scripts, as the page's console has them. */
export function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    // A refusal is an answer, and a server that went away is what some tests are about.
    const expected = /Failed to load resource|net::ERR_/.test(message.text());
    if (message.type() === 'error' && !expected) faults.push(message.text());
  });
  return faults;
}

/** All default rules of axe on the whole page, and nothing stands out to the side. */
export async function demandAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<string[]>(
    'axe.run().then(({ violations }) => violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`))',
  );
  assert.deepEqual(found, [], what);
  const over = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.ok(over <= 0, `${what}: ${over} px stand out to the side`);
}
