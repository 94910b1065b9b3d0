// Columns that fit: one wraps, some may be left out, and where even that is too wide each row is written below the other.

import { cut, padded, widthOf, wrapped } from './text.ts';

/** One column and how it gives way. */
export interface Column {
  readonly title: string;
  /** Takes the space that is left, and wraps. At most one of a table; the last when absent. */
  readonly wraps?: true;
  readonly alignRight?: true;
  /** Left out, the highest number first, while the rest does not fit. */
  readonly optional?: number;
}

const gap = 2;
/** Narrower than this, text in a wrapping column is no longer readable. */
const leastWrap = 16;

/** The lines of a table, without trailing spaces. `width` in columns of the terminal. */
export function columns(
  heads: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { readonly width: number; readonly indent?: number; readonly titles?: boolean },
): string[] {
  const indent = options.indent ?? 0;
  const room = options.width - indent;
  const kept = keptColumns(heads, rows, room, options.titles ?? true);
  if (neededWidth(heads, rows, kept, options.titles ?? true) > room) return stacked(heads, rows, options.width, indent);
  const shown = kept.map((index) => heads[index]).filter((head) => head !== undefined);
  const widths = widthsOf(shown, pick(rows, kept), options.width - indent, options.titles ?? true);
  const all = options.titles === false ? pick(rows, kept) : [shown.map((head) => head.title), ...pick(rows, kept)];
  return all.flatMap((row) => rowLines(shown, row, widths)).map((line) => (' '.repeat(indent) + line).trimEnd());
}

function pick(rows: readonly (readonly string[])[], kept: readonly number[]): string[][] {
  return rows.map((row) => kept.map((index) => row[index] ?? ''));
}

function natural(heads: readonly Column[], rows: readonly (readonly string[])[], titles: boolean): number[] {
  return heads.map((head, index) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[index] ?? '')), titles ? widthOf(head.title) : 0),
  );
}

function wrapIndex(heads: readonly Column[]): number {
  const found = heads.findIndex((head) => head.wraps === true);
  return found === -1 ? heads.length - 1 : found;
}

/** Empty columns and, while it does not fit, optional ones are left out. */
function keptColumns(
  heads: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  titles: boolean,
): number[] {
  const widths = natural(heads, rows, titles);
  const wraps = wrapIndex(heads);
  let kept = heads.map((_, index) => index).filter((index) => rows.some((row) => (row[index] ?? '') !== ''));
  while (neededOf(widths, wraps, kept) > width) {
    const least = kept
      .filter((index) => heads[index]?.optional !== undefined)
      .toSorted((a, b) => (heads[b]?.optional ?? 0) - (heads[a]?.optional ?? 0))[0];
    if (least === undefined) break;
    kept = kept.filter((index) => index !== least);
  }
  return kept;
}

function neededWidth(
  heads: readonly Column[],
  rows: readonly (readonly string[])[],
  kept: readonly number[],
  titles: boolean,
): number {
  return neededOf(natural(heads, rows, titles), wrapIndex(heads), kept);
}

/** The least that these columns need side by side. */
function neededOf(widths: readonly number[], wraps: number, kept: readonly number[]): number {
  return kept.reduce((sum, index) => {
    const own = widths[index] ?? 0;
    return sum + gap + (index === wraps ? Math.min(own, leastWrap) : own);
  }, -gap);
}

/** Too narrow for columns: the first cell, then the others below it, each with its title. */
function stacked(
  heads: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  indent: number,
): string[] {
  const lines = (text: string, by: number): string[] =>
    wrapped(text, width - by).map((line) => (' '.repeat(by) + line).trimEnd());
  return rows.flatMap((row) => {
    const shown = row.flatMap((cell, index) => (cell === '' ? [] : [{ cell, title: heads[index]?.title ?? '' }]));
    const [first, ...rest] = shown;
    const titled = rest.filter((each) => each.title !== '');
    const plain = rest.filter((each) => each.title === '').map((each) => each.cell);
    return [
      ...(first === undefined ? [] : lines(first.cell, indent)),
      ...plain.flatMap((cell) => lines(cell, indent + gap)),
      ...titled.flatMap(({ title, cell }) => lines(`${title} ${cell}`, indent + gap)),
    ];
  });
}

function widthsOf(
  heads: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  titles: boolean,
): number[] {
  const widths = natural(heads, rows, titles);
  const wraps = wrapIndex(heads);
  const others = widths.reduce((sum, own, index) => (index === wraps ? sum : sum + own + gap), 0);
  const own = widths[wraps] ?? 0;
  widths[wraps] = Math.max(Math.min(own, leastWrap), Math.min(own, width - others));
  return widths;
}

function rowLines(heads: readonly Column[], row: readonly string[], widths: readonly number[]): string[] {
  const wraps = wrapIndex(heads);
  const cells = row.map((cell, index) => {
    const width = widths[index] ?? 0;
    if (index === wraps && widthOf(cell) > width) return wrapped(cell, width);
    return [cut(cell, width)];
  });
  const height = Math.max(1, ...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((cell, index) => {
        const text = cell[line] ?? '';
        const width = widths[index] ?? 0;
        return heads[index]?.alignRight === true
          ? ' '.repeat(Math.max(0, width - widthOf(text))) + text
          : padded(text, width);
      })
      .join(' '.repeat(gap)),
  );
}
