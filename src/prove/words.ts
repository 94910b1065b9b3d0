// Numbers in evidence and advice, as people write them in a description.

/** `250ms`, `5s`, `2m`, `1h 30m`, `7d`: as a description says it, at most two units. In milliseconds. */
export function durationWords(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(1))}s`;
  const units = [
    ['d', 86_400_000, 'h', 3_600_000],
    ['h', 3_600_000, 'm', 60_000],
    ['m', 60_000, 's', 1000],
  ] as const;
  for (const [unit, size, smaller, step] of units) {
    // Rounded first, so that 60 minutes become an hour.
    const rounded = Math.round(ms / step) * step;
    if (rounded < size) continue;
    const rest = Math.round((rounded % size) / step);
    return rest === 0
      ? `${Math.floor(rounded / size)}${unit}`
      : `${Math.floor(rounded / size)}${unit} ${rest}${smaller}`;
  }
  return '1m';
}

/** A share, with three digits that count: `0.000012`, `1.2e-7`. */
export function shareWords(share: number): string {
  if (share === 0) return '0';
  return Math.abs(share) < 1e-4 ? share.toExponential(2).replace(/\.?0+e/, 'e') : String(Number(share.toPrecision(3)));
}

/** `a`, `a and b`, `a, b and c`; of many, the first few. */
export function listWords(names: readonly string[]): string {
  if (names.length > 5) return `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`;
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
