// Says in words why a command could not be run. Asked only after it failed, so that a start that works costs nothing.

import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

import type { LaunchOutcome } from './launch.ts';
import { refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { StartRequest } from '../ports.ts';

/** Why a launch ended without its command running. */
export async function whyNotBegun(request: StartRequest, outcome: LaunchOutcome): Promise<Refusal> {
  switch (outcome.kind) {
    case 'runs':
      return refuse('preparation', 'it was ended as it began');
    case 'exec':
      return whyNotRun(request, outcome.status);
    case 'role':
      return refuse('roleFile', `the role file of ${request.instance} cannot be written: ${outcome.why}`);
    case 'preparation':
      return whyNotPrepared(request, outcome.why);
    default:
      return outcome satisfies never;
  }
}

/** `exec` itself failed: 127 not found, 126 found and refused. */
async function whyNotRun(request: StartRequest, status: number): Promise<Refusal> {
  const name = request.command.kind === 'argv' ? (request.command.argv[0] ?? '') : '/bin/sh';
  const path = request.env['PATH'] ?? '';
  if (!name.includes('/')) {
    const found = await firstIn(path, name);
    return found === null
      ? refuse(
          'command',
          `"${name}" was not found in PATH (${path === '' ? 'which is empty' : path}): install it, or give its path in \`run\``,
        )
      : whyNotThis(found, status);
  }
  return whyNotThis(isAbsolute(name) ? name : resolve(request.dir, name), status);
}

/** The lines before `exec` failed: the folder, the account, or what the shell said. */
async function whyNotPrepared(request: StartRequest, said: string): Promise<Refusal> {
  const folder = await stat(request.dir).catch(() => null);
  if (folder === null)
    return refuse('folder', `the folder ${request.dir} does not exist: create it, or change \`dir\``);
  if (!folder.isDirectory()) return refuse('folder', `${request.dir} is not a folder: change \`dir\``);
  if (/\bcd: /.test(said))
    return refuse('folder', `the folder ${request.dir} cannot be entered by ${request.user ?? 'this user'}: ${said}`);
  if (said.includes('setpriv'))
    return refuse(
      'account',
      `the account could not be changed to ${request.user ?? ''}:${request.group ?? ''}: ${said}`,
    );
  if (said.includes('ulimit'))
    return refuse(
      'preparation',
      `it may not have ${request.limits.files ?? 'so many'} open files: lower \`limits.files\`, or raise what this account may have (ulimit -Hn): ${said}`,
    );
  return refuse('preparation', `the process could not be prepared: ${said}`);
}

async function whyNotThis(file: string, status: number): Promise<Refusal> {
  const there = await stat(file).catch(() => null);
  if (there === null) return refuse('command', `${file} does not exist: check \`run\` and \`dir\``);
  if (there.isDirectory()) return refuse('command', `${file} is a folder, not a program`);
  if (
    (await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )) === false
  )
    return refuse(
      'command',
      `${file} is not executable (mode ${(there.mode & 0o7777).toString(8).padStart(4, '0')}): chmod +x it, or run it by its interpreter`,
    );
  const interpreter = await interpreterOf(file);
  if (interpreter !== null && (await stat(interpreter).catch(() => null)) === null)
    return refuse('command', `${file} begins with #!${interpreter}, which does not exist`);
  return refuse(
    'command',
    `${file} could not be run (the shell's status ${status}): its format or its loader may not fit this machine, or this account may not run it`,
  );
}

async function firstIn(path: string, name: string): Promise<string | null> {
  for (const folder of path.split(':')) {
    const file = join(folder === '' ? '.' : folder, name);
    if ((await stat(file).catch(() => null))?.isFile() === true) return file;
  }
  return null;
}

async function interpreterOf(file: string): Promise<string | null> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return null;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    return /^#!\s*(\S+)/.exec(buffer.toString('latin1', 0, bytesRead))?.[1] ?? null;
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}
