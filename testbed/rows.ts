// Every row, in the order in which they are shown.
import type { Row } from './row.ts';
import { frozenRows } from './rows/frozen.ts';
import { groundRows } from './rows/ground.ts';
import { lostRows } from './rows/lost.ts';
import { moveRows } from './rows/moves.ts';
import { networkRows } from './rows/network.ts';
import { storeRows } from './rows/store.ts';

export const rows: readonly Row[] = [
  ...lostRows,
  ...networkRows,
  ...storeRows,
  ...frozenRows,
  ...groundRows,
  ...moveRows,
];
