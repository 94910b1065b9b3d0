// Starts a keeper, for `up` and for an agent whose keeper is gone. It lives in a session of its own: who started it may end.

import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { errorWords } from '../model/error-words.ts';
import { monoNow } from './clock.ts';
import { compiledFolder } from './compiled.ts';
import { optionsToArguments } from './options.ts';
import type { KeeperOptions } from './options.ts';
import { makeFolders } from './paths.ts';
import { done, refusalCodes, refuse } from './refusal.ts';
import type { HostLayout } from '../layout.ts';
import type { KeeperAnswer } from '../ports.ts';

/** The program beside this folder: `.ts` in a checkout, `.js` when built. */
const program = fileURLToPath(new URL(`../keeper${extname(import.meta.url)}`, import.meta.url));

/** What it starts, and what those start: the agent and the console. */
const itsPrograms = ['agent', 'web'].map((name) =>
  fileURLToPath(new URL(`../${name}${extname(import.meta.url)}`, import.meta.url)),
);

/** Small, since there is one on every host for as long as anything runs. */
const nodeFlags = ['--max-old-space-size=64', '--max-semi-space-size=1'];

/** A keeper first adopts what runs, and waits for what it must kill. */
const readyWithinMs = 15_000;
const otherReadyWithinMs = 3000;

/** Done when a keeper answers at its socket, this one or another that was first. `umask`: of the services that it will start. */
export async function startKeeper(
  layout: HostLayout,
  options: KeeperOptions,
  umask: number = process.umask(),
): Promise<KeeperAnswer<null>> {
  try {
    const refused = await makeFolders(layout);
    if (refused !== null) return refused;
    if (await answers(layout.keeperSocket)) return done(null);
    const why = await spawned(layout, options, umask);
    if (why === null || (await answersSoon(layout.keeperSocket, why))) return done(null);
    return refuse('keeperStart', `the keeper did not become ready: ${why}; see ${layout.keeperLog}`);
  } catch (error) {
    return refuse('keeperStart', `the keeper cannot be started: ${errorWords(error)}`);
  }
}

/** Null when it is ready, else what it said. */
async function spawned(layout: HostLayout, options: KeeperOptions, umask: number): Promise<string | null> {
  const compiled = await compiledFolder([program, ...itsPrograms]);
  const log = await open(layout.keeperLog, 'a', 0o600).catch(() => null);
  const output = log?.fd ?? 'ignore';
  const child = spawnWith(umask, process.execPath, [...nodeFlags, program, '--ready', ...optionsToArguments(options)], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', output, output, 'pipe'],
    // One arena for all threads: each of them else keeps its own, 40 MB together. Services get an environment of their own.
    env: { ...process.env, ...(compiled === null ? {} : { NODE_COMPILE_CACHE: compiled }), MALLOC_ARENA_MAX: '1' },
  });
  await log?.close();
  const said = (await saidBy(child)).trim();
  child.unref();
  return said === 'ready' ? null : said === '' ? 'it ended without a word' : said;
}

function spawnWith(umask: number, ...command: Parameters<typeof spawn>): ReturnType<typeof spawn> {
  const own = process.umask(umask);
  try {
    return spawn(...command);
  } finally {
    process.umask(own);
  }
}

/** What it says on descriptor 3 until it closes it. */
function saidBy(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve) => {
    const pipe = child.stdio[3];
    let said = '';
    const timer = setTimeout(() => finish(), readyWithinMs);
    const finish = (): void => {
      clearTimeout(timer);
      pipe?.destroy();
      resolve(said);
    };
    child.on('error', (error) => {
      said = error.message;
      finish();
    });
    if (pipe === null || pipe === undefined || !('setEncoding' in pipe)) return finish();
    pipe.setEncoding('utf8');
    pipe.on('data', (chunk: string) => (said += chunk));
    pipe.on('error', finish);
    pipe.on('close', finish);
  });
}

/** A keeper that was quicker may not listen yet: it first adopts what runs. */
async function answersSoon(socketPath: string, why: string): Promise<boolean> {
  const until = why.startsWith(refusalCodes.otherKeeper) ? monoNow() + otherReadyWithinMs : 0;
  do {
    if (await answers(socketPath)) return true;
    await pause(20);
  } while (monoNow() < until);
  return false;
}

/** True when somebody takes connections there. Connecting alone takes nobody's place. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    const finish = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.on('connect', () => finish(true));
    socket.on('error', () => finish(false));
  });
}
