// What a service may say of itself, and what is said of an answer that is not understood.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSelfStatus } from '../../src/observe/self-status.ts';

test('flags and lists are understood', () => {
  const cases: readonly [string, unknown][] = [
    ['ok', { status: 'ok', subsystems: {} }],
    ['\uFEFF OK\r\n', { status: 'ok', subsystems: {} }],
    ['Degraded\n', { status: 'degraded', subsystems: {} }],
    ['"failed"', { status: 'failed', subsystems: {} }],
    ['{"status":"ok"}', { status: 'ok', subsystems: {} }],
    ['{"status":" Ok ","subsystems":null}', { status: 'ok', subsystems: {} }],
    [
      '{"status":"degraded","subsystems":{"a":"ok","b":"FAILED"},"behindMs":3}',
      { status: 'degraded', subsystems: { a: 'ok', b: 'failed' }, behindMs: 3 },
    ],
  ];
  for (const [body, said] of cases) assert.deepEqual(readSelfStatus(body), { ok: true, said });
});

test('a flag with more lines is not a flag', () => {
  assert.equal(readSelfStatus('ok\nbut slow').ok, false);
});

test('what is not understood is said clearly', () => {
  const cases: readonly [string, RegExp][] = [
    ['', /empty/],
    ['fine', /"fine"; ok, degraded, failed or JSON/],
    ['"fine"', /the status is "fine", not ok, degraded or failed/],
    ['{"status":', /not valid JSON/],
    ['{"state":"ok"}', /no "status"/],
    ['{"status":7}', /"status" is 7, not/],
    ['{"status":"ok","subsystems":["a"]}', /not an object/],
    ['{"status":"ok","subsystems":{"db":"up"}}', /subsystem "db" is "up", not/],
    ['[]', /"\[\]"/],
    ['null', /"null"/],
    [`"${'x'.repeat(100_000)}"`, /is "x+, not ok/],
  ];
  for (const [body, why] of cases) {
    const read = readSelfStatus(body);
    assert.ok(!read.ok && why.test(read.why), `${body.slice(0, 40)}: ${read.ok ? 'understood' : read.why}`);
    assert.ok(read.why.length < 250);
  }
});
