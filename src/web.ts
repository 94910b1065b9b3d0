// The console's process: pages, API, passwords. Started by the agent of its host as `node web.ts --state DIR --system NAME --host NAME`, with a line
// to it on which it says how it stands; when that line breaks, it ends.

import { existsSync } from 'node:fs';
import { hostname, setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ConsoleView } from './api-web.ts';
import { isLoopback } from './model/lower-console.ts';
import type { ConsoleChoice, System } from './model/system.ts';
import { consoleApp } from './serve/web/app.ts';
import { tlsOf, whyNot } from './web/certificate.ts';
import { listen, placeOf } from './web/listen.ts';
import { openPort } from './web/port.ts';
import { vocabulary } from './web/vocabulary.ts';

// Run once with this alone, it leaves its compiled code for those that follow.
if (process.argv[2] === '--compile-only') process.exit(0);
const { values } = parseArgs({
  options: { state: { type: 'string' }, system: { type: 'string' }, host: { type: 'string' } },
});
const { state, system: name, host: me } = values;
if (state === undefined || name === undefined || me === undefined) {
  process.stderr.write('console: --state, --system and --host are needed; the agent starts it\n');
  process.exit(2);
}

// Pages give way to agents, keepers and services.
setPriority(process.pid, 10);
process.umask(0o077);
process.on('SIGINT', () => undefined);
// The agent is gone, or wants us no more.
process.on('disconnect', () => process.exit(0));
if (process.send === undefined) {
  process.stderr.write('console: it is started by the agent only\n');
  process.exit(2);
}

/** How often what is waited for is looked at again. */
const againMs = 1_000;

const say = (view: ConsoleView): void => {
  process.send?.(view);
};
const log = (text: string): void => {
  process.stderr.write(`${new Date().toISOString()} console ${me}: ${text}\n`);
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const port = openPort({ state, system: name, me, vocabulary });
const system = await describedSystem();
if (system.console !== null) await serve(system, system.console);

async function describedSystem(): Promise<System> {
  for (;;) {
    const found = await port.described();
    if (found !== null) return found;
    await pause(againMs / 4);
  }
}

async function serve(described: System, choice: ConsoleChoice): Promise<void> {
  let said = '';
  const waitFor = async (view: ConsoleView): Promise<void> => {
    if (view.why !== said) say(view);
    said = view.why ?? '';
    await pause(againMs);
  };
  for (;;) {
    if (!isLoopback(choice.address) && choice.oidc === null && !(await hasUsers())) {
      await waitFor({
        state: 'waiting',
        url: null,
        why: `SF-822 the console does not listen on ${choice.address} before there is a user: standfast user add NAME`,
      });
      continue;
    }
    try {
      const app = consoleApp({
        port,
        system: described.name,
        choice,
        tls: await tlsOf(choice),
        pages: pagesFolder(),
        version: await version(),
        names: [hostname()],
        log,
      });
      const url = await listen(app, choice, placeOf(described, me ?? ''), described.hosts.length).catch(
        async (error: unknown) => {
          await app.close();
          throw error;
        },
      );
      say({ state: 'listening', url, why: null });
      return;
    } catch (error) {
      await waitFor({ state: 'failed', url: null, why: whyNot(error, choice) });
    }
  }
}

async function hasUsers(): Promise<boolean> {
  return ((await port.accounts().catch(() => null))?.accounts.length ?? 0) > 0;
}

/** In a checkout `dist/console`, in the package beside this file. */
function pagesFolder(): string {
  const inPackage = join(import.meta.dirname, 'console');
  return existsSync(join(inPackage, 'main.tsx')) ? join(import.meta.dirname, '..', 'dist', 'console') : inPackage;
}

async function version(): Promise<string> {
  const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
  return manifest.version;
}
