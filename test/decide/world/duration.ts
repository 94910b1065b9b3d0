// Times as scenarios write them: `300ms`, `2s`, `5m`, `1h`.

/** In ms; throws on anything else. */
export function duration(text: string | undefined): number {
  const found = /^([\d.]+)(ms|s|m|h)$/.exec(text ?? '');
  if (found === null) throw new Error(`not a duration: ${text ?? ''}`);
  return Number(found[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[found[2] as 'ms' | 's' | 'm' | 'h'];
}
