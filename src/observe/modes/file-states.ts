// Files as they are now: to whom they belong, and what is in them. Asked by processes of ours; what is in one is read again only when it was touched.

import { createHash } from 'node:crypto';
import { askByMount } from './by-mount.ts';
import { isDenied, isRoot, type Ground } from './ground.ts';

const askWithinMs = 5000;
/** Larger ones are data, not configuration: only their hash is kept. */
const mostKeptBytes = 256 << 10;
/** Of even larger ones the size alone counts: to read them at every change would cost more than it tells. */
const mostHashedBytes = 16 << 20;

/** A file, without what is in it. `mode` is octal, as in `0440`; `size` is in bytes. */
export interface FileStat {
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** When and as what: any change of it makes another one. */
  readonly changedAt: string;
  readonly size: number;
}

/** A file with what is in it. `hash`: SHA-256, hexadecimal. */
export interface FileState extends FileStat {
  readonly hash: string;
  /** Null: too large, or not text. */
  readonly content: string | null;
}

/** What was found of the files asked for. */
export interface FileStats {
  /** By path; those that are missing are not in it. */
  readonly stats: ReadonlyMap<string, FileStat>;
  /** Those whose disk did not answer, or does not let even root look. */
  readonly silent: ReadonlySet<string>;
}

/** All of them, by one process for each file system. */
export async function statAll(ground: Ground, paths: readonly string[]): Promise<FileStats> {
  const { output, errors, silent } = await askByMount(ground, paths, {
    argv: ['stat', '-L', '-c', '%a %u %g %z-%s-%i %n', '--'],
    what: 'configuration files',
    within: askWithinMs,
  });
  const stats = new Map(
    output.split('\n').flatMap((line): [string, FileStat][] => {
      const [, mode = '', owner = '', group = '', changedAt = '', size = '', path = ''] =
        /^(\d+) (\d+) (\d+) (\S+ \S+ \S+-(\d+)-\d+) (.+)$/.exec(line) ?? [];
      return path === '' ? [] : [[path, { mode, owner, group, changedAt, size: Number(size) }]];
    }),
  );
  const refused = isRoot
    ? paths.filter((path) => errors.split('\n').some((line) => line.includes(`'${path}'`) && isDenied.test(line)))
    : [];
  return { stats, silent: new Set([...silent, ...refused]) };
}

/** What is in it; `place`: where its file system is mounted. `unknown`: that does not answer. */
export async function readState(
  ground: Ground,
  of: {
    readonly path: string;
    readonly stat: FileStat;
    readonly before: FileState | undefined;
    readonly place: string;
  },
): Promise<FileState | 'unreadable' | 'unknown'> {
  const { path, stat, before, place } = of;
  if (before !== undefined && before.changedAt === stat.changedAt) return before;
  if (stat.size > mostHashedBytes) return { ...stat, hash: `${stat.size} bytes`, content: null };
  const how = { on: `read ${place}`, within: askWithinMs };
  if (stat.size <= mostKeptBytes) {
    const asked = await ground.ask(['cat', '--', path], how);
    if (asked.kind !== 'ended') return 'unknown';
    if (asked.code !== 0) return isRoot && isDenied.test(asked.errors) ? 'unknown' : 'unreadable';
    const content = asked.output;
    if (!content.includes('\0') && !content.includes('\uFFFD')) return { ...stat, hash: sha256(content), content };
  }
  const asked = await ground.ask(['sha256sum', '--', path], how);
  if (asked.kind !== 'ended') return 'unknown';
  // A backslash stands before it where the name is written in another way.
  const hash = /^\\?([0-9a-f]{64}) /.exec(asked.output)?.[1];
  return hash === undefined ? 'unreadable' : { ...stat, hash, content: null };
}

/** In hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
