// Schedules against tables of days when clocks change, and against a slow twin that looks at every minute.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { isScheduled, nextChange, parseSchedule } from '../../src/model/schedule.ts';
import type { Schedule } from '../../src/model/system.ts';
import { wallMs } from '../../src/model/units.ts';

const schedule = (text: string): Schedule => {
  const read = parseSchedule(text);
  assert.ok(read.ok, text);
  return read.schedule;
};
const at = (iso: string): ReturnType<typeof wallMs> => wallMs(Date.parse(iso));
const changes = (of: Schedule, from: string, count: number): string[] => {
  const found: string[] = [];
  let now = at(from);
  for (let index = 0; index < count; index += 1) {
    now = nextChange(of, now);
    found.push(`${new Date(now).toISOString().slice(0, 16)}Z ${isScheduled(of, now) ? 'opens' : 'closes'}`);
  }
  return found;
};

test('days are read as names, ranges, lists and daily', () => {
  const days = (text: string): readonly number[] => schedule(`${text} 07:00-18:00 UTC`).days;
  assert.deepEqual(days('mon-fri'), [1, 2, 3, 4, 5]);
  assert.deepEqual(days('sat,sun'), [6, 7]);
  assert.deepEqual(days('Fri-Mon'), [1, 5, 6, 7]);
  assert.deepEqual(days('mon,wed-thu, sun'), [1, 3, 4, 7]);
  assert.deepEqual(days('tue'), [2]);
  assert.deepEqual(days('daily'), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(schedule('daily 7:05 - 24:00 Asia/Tokyo'), {
    text: 'daily 7:05 - 24:00 Asia/Tokyo',
    days: [1, 2, 3, 4, 5, 6, 7],
    fromMinute: 425,
    toMinute: 1440,
    zone: 'Asia/Tokyo',
  });
});

test('a long list of days that is none is refused at once', () => {
  assert.ok(!parseSchedule(`${'mon,'.repeat(50_000)} 07:00-18:00 UTC`).ok);
  assert.ok(!parseSchedule(`${'a,'.repeat(50_000)}`).ok);
  assert.ok(!parseSchedule(`${' '.repeat(50_000)}x`).ok);
});

test('an ordinary week, and the weekend between', () => {
  assert.deepEqual(changes(schedule('mon-fri 07:00-18:00 Europe/London'), '2026-11-19T12:00:00Z', 4), [
    '2026-11-19T18:00Z closes',
    '2026-11-20T07:00Z opens',
    '2026-11-20T18:00Z closes',
    '2026-11-23T07:00Z opens',
  ]);
});

test('past midnight, from the evening of the days named', () => {
  const night = schedule('fri,sat 22:00-06:00 UTC');
  assert.deepEqual(changes(night, '2026-11-19T12:00:00Z', 4), [
    '2026-11-20T22:00Z opens',
    '2026-11-21T06:00Z closes',
    '2026-11-21T22:00Z opens',
    '2026-11-22T06:00Z closes',
  ]);
  assert.ok(!isScheduled(night, at('2026-11-20T05:00:00Z')));
});

test('clocks go forward: a window of the hour that is skipped opens at the jump', () => {
  const zone = 'Europe/London'; // 2026-03-29, 01:00 becomes 02:00
  assert.deepEqual(changes(schedule(`daily 07:00-18:00 ${zone}`), '2026-03-28T12:00:00Z', 3), [
    '2026-03-28T18:00Z closes',
    '2026-03-29T06:00Z opens',
    '2026-03-29T17:00Z closes',
  ]);
  assert.deepEqual(changes(schedule(`daily 01:30-05:00 ${zone}`), '2026-03-28T12:00:00Z', 2), [
    '2026-03-29T01:00Z opens',
    '2026-03-29T04:00Z closes',
  ]);
  assert.deepEqual(changes(schedule(`daily 00:00-01:30 ${zone}`), '2026-03-28T12:00:00Z', 2), [
    '2026-03-29T00:00Z opens',
    '2026-03-29T01:00Z closes',
  ]);
  assert.deepEqual(changes(schedule(`daily 01:10-01:50 ${zone}`), '2026-03-28T12:00:00Z', 2), [
    '2026-03-30T00:10Z opens',
    '2026-03-30T00:50Z closes',
  ]);
});

test('clocks go back: a window of the hour that comes twice opens once', () => {
  const zone = 'America/New_York'; // 2026-11-01, 02:00 becomes 01:00
  assert.deepEqual(changes(schedule(`daily 01:15-01:45 ${zone}`), '2026-10-31T12:00:00Z', 3), [
    '2026-11-01T05:15Z opens',
    '2026-11-01T06:45Z closes',
    '2026-11-02T06:15Z opens',
  ]);
  assert.deepEqual(changes(schedule(`sun 00:00-24:00 ${zone}`), '2026-10-31T12:00:00Z', 2), [
    '2026-11-01T04:00Z opens',
    '2026-11-02T05:00Z closes',
  ]);
});

test('a zone with half an hour more, and one that changes by half an hour', () => {
  assert.deepEqual(changes(schedule('daily 09:00-10:00 Asia/Kolkata'), '2026-11-21T00:00:00Z', 2), [
    '2026-11-21T03:30Z opens',
    '2026-11-21T04:30Z closes',
  ]);
  assert.deepEqual(changes(schedule('daily 09:00-10:00 Australia/Lord_Howe'), '2026-10-03T12:00:00Z', 2), [
    '2026-10-03T22:00Z opens',
    '2026-10-03T23:00Z closes',
  ]);
});

test('a window that never closes has no next change, and one that touches the next none between', () => {
  for (const always of ['daily 00:00-24:00 UTC', 'daily 07:00-07:00 Europe/London']) {
    assert.ok(isScheduled(schedule(always), at('2026-11-21T03:00:00Z')));
    assert.equal(nextChange(schedule(always), at('2026-11-21T03:00:00Z')), 8_640_000_000_000_000);
  }
  assert.deepEqual(changes(schedule('mon-wed 00:00-24:00 UTC'), '2026-11-23T01:00:00Z', 2), [
    '2026-11-26T00:00Z closes',
    '2026-11-30T00:00Z opens',
  ]);
});

/** Whether a local minute is inside, by the clock on the wall alone; only right where clocks do not change near by. */
function slowly(of: Schedule, moment: number): boolean {
  const text = new Date(moment).toLocaleString('en-GB', {
    timeZone: of.zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const [, day = '', hour = '', minute = ''] = /^(\w{3})\D*(\d\d):(\d\d)/.exec(text) ?? [];
  const today = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(day) + 1;
  const yesterday = today === 1 ? 7 : today - 1;
  const now = Number(hour) * 60 + Number(minute);
  if (of.toMinute > of.fromMinute) return of.days.includes(today) && now >= of.fromMinute && now < of.toMinute;
  return (of.days.includes(today) && now >= of.fromMinute) || (of.days.includes(yesterday) && now < of.toMinute);
}

/** Clocks of the zone change within three days of this moment. */
function changesNear(zone: string, moment: number): boolean {
  const offset = (when: number): string =>
    new Date(when).toLocaleString('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).split('GMT')[1] ?? '';
  const here = offset(moment);
  return [-3, -2, -1, 1, 2, 3].some((days) => offset(moment + days * 86_400_000) !== here);
}

const anySchedule = fc
  .record({
    days: fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], { minLength: 1 }),
    from: fc.nat(1439),
    to: fc.integer({ min: 0, max: 1440 }),
    zone: fc.constantFrom(
      'UTC',
      'Europe/London',
      'America/New_York',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Pacific/Kiritimati',
      'America/St_Johns',
      'Africa/Casablanca',
    ),
  })
  .map(({ days, from, to, zone }) => schedule(`${days.join(',')} ${clock(from)}-${clock(to)} ${zone}`));

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

const anyMoment = fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2030-01-01') });

test('it agrees with the clock on the wall wherever clocks do not change', () => {
  fc.assert(
    fc.property(anySchedule, anyMoment, (of, moment) => {
      fc.pre(!changesNear(of.zone, moment));
      assert.equal(
        isScheduled(of, wallMs(moment)),
        slowly(of, moment),
        `${of.text} at ${new Date(moment).toISOString()}`,
      );
    }),
    { numRuns: 1500 },
  );
});

test('the next change is one, and there is none before it, whatever clocks do', () => {
  fc.assert(
    fc.property(
      anySchedule,
      anyMoment,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }),
      (of, moment, looks) => {
        const now = wallMs(moment);
        const next = nextChange(of, now);
        const before = isScheduled(of, now);
        assert.ok(next > now);
        const until = Math.min(next, moment + 9 * 86_400_000);
        for (const look of looks) {
          const between = wallMs(Math.min(until - 1, Math.floor(moment + look * (until - moment))));
          assert.equal(
            isScheduled(of, between),
            before,
            `${of.text} from ${new Date(moment).toISOString()} to ${new Date(until).toISOString()}, at ${new Date(between).toISOString()}`,
          );
        }
        if (next < 8_640_000_000_000_000)
          assert.equal(isScheduled(of, next), !before, `${of.text} at ${new Date(next).toISOString()}`);
      },
    ),
    { numRuns: 800 },
  );
});
