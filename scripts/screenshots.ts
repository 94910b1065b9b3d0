// Screenshots of the console's main views at three sizes, into docs/screens: of a real system (examples/pricing) after a failover that it made by
// itself, and with something that stays broken. `npm run screenshots`; needs chromium.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { demandKnown, readWords } from './words.ts';

const usage = 'usage: npm run screenshots: photographs the console into docs/screens; needs chromium';
demandKnown(readWords(usage, {}).positionals, [], usage);

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'sf-screens-'));
const example = join(folder, 'examples', 'pricing');
const screens = join(root, 'docs', 'screens');
const sizes = [
  ['wall', 1920, 1080, 'dark'],
  ['desk', 1280, 800, 'light'],
  ['phone', 390, 844, 'dark'],
] as const;

mkdirSync(join(folder, 'examples'));
mkdirSync(screens, { recursive: true });
cpSync(join(root, 'examples', 'pricing'), example, { recursive: true });
// The example's programs import what a service imports.
symlinkSync(join(root, 'src'), join(folder, 'src'));
symlinkSync(join(root, 'package.json'), join(folder, 'package.json'));

try {
  standfast('up', example, '--detach');
  const address = await consoleAddress();
  await shoot(address, 'calm', ['/', '/assessment', '/host/a']);
  process.kill(pidOf('pricer'), 'SIGKILL');
  await until(address, (severity) => severity === 0);
  renameSync(join(example, 'gateway.mjs'), join(example, 'gateway.away'));
  process.kill(pidOf('gateway'), 'SIGKILL');
  await until(address, (severity) => severity === 1);
  await shoot(address, 'down', ['/', '/service/pricer', `/incident/${await openIncident(address)}`]);
} finally {
  standfast('down');
  rmSync(folder, { recursive: true, force: true });
}

function standfast(...words: string[]): string {
  const env = {
    ...process.env,
    STANDFAST_STATE: join(folder, 'state'),
    // The services are started with the PATH of who ran `up`.
    PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
  };
  return spawnSync(process.execPath, [join(root, 'src/main.ts'), ...words], { env, encoding: 'utf8' }).stdout;
}

function pidOf(service: string): number {
  const view = JSON.parse(standfast('status', '--json')) as {
    services: { name: string; active: string[]; instances: { host: string; pid: number | null }[] }[];
  };
  const found = view.services.find((each) => each.name === service);
  const pid = found?.instances.find((each) => each.host === found.active[0])?.pid;
  if (pid === undefined || pid === null) throw new Error(`${service} is active nowhere`);
  return pid;
}

/** Until it stands so for two looks in a row. */
async function until(address: string, holds: (severity: number) => boolean): Promise<void> {
  for (let inARow = 0; inARow < 2; await new Promise((resolve) => setTimeout(resolve, 1_000))) {
    const answer = await fetch(`${address}/api/v1/status`);
    const { severity } = (await answer.json()) as { severity: number };
    inARow = holds(severity) ? inARow + 1 : 0;
  }
}

/** On a busy machine the console still starts when all instances are as planned. */
async function consoleAddress(): Promise<string> {
  for (let looks = 0; looks < 60; looks += 1) {
    const found = /console of a +listens on (http:\S+)/.exec(standfast('doctor'))?.[1];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error('the console of a does not listen: standfast doctor');
}

/** Of the gravest. */
async function openIncident(address: string): Promise<string> {
  const answer = await fetch(`${address}/api/v1/status`);
  const { incidents } = (await answer.json()) as {
    incidents: readonly { readonly id: string; readonly severity: number }[];
  };
  const found = incidents.find((each) => each.severity === 1)?.id;
  if (found === undefined) throw new Error('no incident is open');
  return encodeURIComponent(found);
}

async function shoot(address: string, name: string, paths: readonly string[]): Promise<void> {
  const executablePath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((each) => join(each, 'chromium'))
    .find((each) => existsSync(each));
  if (executablePath === undefined) throw new Error('chromium is not installed');
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  for (const [size, width, height, colorScheme] of sizes) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    for (const path of paths) {
      await page.goto(address + path);
      await page.locator('h1').first().waitFor();
      await page
        .getByText(/^(Asking…|Drawing…|Reading the journals…|Computing since)/)
        .first()
        .waitFor({ state: 'detached' });
      await page.evaluate('new Promise((drawn) => setTimeout(drawn, 800))');
      await page.screenshot({
        path: join(screens, `${name}${path === '/' ? '' : nameOf(path)}-${size}.png`),
      });
    }
    await page.close();
  }
  await browser.close();
}

/** An incident's id is another each time: its file keeps its name. */
function nameOf(path: string): string {
  return path.replace(/^\/incident\/.*/, '-incident').replaceAll('/', '-');
}
