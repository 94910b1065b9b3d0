// What runs under other managers, on disk: an agent that begins again knows them by it. Boot, pid and start time tell a process from a later one with its number.

import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { errorWords } from '../../model/error-words.ts';
import type { Role } from '../../model/states.ts';
import type { MonoMs, WallMs } from '../../model/units.ts';
import type { EndedInstance, InstanceId } from '../../ports.ts';
import type { ForeignManager } from './speak.ts';

/** One process that another manager runs for us. */
export interface ManagedInstance {
  readonly instance: InstanceId;
  readonly service: string;
  readonly manager: ForeignManager;
  /** For the manager's commands. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
  readonly startTicks: number;
  readonly startedAt: MonoMs;
  readonly startedAtMs: WallMs;
  readonly role: Role;
  /** What was asked that ends it. */
  readonly asked: 'stop' | 'kill' | null;
  readonly ended: EndedInstance | null;
}

const command = z.union([
  z.object({ kind: z.literal('argv'), argv: z.array(z.string()) }),
  z.object({ kind: z.literal('shell'), line: z.string() }),
]);
const manager = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('monit'), name: z.string(), control: z.string().nullable() }),
  z.object({ kind: z.literal('systemd'), name: z.string(), user: z.boolean() }),
  z.object({ kind: z.literal('supervisord'), name: z.string(), config: z.string().nullable() }),
  z.object({ kind: z.literal('command'), start: command, stop: command, status: command }),
]) satisfies z.ZodType<ForeignManager>;
const mono = z.custom<MonoMs>((value) => typeof value === 'number');
const wall = z.custom<WallMs>((value) => typeof value === 'number');
const ended = z.object({
  instance: z.string(),
  service: z.string(),
  pid: z.number(),
  code: z.number().nullable(),
  signal: z.string().nullable(),
  endedAt: mono,
  goneAt: mono,
  endedAtMs: wall,
  by: z.enum(['itself', 'stop', 'kill', 'deadline', 'keeper-lost']),
  term: z.number(),
});
const file = z.object({
  boot: z.string(),
  instances: z.array(
    z.object({
      instance: z.string(),
      service: z.string(),
      manager,
      dir: z.string(),
      env: z.record(z.string(), z.string()),
      pid: z.number(),
      startTicks: z.number(),
      startedAt: mono,
      startedAtMs: wall,
      role: z.enum(['active', 'standby', 'passive']),
      asked: z.enum(['stop', 'kill']).nullable(),
      ended: ended.nullable(),
    }),
  ),
});

/** What an agent before this one left; nothing when the machine was started since, or the file cannot be read. */
export function readManaged(path: string, boot: string): readonly ManagedInstance[] {
  try {
    const read = file.parse(JSON.parse(readFileSync(path, 'utf8')));
    return read.boot === boot ? read.instances : [];
  } catch {
    // Without it what runs is found again when it is to be started: its manager says so.
    return [];
  }
}

/** Writes one after the other, the newest only; `failed` is told why it could not. */
export function openManagedFile(
  path: string,
  boot: string,
  failed: (why: string) => void,
): { write(all: readonly ManagedInstance[]): void; flush(): Promise<void> } {
  let next: readonly ManagedInstance[] | null = null;
  let writing: Promise<void> | null = null;
  const go = async (): Promise<void> => {
    while (next !== null) {
      const instances = next;
      next = null;
      try {
        await writeFile(`${path}.new`, JSON.stringify({ boot, instances }), { mode: 0o600 });
        await rename(`${path}.new`, path);
      } catch (error) {
        failed(errorWords(error));
      }
    }
    writing = null;
  };
  return {
    write(all) {
      next = all;
      writing ??= go();
    },
    flush: () => writing ?? Promise.resolve(),
  };
}
