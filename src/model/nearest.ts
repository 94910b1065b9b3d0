// The known name that was probably meant: edit distance with neighbours swapped counted as one slip.

/** Longer words are not compared: a typing slip is not that long, and the work grows with the square. */
const longest = 64;

/** The known word nearest to `word`, or null when none is near enough to be meant. Case does not count. */
export function nearest(word: string, known: Iterable<string>): string | null {
  const given = plain(word);
  if (given.length === 0 || given.length > longest) return null;
  let best: string | null = null;
  // One slip in three letters; of one or two letters every other name would be near.
  let least = Math.floor(given.length / 3) + 1;
  for (const candidate of known) {
    const other = plain(candidate);
    if (other.length > longest || Math.abs(other.length - given.length) >= least) continue;
    const distance = editDistance(given, other);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best ?? beginning(given, known);
}

/** The known word that begins with what was given. */
function beginning(given: string, known: Iterable<string>): string | null {
  if (given.length < 3) return null;
  for (const candidate of known) if (plain(candidate).startsWith(given)) return candidate;
  return null;
}

/** `did you mean "x"? ` or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = nearest(word, known);
  return near === null ? '' : `Did you mean "${near}"? `;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const now = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (now[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      now.push(cost);
    }
    before = last;
    last = now;
  }
  return last[b.length] ?? 0;
}
