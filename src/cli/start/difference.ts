// What to say when the store holds another description than the one given.

import { readDescription } from '../../model/read.ts';
import { differences } from '../../model/difference.ts';
import type { System } from '../../model/system.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import type { StoredDescription } from '../world.ts';

/** At most this many differences are listed. */
const most = 30;

/** A failure with exit 2 that names the differences; null when both are the same. */
export function differenceFailure(
  context: Context,
  given: { readonly file: string; readonly folder: string; readonly system: System },
  inForce: StoredDescription,
): Failure | null {
  // Agents of several machines have a folder each.
  const sameFolder = given.system.store.kind !== 'embedded' || inForce.folder === given.folder;
  if (inForce.hash === given.system.hash && sameFolder) return null;
  const stored = readDescription({ text: inForce.text, file: inForce.file, folder: inForce.folder }).system;
  const found =
    stored === null ? ['the stored one can no longer be read by this version'] : differences(stored, given.system);
  const folder = sameFolder ? [] : [`folder: ${inForce.folder} → ${given.folder}`];
  const lines = [...folder, ...found];
  const shown = lines.length === 0 ? ['only its wording or order (comments, spaces)'] : lines.slice(0, most);
  return new Failure({
    code: 'SF-306',
    what: `${given.file} is not the description in force`,
    why: [
      `What is started is the one in the store, from ${inForce.file}. Given instead:`,
      ...shown,
      ...(lines.length > most ? [`… and ${lines.length - most} more`] : []),
    ].join('\n'),
    next: `To change what runs: ${context.command(`apply ${given.file}`)}`,
    exit: 2,
  });
}
