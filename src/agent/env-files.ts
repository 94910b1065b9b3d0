// What the `envFile` of a service says, read beside the loop. It may lie on a file system that hangs, so a short-lived process of ours reads it
// (docs/decisions/090-detectors.md): one that hangs is left behind, and until it is gone nobody else is sent to the same file.

import { dirname } from 'node:path';
import { parseEnvFile } from '../model/environment.ts';
import type { Ground } from '../observe/modes/ground.ts';

type EnvFileRead =
  | { readonly kind: 'read'; readonly env: Readonly<Record<string, string>> }
  /** `why` in words, to stand behind the file's name. */
  | { readonly kind: 'unread'; readonly why: string };

/** All `envFile`s of this host. */
export interface EnvFiles {
  /** As it is now, or why that cannot be told within `envFileWithinMs`. Never rejects. */
  read(path: string): Promise<EnvFileRead>;
}

/** A start waits for its file no longer than this. */
const envFileWithinMs = 2000;

/** Reads through this ground. */
export function openEnvFiles(ground: Ground): EnvFiles {
  /** Those who come while a file is being read share the next read of it: the present one may have begun before it was changed. */
  const reading = new Map<string, Promise<EnvFileRead>>();
  const next = new Map<string, Promise<EnvFileRead>>();
  const begin = (path: string): Promise<EnvFileRead> => {
    const begun = readNow(ground, path).finally(() => reading.delete(path));
    reading.set(path, begun);
    return begun;
  };
  return {
    read(path) {
      const now = reading.get(path);
      if (now === undefined) return begin(path);
      const queued =
        next.get(path) ??
        now.then(() => {
          next.delete(path);
          return begin(path);
        });
      next.set(path, queued);
      return queued;
    },
  };
}

async function readNow(ground: Ground, path: string): Promise<EnvFileRead> {
  const asked = await ground.ask(['cat', '--', path], { on: `environment ${dirname(path)}`, within: envFileWithinMs });
  switch (asked.kind) {
    case 'ended':
      if (asked.code === 0) return { kind: 'read', env: parseEnvFile(asked.output).env };
      return { kind: 'unread', why: `cannot be read: ${reasonOf(asked.errors)}` };
    case 'stuck':
      return {
        kind: 'unread',
        why: `cannot be read: its file system does not answer within ${envFileWithinMs / 1000} s`,
      };
    case 'notAsked':
      return { kind: 'unread', why: `cannot be read: ${asked.why}` };
    default:
      return asked satisfies never;
  }
}

/** `cat: /srv/p.env: No such file or directory`, without what is known already. */
function reasonOf(errors: string): string {
  const line = errors.trim().split('\n').at(-1) ?? '';
  return (
    line
      .slice(line.lastIndexOf(': ') + 1)
      .trim()
      .slice(0, 160) || 'no reason was given'
  );
}
