// When a service should be up: a weekly window in a time zone. A window runs from the first time that the zone's clocks show
// its beginning to the last time that they show its end, so a change of the clocks neither skips one nor opens it twice.
// Pure: `Intl` is asked about given instants only; the zone rules are those that Node brings.

import { didYouMean } from './nearest.ts';
import type { Schedule } from './system.ts';
import type { WallMs } from './units.ts';
import { wallMs } from './units.ts';

type ScheduleRead =
  | { readonly ok: true; readonly schedule: Schedule }
  | { readonly ok: false; readonly code: 'SF-127' | 'SF-128'; readonly message: string; readonly next: string };

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const dayMs = 86_400_000;
const minuteMs = 60_000;
const example =
  'Write for example "mon-fri 07:00-18:00 Europe/London", "sat,sun 10:00-12:00 UTC" or "daily 22:00-06:00 Asia/Tokyo".';

/** Reads `DAYS HH:MM-HH:MM ZONE`; days are names, ranges and lists of them, or `daily`. */
export function parseSchedule(text: string): ScheduleRead {
  const wrong = (message: string, next = example): ScheduleRead => ({ ok: false, code: 'SF-127', message, next });
  const shown = `"${text.slice(0, 60)}"`;
  const parts = /^\s*([^\s,]+(?:\s*,\s*[^\s,]+)*)\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})(?:\s+(\S+))?\s*$/.exec(
    text,
  );
  if (parts === null) return wrong(`${shown} is not a schedule`);
  const [, dayText = '', fromHour, fromMinutes, toHour, toMinutes, zone] = parts;
  const days = new Set<number>();
  for (const piece of dayText.toLowerCase().split(/\s*,\s*/)) {
    const found = daysOf(piece);
    if (found === null)
      return wrong(
        `"${piece}" is not a day or a range of days`,
        `${piece
          .split('-')
          .map((name) => (dayNames.includes(name) ? '' : didYouMean(name, [...dayNames, 'daily'])))
          .join('')}Days are mon, tue, wed, thu, fri, sat, sun, ranges of them (mon-fri), or daily.`,
      );
    for (const day of found) days.add(day);
  }
  const fromMinute = minuteOf(fromHour, fromMinutes);
  const toMinute = minuteOf(toHour, toMinutes);
  if (fromMinute === null || toMinute === null || fromMinute === 1440)
    return wrong(
      `${shown} names a time that no clock shows`,
      'Times run from 00:00 to 23:59; a window may end at 24:00.',
    );
  if (zone === undefined) {
    const next = 'Add one, for example Europe/London or UTC.';
    return { ok: false, code: 'SF-128', message: `${shown} names no time zone`, next };
  }
  if (!isZone(zone)) {
    const near = didYouMean(zone, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
    const next = `${near}Write one of the IANA zones, for example Europe/London, America/New_York or UTC.`;
    return { ok: false, code: 'SF-128', message: `"${zone.slice(0, 60)}" is not a time zone`, next };
  }
  return { ok: true, schedule: { text, days: [...days].toSorted((a, b) => a - b), fromMinute, toMinute, zone } };
}

/** True inside a window. */
export function isScheduled(schedule: Schedule, at: WallMs): boolean {
  return stretchAt(schedule, at).open;
}

/** The last moment that a Date can hold. */
const never = wallMs(8_640_000_000_000_000);

/** The next instant after `at` at which `isScheduled` changes; the end of time when it never does (one window runs into the next all week). */
export function nextChange(schedule: Schedule, at: WallMs): WallMs {
  return stretchAt(schedule, at).until;
}

/** A stretch of time in which nothing changes. */
interface Stretch {
  readonly from: WallMs;
  readonly until: WallMs;
  readonly open: boolean;
}

/** Asked at every decision about a moment close to the last one, and a calendar is slow: the latest answers are kept. */
function stretchAt(schedule: Schedule, at: WallMs): Stretch {
  const known = stretches.get(schedule) ?? [];
  const found = known.find((stretch) => stretch.from <= at && at < stretch.until);
  if (found !== undefined) return found;
  const open = windowsAround(schedule, at, 1).some((window) => window.from <= at && at < window.to);
  const made = { from: at, until: changeAfter(schedule, at), open };
  stretches.set(schedule, [made, ...known.slice(0, keptStretches - 1)]);
  return made;
}

const stretches = new WeakMap<Schedule, readonly Stretch[]>();
const keptStretches = 4;

function changeAfter(schedule: Schedule, at: WallMs): WallMs {
  let end: number | null = null;
  for (const window of windowsAround(schedule, at, 15)) {
    if (window.to <= at) continue;
    if (end === null) {
      if (window.from > at) return wallMs(window.from);
      end = window.to;
    } else if (window.from <= end) end = Math.max(end, window.to);
    else return wallMs(end);
  }
  return never;
}

function daysOf(piece: string): number[] | null {
  if (piece === 'daily') return [1, 2, 3, 4, 5, 6, 7];
  const [first = '', last = first, more] = piece.split('-');
  const from = dayNames.indexOf(first);
  const to = dayNames.indexOf(last);
  if (from === -1 || to === -1 || more !== undefined) return null;
  const count = ((to - from + 7) % 7) + 1;
  return Array.from({ length: count }, (_, index) => ((from + index) % 7) + 1);
}

function minuteOf(hour: string | undefined, minute: string | undefined): number | null {
  const total = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && total <= 1440 ? total : null;
}

function isZone(zone: string): boolean {
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** Windows that begin from two days before the local date of `at` until `ahead` days after it, in order. */
function windowsAround(
  schedule: Schedule,
  at: number,
  ahead: number,
): { readonly from: number; readonly to: number }[] {
  const today = Math.floor(localOf(schedule.zone, at) / dayMs);
  const windows = [];
  for (let day = today - 2; day <= today + ahead; day += 1) {
    // 1 January 1970 was a Thursday, day 4 of its week.
    if (!schedule.days.includes(((((day + 3) % 7) + 7) % 7) + 1)) continue;
    const lastDay = schedule.toMinute > schedule.fromMinute ? day : day + 1;
    const from = instantsOf(schedule.zone, day * dayMs + schedule.fromMinute * minuteMs)[0];
    const to = instantsOf(schedule.zone, lastDay * dayMs + schedule.toMinute * minuteMs).at(-1);
    if (from !== undefined && to !== undefined && from < to) windows.push({ from, to });
  }
  return windows.toSorted((a, b) => a.from - b.from);
}

/** The instants, in order, at which clocks of the zone show a local time (as if it were UTC): one, two when clocks went back, and when they skipped it the instant of the jump. */
function instantsOf(zone: string, local: number): number[] {
  const offsets = new Set([offsetOf(zone, local - dayMs), offsetOf(zone, local + dayMs), offsetOf(zone, local)]);
  const found = [...offsets].map((offset) => local - offset).filter((instant) => localOf(zone, instant) === local);
  if (found.length > 0) return found.toSorted((a, b) => a - b);
  // Skipped: before the jump clocks show less, after it more.
  let before = local - dayMs;
  let behind = local + dayMs;
  while (behind - before > 1) {
    const middle = Math.floor((before + behind) / 2);
    if (localOf(zone, middle) < local) before = middle;
    else behind = middle;
  }
  return [behind];
}

function offsetOf(zone: string, at: number): number {
  return localOf(zone, at) - at;
}

/** What clocks of the zone show, as if it were UTC, in milliseconds. */
function localOf(zone: string, at: number): number {
  const day = Math.floor(at / dayMs);
  const offset = offsetOfDay(zone, day);
  return offset === null ? shownBy(zone, at) : at + offset;
}

/** By how much clocks of the zone are ahead during a whole day of UTC; null: they change within it. No zone does so there and back on one day. */
function offsetOfDay(zone: string, day: number): number | null {
  const known = dayOffsets.get(zone) ?? new Map<number, number | null>();
  dayOffsets.set(zone, known);
  const found = known.get(day);
  if (found !== undefined) return found;
  const offset = midnightOffset(zone, day);
  const made = offset === midnightOffset(zone, day + 1) ? offset : null;
  if (known.size > mostDays) known.clear();
  known.set(day, made);
  return made;
}

function midnightOffset(zone: string, day: number): number {
  return shownBy(zone, day * dayMs) - day * dayMs;
}

const dayOffsets = new Map<string, Map<number, number | null>>();
const mostDays = 10_000;

/** The same, asked of the calendar, which is slow. */
function shownBy(zone: string, at: number): number {
  const whole = Math.floor(at / 1000) * 1000;
  const fields: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(whole)) fields[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (at - whole);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
}
