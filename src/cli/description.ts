// Reads the description that PATH names: a file, or a folder with standfast.yaml in it.

import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Problem } from '../model/problem.ts';
import { readDescription } from '../model/read.ts';
import type { System } from '../model/system.ts';
import { Failure } from './failure.ts';

/** A description that was found, right or wrong. */
export interface ReadFile {
  readonly text: string;
  /** As people gave it, for messages. */
  readonly file: string;
  /** Absolute. */
  readonly folder: string;
  /** Null when there are errors that leave nothing to work with. */
  readonly system: System | null;
  readonly problems: readonly Problem[];
}

/** The reader says itself what is too long for a description; this only keeps from filling the memory. In bytes. */
const mostBytes = 64 * 1024 * 1024;

/** Fails with exit 2 when there is no such file, or it cannot be read. */
export async function readPath(path: string): Promise<ReadFile> {
  const file = await fileAt(path);
  const text = await textOf(file);
  const absolute = resolve(file);
  const folder = dirname(absolute);
  const name = shownAs(absolute);
  const { system, errors } = readDescription({ text, file: name, folder });
  return { text, file: name, folder, system, problems: errors };
}

/** From where we stand, when it lies below; where we stand may be gone. */
function shownAs(absolute: string): string {
  try {
    const shown = relative(process.cwd(), absolute);
    return shown.startsWith('..') ? absolute : shown;
  } catch {
    return absolute;
  }
}

async function fileAt(path: string): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure({
      code: 'SF-003',
      what: `${path} can't be read: ${reason(error)}`,
      next: 'Give a standfast.yaml, or a folder that holds one: standfast check examples/pricing',
      exit: 2,
    });
  });
  if (!found.isDirectory()) return path;
  const file = join(path, 'standfast.yaml');
  const inside = await stat(file).catch(() => null);
  if (inside?.isFile() === true) return file;
  throw new Failure({
    code: 'SF-003',
    what: `${path} is a folder without a ${basename(file)}`,
    next: `Write ${file} (standfast schema describes it), or give the file itself.`,
    exit: 2,
  });
}

async function textOf(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > mostBytes)
    throw new Failure({
      code: 'SF-003',
      what: `${file} has ${Math.round(size / 1024 / 1024)} MiB; that is no description`,
      why: `At most ${mostBytes / 1024 / 1024} MiB are read.`,
      next: 'Give a standfast.yaml, or a folder that holds one.',
      exit: 2,
    });
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure({
      code: 'SF-003',
      what: `${file} can't be read: ${error instanceof Error ? reason(error) : String(error)}`,
      next: 'Give a standfast.yaml, or a folder that holds one.',
      exit: 2,
    });
  }
}

function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'it may not be read by this user';
    default:
      return error.message;
  }
}
