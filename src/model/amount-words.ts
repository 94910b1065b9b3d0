// Sizes, spans and numbers of things as people say them.

/** `1.5 GiB`, `12 MiB`, `0 B`. */
export function bytesWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[unit] ?? ''}`;
}

/** `3 days`, `5 hours`, `12 minutes`: roughly, for what is far off. */
export function spanWords(spanMs: number): string {
  const minutes = spanMs / 60_000;
  if (minutes < 90) return counted(Math.max(1, Math.round(minutes)), 'minute');
  const hours = minutes / 60;
  return hours < 48 ? counted(Math.round(hours), 'hour') : counted(Math.round(hours / 24), 'day');
}

/** `1 day`, `2 days`, `2 processes`, `2 recoveries`. */
export function counted(count: number, one: string): string {
  if (count === 1) return `1 ${one}`;
  return `${count} ${/[^aeiou]y$/.test(one) ? `${one.slice(0, -1)}ies` : `${one}${one.endsWith('s') ? 'es' : 's'}`}`;
}
