// The catalogue's failure modes in the grid, a row each: what takes one copy is met by what its services' redundancy makes of a lost
// host; what takes every copy at once is masked by nothing (mission row FM5), and fixed by the page that says how.

import { modePage, modes } from '../model/modes.ts';
import type { Mode } from '../model/mode.ts';
import type { System } from '../model/system.ts';
import type { GridCell, Strategy } from './grid.ts';
import { listWords } from './words.ts';

/** Rows for a system that runs something; `cells`: those of its services. */
export function modeCells(system: System, cells: readonly GridCell[]): GridCell[] {
  if (system.services.every((service) => service.kind === 'external')) return [];
  const runs = new Set(system.services.flatMap((service) => (service.kind === 'run' ? [service.name] : [])));
  const hosts = cells.filter((cell) => cell.domain === 'host' && runs.has(cell.component));
  return modes
    .filter((mode) => mode.id !== 'etcd-peers' || system.store.kind === 'etcd')
    .map((mode) => ({ component: `mode:${mode.id}`, domain: 'host', ...met(mode, hosts) }));
}

/** In the order of what consumers feel. */
const order: readonly Strategy[] = ['avoid', 'mask', 'bound', 'fixFast', 'none'];

function met(mode: Mode, hosts: readonly GridCell[]): Pick<GridCell, 'strategy' | 'evidence'> {
  const page = `${mode.what}: looked for on every host; then ${modePage(mode)}`;
  if (mode.takesDown === 'every')
    return { strategy: 'fixFast', evidence: `${page}. It takes all copies at once, so redundancy masks nothing` };
  const worst = hosts.reduce((most, cell) => Math.max(most, order.indexOf(cell.strategy)), 0);
  const strategy = order[worst] ?? 'none';
  const weak = hosts.filter((cell) => cell.strategy === strategy).map((cell) => cell.component);
  return strategy === 'avoid' || strategy === 'mask'
    ? { strategy, evidence: `${page}. It takes one copy, and the others go on` }
    : { strategy, evidence: `${page}. It takes one copy, as a lost host does: see ${listWords(weak)}` };
}
