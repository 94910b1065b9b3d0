// Where the description lies on this machine. The store of several machines holds one text; its relative paths start, on each machine, in the folder
// that `up` was given there.

import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { SystemLayout } from '../../layout.ts';
import type { System } from '../../model/system.ts';
import type { StoredDescription } from '../world.ts';

/** Written down for the agents of this machine. With another text than the one in force only when nothing is known yet. */
export async function keepHere(
  system: System,
  layout: SystemLayout,
  given: { readonly folder: string; readonly file: string },
  inForce: StoredDescription,
): Promise<void> {
  if (system.store.kind === 'embedded') return;
  if (inForce.hash !== system.hash && existsSync(layout.hereFile)) return;
  const { folder, file } = given;
  await writeFile(`${layout.hereFile}.new`, `${JSON.stringify({ folder, file })}\n`, { mode: 0o600 });
  await rename(`${layout.hereFile}.new`, layout.hereFile);
}
