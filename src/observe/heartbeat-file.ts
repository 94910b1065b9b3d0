// A heartbeat by touching a file: its time of last change tells when the beat was, so a look that comes late makes no late
// beat. The kernel tells of changes (inotify). Where it does not (network file systems, too many watches) the file is looked
// at every quarter of the interval; where it has shown that it does, once per interval.

import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { monoMs } from '../model/units.ts';
import { folderOf } from './probe.ts';
import { repeat } from './repeat.ts';
import type { Process, Watched } from './watched.ts';

/** A file touched without pause is looked at this often at most. */
const busyPauseMs = 10;

/** Tells a beat for every change of the file's time since the process began. */
export function startFileHeartbeat(watched: Watched, process: Process, path: string, every: number): void {
  let last: { mtimeMs: number; inode: number } | null = null;
  let lookedAt = watched.now();
  let watcher: { on: FSWatcher; inode: number } | null = null;
  let looking = false;
  let again = false;
  let pause: NodeJS.Timeout | undefined;
  /** The last change was told by the kernel, not found by looking. */
  let toldOf = false;

  const look = async (told: boolean): Promise<void> => {
    looking = true;
    const asked = watched.now();
    try {
      const file = await watched.tools.files.take(folderOf(path), () => stat(path));
      if (watched.signal.aborted) return;
      if (file.mtimeMs !== last?.mtimeMs || file.ino !== last.inode) {
        toldOf = told;
        // The first look finds what may be an earlier instance's last beat.
        if (last !== null || file.mtimeMs >= process.notBefore)
          watched.tell({ kind: 'beat', instance: watched.key, at: whenOf(file.mtimeMs, lookedAt, watched.now()) });
        last = { mtimeMs: file.mtimeMs, inode: file.ino };
      }
      follow(file.ino);
    } catch {
      // Not there yet, or not to be read: no beat, and the missing beats are judged.
      unfollow();
    } finally {
      lookedAt = asked;
      looking = false;
    }
  };
  const lookAsTold = (): void => {
    again = false;
    void look(true).then(() => {
      if (watched.signal.aborted) return;
      pause = setTimeout(() => {
        pause = undefined;
        if (again) lookAsTold();
      }, busyPauseMs);
    });
  };
  const changed = (): void => {
    if (looking || pause !== undefined) again = true;
    else if (!watched.signal.aborted) lookAsTold();
  };
  const unfollow = (): void => {
    watcher?.on.close();
    watcher = null;
  };
  const follow = (inode: number): void => {
    if (watcher?.inode === inode) return;
    unfollow();
    try {
      const on = watch(path, changed);
      on.on('error', unfollow);
      watcher = { on, inode };
    } catch {
      // No watches left (a kernel's limit): looking now and then is enough.
    }
  };
  watched.signal.addEventListener(
    'abort',
    () => {
      clearTimeout(pause);
      unfollow();
    },
    { once: true },
  );
  const lookByItself = async (): Promise<void> => {
    const enough = toldOf && watcher !== null && watched.now() - lookedAt < every * 0.9;
    if (!looking && !enough) await look(false);
    // A change while we were looking may have been missed by that look.
    if (again && pause === undefined && !looking) lookAsTold();
  };
  const period = every / 4;
  repeat(
    { every: period, name: `${watched.key} beat`, firstWithin: 0, now: watched.now, job: lookByItself },
    watched.signal,
  );
}

/**
 * The file's time on the monotonic clock. It must lie between the look before and this one: a wall clock that was set
 * in between, or a time written by hand, is put back there.
 */
function whenOf(mtimeMs: number, lookedBefore: number, at: number): ReturnType<typeof monoMs> {
  return monoMs(Math.min(at, Math.max(lookedBefore, at - (Date.now() - mtimeMs))));
}
