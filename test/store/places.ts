// Where the embedded store's tests keep their files, and disks that can be harmed (as root).
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const undone = new WeakMap<TestContext, (() => unknown)[]>();

/** Called after the test, the last one first (`t.after` begins with the first): what was opened in a place is closed before that goes. */
export function afterwards(t: TestContext, call: () => unknown): void {
  const calls = undone.get(t);
  if (calls !== undefined) {
    calls.push(call);
    return;
  }
  const fresh = [call];
  undone.set(t, fresh);
  t.after(async () => {
    for (const each of fresh.toReversed()) await each();
  });
}

/** A folder of the test's own, removed after it. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'standfast-test-'));
  afterwards(t, () => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** Why this process cannot mount, or false. */
export function cannotMount(): string | false {
  if (process.getuid?.() !== 0) return 'needs root to mount a disk';
  const path = mkdtempSync(join(tmpdir(), 'standfast-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', path], { stdio: 'ignore' });
    execFileSync('umount', [path]);
    return false;
  } catch {
    return 'this machine does not let root mount';
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Why this process cannot freeze a disk, or false. */
export function cannotFreeze(): string | false {
  const found = (tool: string, option: string): boolean => spawnSync(tool, [option]).error === undefined;
  return found('fsfreeze', '-V') && found('mkfs.ext4', '-V') ? cannotMount() : 'there is no fsfreeze or no mkfs.ext4';
}

/** A disk of `size` bytes. */
export function smallDisk(t: TestContext, size: number): string {
  const path = join(folder(t), 'disk');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', path]);
  afterwards(t, () => execFileSync('umount', ['-l', path]));
  return path;
}

/** A disk that can be frozen: whoever writes to it then waits in the kernel. */
export function freezableDisk(t: TestContext): { path: string; freeze(): void; thaw(): void } {
  const home = folder(t);
  const path = join(home, 'disk');
  mkdirSync(path);
  execFileSync('truncate', ['-s', '32M', join(home, 'image')]);
  execFileSync('mkfs.ext4', ['-q', join(home, 'image')]);
  execFileSync('mount', ['-o', 'loop', join(home, 'image'), path]);
  let frozen = false;
  const thaw = (): void => {
    if (frozen) execFileSync('fsfreeze', ['-u', path]);
    frozen = false;
  };
  afterwards(t, () => {
    thaw();
    execFileSync('umount', ['-l', path]);
  });
  return {
    path,
    freeze() {
      execFileSync('fsfreeze', ['-f', path]);
      frozen = true;
    },
    thaw,
  };
}

/** Takes all that is left on the disk. */
export function fill(file: string): void {
  for (let block = 65_536; block >= 512; block /= 2) {
    for (let left = true; left;) {
      try {
        writeFileSync(file, Buffer.alloc(block), { flag: 'a' });
      } catch {
        left = false;
      }
    }
  }
}
