// Keeps output files below their size by copy and truncate: the writer keeps its file, so nobody has to be told.
// `file` becomes `file.1`, that `file.2`, up to the number to keep. A file that grows fast is looked at oftener; one that rests, only now and then, as long
// as its disk has not lost as much as would fill it: one question to the disk in place of one about each of hundreds of files.
// Does not cover: what is written between the last read and the truncation; it is lost, and the result says about how much.

import { type FileHandle, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Bytes } from '../model/units.ts';

/** What was done about one file that had grown too large. */
export type Rotated =
  /** Copied and truncated. `lostBytes`: written too late to be copied, at least so many; `leftOut`: the oldest part, when the file had outgrown its limit. */
  | {
      readonly kind: 'rotated';
      readonly path: string;
      readonly copiedBytes: number;
      readonly leftOut: number;
      readonly lostBytes: number;
    }
  /** Nothing could be kept (mostly: the disk is full), so it was only truncated. */
  | { readonly kind: 'truncated'; readonly path: string; readonly lostBytes: number; readonly why: string }
  /** Not even that. Said once, until it succeeds again. */
  | { readonly kind: 'failed'; readonly path: string; readonly why: string };

/** Keeps the files that it is told of small. */
export interface Rotator {
  /** Watches a file that may not yet be there. `keep` 0 keeps no old ones. */
  add(path: string, limits: { maxSize: Bytes; keep: number }): void;
  remove(path: string): void;
  close(): void;
}

const idleEveryMs = 2000;
const shortestMs = 50;
/** One that rests is looked at this often whatever the disk says: something else may have been removed while it grew. */
const restingEveryMs = 30_000;
/** One with less room may be full before the disk, which counts in blocks, has noticed. */
const restingRoomBytes = 1024 * 1024;
const chunkBytes = 1024 * 1024;
/** Copying goes on until so little is left that truncating now loses next to nothing, or the writer is faster. */
const caughtUpBytes = 64 * 1024;
const mostRounds = 8;

interface Followed {
  readonly path: string;
  readonly maxSize: number;
  readonly keep: number;
  size: number;
  /** How fast it grows, or lately did. */
  perMs: number;
  lookedAt: number;
  /** What was free on its disk just before it was last looked at; null: not known. */
  freeThen: number | null;
  due: number;
  failing: boolean;
}

/** Opens a rotator; `now` in ms, monotonic. Everything is done one after the other, so that rotating never takes more than one disk's attention. */
export function openRotator(options: { onRotated: (rotated: Rotated) => void; now: () => number }): Rotator {
  const { now } = options;
  const followed = new Map<string, Followed>();
  let timer: NodeJS.Timeout | undefined;
  let working = false;
  let closed = false;

  const arm = (): void => {
    clearTimeout(timer);
    if (closed || working || followed.size === 0) return;
    let due = Infinity;
    for (const file of followed.values()) due = Math.min(due, file.due);
    timer = setTimeout(() => void round(), Math.max(0, due - now()));
  };
  const round = async (): Promise<void> => {
    working = true;
    // Those of one round together, so that many idle files cost one timer.
    const due = [...followed.values()].filter((file) => file.due <= now() + shortestMs);
    const free = new Map<string, number | null>();
    for (const folder of new Set(due.map(({ path }) => dirname(path)))) free.set(folder, await freeAt(folder));
    for (const file of due) {
      if (closed) break;
      const freeNow = free.get(dirname(file.path)) ?? null;
      if (followed.get(file.path) !== file) continue;
      if (mayRest(file, freeNow, now())) file.due = now() + idleEveryMs;
      else {
        file.freeThen = freeNow;
        await look(file, now, options.onRotated);
      }
    }
    working = false;
    arm();
  };
  return {
    add(path, { maxSize, keep }) {
      followed.set(path, {
        path,
        maxSize,
        keep,
        size: 0,
        perMs: 0,
        lookedAt: now(),
        freeThen: null,
        due: now() + shortestMs,
        failing: false,
      });
      arm();
    },
    remove(path) {
      followed.delete(path);
      arm();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** It cannot have filled up: its disk has lost less since than half of what it has left, and it grows too slowly to fill that meanwhile. */
function mayRest({ size, perMs, maxSize, lookedAt, freeThen }: Followed, freeNow: number | null, now: number): boolean {
  const room = maxSize - size;
  if (room < restingRoomBytes || freeThen === null || freeNow === null) return false;
  return now - lookedAt < restingEveryMs && perMs * restingEveryMs < room / 2 && freeThen - freeNow < room / 2;
}

async function freeAt(folder: string): Promise<number | null> {
  return statfs(folder).then(
    ({ bfree, bsize }) => bfree * bsize,
    () => null,
  );
}

async function look(file: Followed, now: () => number, tell: (rotated: Rotated) => void): Promise<void> {
  // Not there yet, or gone: nothing to keep small.
  let size = await stat(file.path).then(
    (found) => found.size,
    () => 0,
  );
  // A flood that pauses is remembered for some looks.
  const grownPerMs = Math.max(0, size - file.size) / Math.max(1, now() - file.lookedAt);
  file.perMs = Math.max(grownPerMs, file.perMs / 2);
  if (size >= file.maxSize) {
    const rotated = await rotate(file);
    if (rotated.kind !== 'failed' || !file.failing) tell(rotated);
    file.failing = rotated.kind === 'failed';
    if (!file.failing) size = 0;
  }
  file.lookedAt = now();
  // At this rate it is full in so long; look again well before that.
  const fullIn = file.perMs === 0 ? Infinity : Math.max(0, file.maxSize - size) / file.perMs;
  file.due = file.lookedAt + Math.max(shortestMs, Math.min(idleEveryMs, fullIn / 2));
  file.size = size;
}

async function rotate({ path, maxSize, keep }: Followed): Promise<Rotated> {
  let source: FileHandle | null = null;
  try {
    source = await open(path, 'r+');
    const { size } = await source.stat();
    if (keep === 0) return await truncated(source, path, 'no old ones are kept');
    const from = Math.max(0, size - maxSize);
    const part = `${path}.part`;
    let copied: number;
    try {
      copied = await copyOut(source, from, part, maxSize);
    } catch (error) {
      await rm(part, { force: true }).catch(() => {});
      return await truncated(source, path, reasonOf(error));
    }
    const { size: end } = await source.stat();
    // Before the renaming: what is written meanwhile would be lost too.
    await source.truncate(0);
    await shift(path, keep, part);
    return { kind: 'rotated', path, copiedBytes: copied, leftOut: from, lostBytes: Math.max(0, end - from - copied) };
  } catch (error) {
    return { kind: 'failed', path, why: reasonOf(error) };
  } finally {
    await source?.close().catch(() => {});
  }
}

/** Copies from there to the end, and what has come since, until it has caught up or has copied twice the limit. */
async function copyOut(source: FileHandle, from: number, to: string, maxSize: number): Promise<number> {
  const target = await open(to, 'w', 0o600);
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let done = 0;
    for (let round = 0; round < mostRounds; round++) {
      const { size } = await source.stat();
      const most = Math.min(size - from, 2 * maxSize);
      while (done < most) {
        const { bytesRead } = await source.read(buffer, 0, Math.min(chunkBytes, most - done), from + done);
        if (bytesRead === 0) break;
        await writeAll(target, buffer.subarray(0, bytesRead));
        done += bytesRead;
      }
      if (done >= 2 * maxSize || (await source.stat()).size - from - done < caughtUpBytes) break;
    }
    return done;
  } finally {
    await target.close();
  }
}

async function writeAll(target: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await target.write(bytes, at)).bytesWritten;
}

/** `file.1` to `file.2` and so on, the oldest is dropped, and the copy takes the first place. Needs no room on the disk. */
async function shift(path: string, keep: number, part: string): Promise<void> {
  for (let number = keep - 1; number >= 1; number--) {
    await rename(`${path}.${number}`, `${path}.${number + 1}`).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    });
  }
  await rename(part, `${path}.1`);
}

async function truncated(source: FileHandle, path: string, why: string): Promise<Rotated> {
  const { size } = await source.stat();
  await source.truncate(0);
  return { kind: 'truncated', path, lostBytes: size, why };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'EDQUOT') return 'the quota is used up';
  return error.message;
}
