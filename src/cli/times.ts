// Durations and moments as people say them. Durations in ms.

/** `18 ms`, `1.04 s`, `12 s`, `2 min`, `3 h 5 min`, `2 days`; `?` for null. */
export function durationText(ms: number | null): string {
  if (ms === null) return '?';
  if (ms < 0) return `-${durationText(-ms)}`;
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${trimmed(seconds, 2)} s`;
  if (seconds < 59.95) return `${trimmed(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return joined(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 2 * 1440) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(seconds / 3600);
  return joined(Math.floor(hours / 24), 'days', hours % 24, 'h');
}

/** `14:02:07`, in this machine's time zone; with the day when it is not today's. */
export function clockText(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return isSameDay(at, new Date(nowMs)) ? time : `${dayText(at)} ${time}`;
}

/** `14:02:07.113`, with the day when it is not today's. */
export function exactClockText(atMs: number, nowMs: number): string {
  return `${clockText(atMs, nowMs)}.${String(Math.floor(atMs) % 1000).padStart(3, '0')}`;
}

/** How long ago or ahead, for `since` columns: `12 min`. */
export function agoText(sinceMs: number, nowMs: number): string {
  return durationText(Math.max(0, nowMs - sinceMs));
}

/** Reads `90s`, `5m`, `1h`, `7d`, `250ms`; null when it is none. In ms. */
export function readDuration(text: string): number | null {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (found === null) return null;
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[found[2] ?? ''];
  return unit === undefined ? null : Number(found[1]) * unit;
}

/**
 * Reads a moment: a duration back from now (`10m`), the last time that it was `14:02` or `14:02:07`, a date and time as ISO 8601, or seconds since 1970 as
 * date(1) and find(1) take them (`@1763776000`). Unix ms; null: it is none.
 */
export function readMoment(text: string, nowMs: number): number | null {
  const back = readDuration(text);
  if (back !== null) return nowMs - back;
  if (/^@\d+(\.\d+)?$/.test(text)) return Math.round(Number(text.slice(1)) * 1000);
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/.exec(text.trim());
  if (clock !== null) {
    const [hours, minutes, seconds] = [clock[1], clock[2], clock[3] ?? 0].map(Number);
    if (hours === undefined || minutes === undefined || hours > 23 || minutes > 59 || (seconds ?? 0) > 59) return null;
    const at = new Date(nowMs);
    at.setHours(hours, minutes, seconds, Number((clock[4] ?? '0').padEnd(3, '0')));
    if (at.getTime() > nowMs) at.setDate(at.getDate() - 1);
    return at.getTime();
  }
  const parsed = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

function joined(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function dayText(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function isSameDay(a: Date, b: Date): boolean {
  return dayText(a) === dayText(b);
}
