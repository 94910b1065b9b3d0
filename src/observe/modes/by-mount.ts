// One process for all paths of a file system, and one for each file system: of what hangs nothing is known then, and of everything else all.

import type { Ground } from './ground.ts';
import { mountOf, readMounts, type Mount } from './mount-table.ts';

/** What came back from all that answered in time. */
export interface AskedByMount {
  /** Of all that answered, one after the other. */
  readonly output: string;
  /** What they wrote of what went wrong. */
  readonly errors: string;
  /** Paths on file systems that did not answer. */
  readonly silent: ReadonlySet<string>;
}

/** Runs `argv` with the paths behind it. `what`: of whom it is asked, in a word. */
export async function askByMount(
  ground: Ground,
  paths: readonly string[],
  how: { readonly argv: readonly string[]; readonly what: string; readonly within: number },
): Promise<AskedByMount> {
  const mounts = readMounts(ground.kernel('proc/self/mountinfo') ?? '');
  const silent = new Set<string>();
  const outputs = await Promise.all(
    [...Map.groupBy(new Set(paths), (path) => placeOf(mounts, path))].map(async ([place, on]) => {
      const asked = await ground.ask([...how.argv, ...on], { on: `${how.what} ${place}`, within: how.within });
      if (asked.kind === 'ended') return asked;
      for (const path of on) silent.add(path);
      return { output: '', errors: '' };
    }),
  );
  return {
    output: outputs.map((each) => each.output).join(''),
    errors: outputs.map((each) => each.errors).join(''),
    silent,
  };
}

/** Where its file system is mounted, as far as its text tells. */
export function placeOf(mounts: readonly Mount[], path: string): string {
  return mountOf(mounts, path)?.at ?? '/';
}
