// Program files that services run: where they lie and whether they are what they were. A bare name is looked for as the shell that starts it does, and stays
// where it was found for as long as it is there.

import { askByMount } from './by-mount.ts';
import type { Ground } from './ground.ts';
import type { WatchedPath, WatchedProgram } from './watch.ts';

const askWithinMs = 10_000;

/** A program file as it is now; `version` null: it is not there. */
export interface ProgramFile extends WatchedPath {
  readonly version: string | null;
}

/** Looks for them again and again; what does not answer, or was never found, is left out. */
export function openPrograms(ground: Ground): (watched: readonly WatchedProgram[]) => Promise<readonly ProgramFile[]> {
  /** Where each bare name was found. */
  const places = new Map<string, string>();
  const gone = new Set<string>();
  return async (watched) => {
    const lost = watched.filter((each) => {
      const at = places.get(keyOf(each));
      return isBare(each) && (at === undefined || gone.has(at));
    });
    for (const [searched, all] of Map.groupBy(lost, (each) => each.searched))
      for (const [key, at] of await locate(ground, searched, all)) places.set(key, at);
    const placed = watched.flatMap(({ services, ...each }) => {
      const path = isBare(each) ? places.get(keyOf(each)) : each.path;
      return path === undefined ? [] : [{ path, services }];
    });
    const versions = await versionsOf(ground, [...new Set(placed.map(({ path }) => path))]);
    gone.clear();
    for (const [path, version] of versions) if (version === null) gone.add(path);
    return placed.flatMap((each) => {
      const version = versions.get(each.path);
      return version === undefined ? [] : [{ ...each, version }];
    });
  };
}

type Program = Pick<WatchedProgram, 'path' | 'searched'>;

function isBare({ path }: Program): boolean {
  return !path.includes('/');
}

function keyOf({ path, searched }: Program): string {
  return `${path} ${searched}`;
}

/** Those that are found; a line for each, empty when it is not. */
async function locate(
  ground: Ground,
  searched: string,
  all: readonly WatchedProgram[],
): Promise<readonly (readonly [string, string])[]> {
  const asked = await ground.ask(
    [
      'sh',
      '-c',
      'PATH=$1; shift; for each; do printf "%s\\n" "$(command -v -- "$each")"; done',
      'sh',
      searched,
      ...all.map(({ path }) => path),
    ],
    { on: `programs ${searched}`, within: askWithinMs },
  );
  const lines = asked.kind === 'ended' ? asked.output.split('\n') : [];
  return all.flatMap((each, index) => {
    const at = lines[index] ?? '';
    // What the shell does itself is no file.
    return at.startsWith('/') ? [[keyOf(each), at] as const] : [];
  });
}

/** A program is another one when its size, its inode or its last change differ: hashing it every half minute would cost more than it tells. */
async function versionsOf(ground: Ground, paths: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
  if (paths.length === 0) return new Map();
  const { output, silent } = await askByMount(ground, paths, {
    argv: ['stat', '-L', '-c', '%s %i %Y %n', '--'],
    what: 'programs',
    within: askWithinMs,
  });
  const asked = paths.filter((path) => !silent.has(path));
  const found = new Map<string, string | null>(asked.map((path) => [path, null]));
  for (const line of output.split('\n')) {
    const [, version, path] = /^(\d+ \d+ \d+) (.+)$/.exec(line) ?? [];
    if (version !== undefined && path !== undefined) found.set(path, version);
  }
  return found;
}
