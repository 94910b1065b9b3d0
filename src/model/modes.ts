// The catalogue of failure modes: what goes wrong besides a process that dies, a row each. docs/failure-modes.md shows the same rows (test-checked).
// A new mode is a row here, a detector in src/observe/modes/ and a page in docs/runbooks/modes/.

import type { Mode } from './mode.ts';
import { certificateModes } from './modes-certificates.ts';
import { configurationModes } from './modes-configuration.ts';
import { exhaustionModes } from './modes-exhaustion.ts';
import { groundModes } from './modes-ground.ts';
import { networkModes } from './modes-network.ts';
import { peopleModes } from './modes-people.ts';

/** All modes, family by family. */
export const modes: readonly Mode[] = [
  ...exhaustionModes,
  ...certificateModes,
  ...configurationModes,
  ...peopleModes,
  ...networkModes,
  ...groundModes,
];

const byId = new Map(modes.map((mode) => [mode.id, mode]));

/** The row of that id; null: there is none (it may be a newer agent's). */
export function modeNamed(id: string): Mode | null {
  return byId.get(id) ?? null;
}

/** Where the page with what to do lies, from the root of the repository. */
export function modePage(mode: Mode): string {
  return `docs/runbooks/modes/${mode.runbook}.md`;
}
