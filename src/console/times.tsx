// Times and durations as people read them: in the reader's zone, whose offset is shown.

/** `18 ms`, `1.04 s`, `12 min`, `3 h 5 min`; null is said to be not measured. */
export function duration(ms: number | null): string {
  if (ms === null) return 'not measured';
  if (ms < 1_000) return `${ms < 10 && ms % 1 !== 0 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  if (ms < 3_600_000) return both(Math.floor(ms / 60_000), 'min', Math.floor((ms % 60_000) / 1_000), 's', ms < 600_000);
  if (ms < 86_400_000) return both(Math.floor(ms / 3_600_000), 'h', Math.floor((ms % 3_600_000) / 60_000), 'min', true);
  return both(Math.floor(ms / 86_400_000), 'd', Math.floor((ms % 86_400_000) / 3_600_000), 'h', true);
}

/** `9:59`: minutes and seconds, or hours, minutes and seconds. */
export function clockLike(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `UTC+02:00`: the reader's offset at that moment. */
export function offsetAt(atMs: number): string {
  const minutes = -new Date(atMs).getTimezoneOffset();
  const sign = minutes < 0 ? '−' : '+';
  const two = (value: number): string => String(value).padStart(2, '0');
  return `UTC${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/** `2026-11-21 14:02:07`, with milliseconds when asked; in the reader's zone. */
export function stamp(atMs: number, more: { readonly ms?: boolean; readonly day?: boolean } = {}): string {
  const date = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const part = more.ms === true ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : '';
  return more.day === false ? `${time}${part}` : `${day} ${time}${part}`;
}

/** A moment: the time of today, else with its day; the whole with its offset stands in the title. */
export function At({ ms, fine = false }: { readonly ms: number; readonly fine?: boolean }) {
  const today = new Date().toDateString() === new Date(ms).toDateString();
  return (
    <time
      className="tabular-nums whitespace-nowrap"
      dateTime={new Date(ms).toISOString()}
      title={`${stamp(ms, { ms: true })} ${offsetAt(ms)}`}
    >
      {stamp(ms, { ms: fine, day: !today })}
    </time>
  );
}

function both(large: number, largeUnit: string, small: number, smallUnit: string, withSmall: boolean): string {
  return withSmall && small > 0 ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
}
