// The difference of two texts as `patch` and `git apply` read it.

const context = 3;

/** A unified diff of one file; empty when the two are the same. */
export function unifiedDiff(file: string, before: string, after: string): string {
  const old = before.split('\n');
  const fresh = after.split('\n');
  const steps = stepsBetween(old, fresh);
  const hunks = hunksOf(steps);
  if (hunks.length === 0) return '';
  return [`--- a/${file}`, `+++ b/${file}`, ...hunks].join('\n') + '\n';
}

interface Step {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/** The longest common lines stay; what differs is first taken away, then added. */
function stepsBetween(old: readonly string[], fresh: readonly string[]): Step[] {
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < fresh.length - start && old.at(-1 - end) === fresh.at(-1 - end)) end += 1;
  const kept = (lines: readonly string[]): Step[] => lines.map((line) => ({ sign: ' ', line }));
  return [
    ...kept(old.slice(0, start)),
    ...middle(old.slice(start, old.length - end), fresh.slice(start, fresh.length - end)),
    ...kept(old.slice(old.length - end)),
  ];
}

function middle(old: readonly string[], fresh: readonly string[]): Step[] {
  const width = fresh.length + 1;
  if (old.length * width > 4_000_000)
    return [...old.map((line): Step => ({ sign: '-', line })), ...fresh.map((line): Step => ({ sign: '+', line }))];
  const longest = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = fresh.length - 1; j >= 0; j -= 1)
      longest[i * width + j] =
        old[i] === fresh[j]
          ? 1 + (longest[(i + 1) * width + j + 1] ?? 0)
          : Math.max(longest[(i + 1) * width + j] ?? 0, longest[i * width + j + 1] ?? 0);
  const made: Step[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      made.push({ sign: ' ', line: old[i] ?? '' });
      i += 1;
      j += 1;
    } else if (
      i < old.length &&
      (j === fresh.length || (longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0))
    ) {
      made.push({ sign: '-', line: old[i] ?? '' });
      i += 1;
    } else {
      made.push({ sign: '+', line: fresh[j] ?? '' });
      j += 1;
    }
  }
  return made;
}

function hunksOf(steps: readonly Step[]): string[] {
  // A text that ends with a line end has an empty last piece, which is no line.
  const lines = steps.at(-1)?.line === '' && steps.at(-1)?.sign === ' ' ? steps.slice(0, -1) : steps;
  const changed = lines.flatMap((step, index) => (step.sign === ' ' ? [] : [index]));
  const made: string[] = [];
  for (let next = 0; next < changed.length;) {
    const from = Math.max(0, (changed[next] ?? 0) - context);
    let last = next;
    while (last + 1 < changed.length && (changed[last + 1] ?? 0) - (changed[last] ?? 0) <= 2 * context) last += 1;
    const to = Math.min(lines.length, (changed[last] ?? 0) + context + 1);
    const before = lines.slice(0, from);
    const inside = lines.slice(from, to);
    const count = (of: readonly Step[], sign: '-' | '+'): number =>
      of.filter((step) => step.sign === ' ' || step.sign === sign).length;
    const place = (sign: '-' | '+'): string => `${count(before, sign) + 1},${count(inside, sign)}`;
    made.push(`@@ -${place('-')} +${place('+')} @@`, ...inside.map((step) => step.sign + step.line));
    next = last + 1;
  }
  return made;
}
