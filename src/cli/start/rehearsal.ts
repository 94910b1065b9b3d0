// `up PATH --rehearsal`: what a pack describes, built in a folder of its own, so that it can be broken and mended without harm. A pack that can be rehearsed
// brings `rehearsal/build.mjs`, which is given the folder and leaves a description there, and `rehearsal/needs.json`, the programs that this takes:
// `[{ "program": "monit", "package": "monit" }]`, the package by its Debian name.

import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { isInPath } from './addresses.ts';

/** Builds it, or goes on with what an earlier rehearsal left, and returns the folder with its description. Fails with exit 2. */
export async function buildRehearsal(
  context: Context,
  pack: string,
  of: { readonly folder: string | undefined; readonly install: boolean },
): Promise<string> {
  const builder = join(resolve(pack), 'rehearsal', 'build.mjs');
  if (!(await isFile(builder)))
    throw new Failure({
      code: 'SF-341',
      what: `${pack} cannot be rehearsed: there is no ${builder}`,
      why: 'A rehearsal is built by the pack itself; only a folder that brings the program for it has one.',
      next: 'Try the pack that comes with Standfast: standfast up packs/deephaven --rehearsal',
      exit: 2,
    });
  await demandPrograms(context, join(resolve(pack), 'rehearsal', 'needs.json'), of.install);
  const folder = resolve(of.folder ?? join(`${context.state}-rehearsal`, basename(resolve(pack))));
  context.terminal.print(`Rehearsal of ${basename(resolve(pack))} in ${folder}`);
  const ended = await run(process.execPath, [builder, folder], { ...process.env, PATH: searched() });
  if (ended.code !== 0)
    throw new Failure({
      code: 'SF-342',
      what: `the rehearsal could not be built in ${folder}`,
      why: ended.errors.trim().split('\n').slice(-8).join('\n') || `its builder ended with ${String(ended.code)}`,
      next: `Mend that and try again: what is there already is kept. From nothing: remove ${folder} first.`,
      exit: 2,
    });
  return folder;
}

/** Programs of the system lie outside of some people's PATH. */
function searched(): string {
  return [process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].filter((each) => each !== '').join(':');
}

async function demandPrograms(context: Context, file: string, install: boolean): Promise<void> {
  const needs = await readNeeds(file);
  const missing = needs.filter((need) => !has(need.program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((need) => need.package))];
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  const asked = context.world.uid === 0 ? command : ['sudo', ...command];
  if (install) {
    context.terminal.print(`Installing: ${asked.join(' ')}`);
    const [program = '', ...words] = asked;
    const ended = await run(program, words, { ...process.env, DEBIAN_FRONTEND: 'noninteractive' });
    if (needs.every((need) => has(need.program))) return;
    throw missingFailure(missing, asked, ended.errors.trim().split('\n').slice(-4).join('\n'));
  }
  throw missingFailure(missing, asked, null);
}

function missingFailure(missing: readonly Need[], command: readonly string[], why: string | null): Failure {
  return new Failure({
    code: 'SF-343',
    what: `this rehearsal needs ${missing.map((need) => need.program).join(', ')}, and this machine has none`,
    why,
    next: `${command.join(' ')}   (or up again with --install, which runs that)`,
    exit: 2,
  });
}

interface Need {
  readonly program: string;
  readonly package: string;
}

async function readNeeds(file: string): Promise<readonly Need[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (Array.isArray(value) && value.every(isNeed)) return value;
  throw new Failure({
    code: 'SF-341',
    what: `${file} is not understood`,
    next: 'Write a list: [{ "program": "monit", "package": "monit" }]',
    exit: 2,
  });
}

function isNeed(value: unknown): value is Need {
  return (
    typeof value === 'object' &&
    value !== null &&
    'program' in value &&
    typeof value.program === 'string' &&
    'package' in value &&
    typeof value.package === 'string'
  );
}

function has(program: string): boolean {
  return isInPath(program);
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function run(
  program: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly errors: string }> {
  return new Promise((done) => {
    const child = spawn(program, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', (error) => done({ code: null, errors: error.message }));
    child.on('close', (code) => done({ code, errors }));
  });
}
