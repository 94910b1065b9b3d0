// What is described runs, and runs again: whatever its processes do to themselves or to each other.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';

import { freePort } from '../free-port.ts';
import {
  activeOn,
  asPlanned,
  eventually,
  instanceOf,
  lives,
  makeStand,
  pidOf,
  serviceOf,
  services,
  signal,
  startStand,
  textOf,
} from './stand.ts';

const oneHost = `system: alone
objective: { unavailable: 1m, per: 1h, recoverWithin: 5s }
hosts: { a: { address: 127.0.0.1 } }
services:
`;

test('every instance that is killed comes back, or its service moves, and no other loses its pid', async (t) => {
  const stand = await startStand(
    t,
    `system: pair
objective: { unavailable: 1m, per: 1h, recoverWithin: 5s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
  both: { run: sleep 1000, policy: hot-active/hot-active, consumers: dropDuplicates, on: [a, b] }
  one: { run: node ${services}/serve.mjs, policy: hot-active/warm-active, on: [a, b], ready: { log: "ready, " }, activate: { signal: SIGUSR1 } }
  cold: { run: sleep 1000, policy: hot-active/cold-passive, on: [a, b] }
  alone: { run: sleep 1000, on: [b] }
`,
  );
  const victims = [
    ['both', 'a'],
    ['both', 'b'],
    ['one', 'active'],
    ['one', 'standby'],
    ['cold', 'active'],
    ['alone', 'b'],
  ] as const;
  for (const [service, which] of victims) {
    const before = await stand.until('all as planned', asPlanned);
    const active = activeOn(before, service);
    const host = which === 'active' ? (active ?? '') : which === 'standby' ? (active === 'a' ? 'b' : 'a') : which;
    const pid = pidOf(before, service, host);
    assert.equal(signal(pid, 'SIGKILL'), true);
    const after = await stand.until(`${service} on ${host} is replaced`, (view) => {
      const { term, instances } = serviceOf(view, service);
      return (
        asPlanned(view) &&
        // While a lease changes hands nobody may be planned to be active for a moment.
        (service === 'both' || serviceOf(view, service).active.length === 1) &&
        instances.every((each) => each.pid !== pid) &&
        (which === 'active' ? term > serviceOf(before, service).term : instanceOf(view, service, host).pid !== null)
      );
    });
    if (which === 'standby') assert.equal(serviceOf(after, service).term, serviceOf(before, service).term);
    const others = (view: typeof before): (number | null)[] =>
      view.services.flatMap((each) => (each.name === service ? [] : each.instances.map((one) => one.pid)));
    assert.deepEqual(others(after), others(before), `${service} fell alone`);
  }
});

test('all of an instance ends with it: children, those that forked away, those that ignore SIGTERM', async (t) => {
  const stand = await startStand(
    t,
    `${oneHost}  family: { run: sh ${services}/family.sh, stop: { forcedAfter: 300ms } }
  deaf: { run: node ${services}/serve.mjs, env: { IGNORES_TERM: "1", PORT: "${await freePort()}" }, ready: { http: "http://127.0.0.1:\${PORT}/ready" }, stop: { forcedAfter: 1s } }
`,
  );
  const kin = (): number[] =>
    textOf(`${stand.folder}/family.pids`)
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  const first = await eventually('the family is three', () => (kin().length === 3 ? kin() : null));
  for (const pid of first) assert.ok(lives(pid));
  const main = pidOf((await stand.status())!, 'family', 'a');
  signal(main, 'SIGKILL');
  const second = await eventually('another family', () => (kin().length === 6 ? kin().slice(3) : null));
  for (const pid of first) assert.equal(lives(pid), false, `${pid} of the first family is gone before the second`);
  await stand.until('it runs again', (view) => instanceOf(view, 'family', 'a').phase === 'active');

  assert.equal((await stand.cli('stop', 'family', '--why', 'test')).code, 0);
  await stand.until('it is stopped', (view) => instanceOf(view, 'family', 'a').phase === 'down');
  for (const pid of second) assert.equal(lives(pid), false, `${pid} of the second family is gone`);

  const deaf = pidOf((await stand.status())!, 'deaf', 'a');
  assert.equal((await stand.cli('stop', 'deaf', '--why', 'test')).code, 0);
  const down = await stand.until('the deaf one is stopped', (view) => instanceOf(view, 'deaf', 'a').phase === 'down');
  assert.equal(instanceOf(down, 'deaf', 'a').lastExit?.signal, 'SIGKILL');
  assert.equal(lives(deaf), false);
  assert.match(stand.output('deaf', 'a'), /SIGTERM\? no/, 'it was asked first');
});

test('what exits at once for ever is tried ever more rarely, never given up, and the incident counts', async (t) => {
  const stand = makeStand(
    t,
    `${oneHost}  gone: { run: "sh -c 'echo bye; exit 3'", backOff: { upTo: 1m } }
  missing: { run: ./no-such-program }
  forbidden: { run: ./not-executable }
  fine: { run: sleep 1000 }
`,
  );
  stand.write('#!/bin/sh\n', 'not-executable');
  const up = await stand.cli('up', stand.folder, '--detach', '--timeout', '2s');
  assert.equal(up.code, 1);
  // Between two tries: while one is under way, that is said instead.
  const says: [string, RegExp][] = [
    ['gone', /exit(ed)?.* 3/],
    ['missing', /no-such-program/],
    ['forbidden', /not-executable/],
  ];
  const view = await stand.until(
    'tried four times',
    (now) =>
      /tried ([4-9]|\d\d+) times, next in/.test(now.incidents.find((each) => each.service === 'gone')?.cause ?? '') &&
      says.every(([service, why]) => why.test(instanceOf(now, service, 'a').reason ?? '')),
  );
  assert.equal(instanceOf(view, 'fine', 'a').phase, 'active');
  const tries = stand.output('gone', 'a').split('\n').length - 1;
  const more = await stand.until('it goes on trying', () => stand.output('gone', 'a').split('\n').length - 1 > tries);
  assert.equal(more.severity, 1);
  const ends = (await stand.journal()).filter((line) => line.kind === 'ended' && line.service === 'gone');
  const gaps = ends.slice(1).map((line, index) => line.atMs - (ends[index]?.atMs ?? 0));
  // A busy machine makes any of them longer, and none shorter.
  assert.ok((gaps.at(-1) ?? 0) > 1.5 * Math.min(...gaps), `the gaps grow: ${gaps.join(', ')}`);
});

test('output without pause, and bytes that are no text, cost neither the disk nor the service', async (t) => {
  const stand = await startStand(
    t,
    `${oneHost}  flood: { run: node ${services}/flood.mjs, logs: { maxSize: 4MiB, keep: 2 } }
  binary: { shell: "while :; do head -c 100 /dev/urandom; printf '\\\\000\\\\377\\\\033[2J'; sleep 0.05; done" }
`,
  );
  const pid = pidOf((await stand.status())!, 'flood', 'a');
  const wrote = (): number => Number(/^wchar: (\d+)/m.exec(textOf(`/proc/${pid}/io`))?.[1] ?? 0);
  // At 100 MB/s: two seconds, the longest that it goes without a look, and two more.
  await eventually('the flood is known', () => wrote() > 220e6);
  let most = 0;
  await eventually('it has written 200 MB more', () => {
    most = Math.max(most, sizeOf(stand.at('a', 'log')));
    return wrote() > 420e6;
  });
  const view = (await stand.status())!;
  assert.equal(pidOf(view, 'flood', 'a'), pid, 'it stays');
  assert.equal(view.severity, 0);
  assert.ok(most < 100e6, `the disk held ${most} bytes at most`);
  const logs = await stand.cli('logs', 'binary', '-n', '3');
  assert.equal(logs.code, 0);
  assert.equal((await stand.cli('stop', 'flood')).code, 0);
  await stand.until('it is down', (now) => instanceOf(now, 'flood', 'a').phase === 'down');
  // Two old ones of twice 4 MiB at most, and the newest below 4 MiB.
  await eventually('what is left is within its limits', () => sizeOf(stand.at('a', 'log')) < 21.5e6);
  assert.ok((await stand.journal()).some((line) => line.kind === 'rotated' && line.service === 'flood'));
});

test('what needs is started after, stopped before, and follows when it comes back', async (t) => {
  const log = 'order.log';
  // Ready when it has written its line: the order of the lines is then that of the starts, not of who came to run first.
  const line = (name: string): string =>
    `{ shell: "trap 'echo ${name} down >> ${log}; exit 0' TERM; echo ${name} up >> ${log}; echo written; while :; do sleep 0.05; done", ready: { log: written }`;
  const stand = await startStand(
    t,
    `${oneHost}  third: ${line('third')}, needs: [second] }
  second: ${line('second')}, needs: [first] }
  first: ${line('first')} }
`,
  );
  const said = (): string[] =>
    readFileSync(`${stand.folder}/${log}`, 'utf8')
      .split('\n')
      .filter((each) => each !== '');
  assert.deepEqual(said(), ['first up', 'second up', 'third up']);
  const before = (await stand.status())!;
  assert.equal((await stand.cli('stop', 'first', '--why', 'to see who follows')).code, 0);
  await stand.until('the first is down', (view) => instanceOf(view, 'first', 'a').phase === 'down');
  assert.equal((await stand.cli('start', 'first')).code, 0);
  await stand.until('all is back', (view) => asPlanned(view) && view.severity === 0);
  assert.notEqual(pidOf((await stand.status())!, 'first', 'a'), pidOf(before, 'first', 'a'));
  const marks = said().length;
  assert.equal((await stand.cli('down')).code, 0);
  assert.deepEqual(said().slice(marks), ['third down', 'second down', 'first down']);
});

test('schedules open and close in their own zone, and what finishes is done', async (t) => {
  const zone = 'Pacific/Kiritimati';
  const stand = makeStand(
    t,
    `${oneHost}  now: { run: sleep 1000, schedule: "${around(zone, -60, 60)} ${zone}" }
  later: { run: sleep 1000, schedule: "${around(zone, 60, 120)} ${zone}" }
  elsewhere: { run: sleep 1000, schedule: "${around(zone, -60, 60)} ${'America/Los_Angeles'}" }
  done: { run: "true", finishes: true, schedule: "${around('UTC', -60, 60)} UTC" }
  undone: { run: "sh -c 'test -e go || exit 4'", finishes: true, schedule: "${around('UTC', -60, 60)} UTC" }
`,
  );
  assert.equal((await stand.cli('up', stand.folder, '--detach', '--timeout', '1s')).code, 1);
  const view = await stand.until(
    'one runs, one fails, one is done',
    (each) =>
      each.severity === 1 &&
      instanceOf(each, 'now', 'a').phase === 'active' &&
      instanceOf(each, 'done', 'a').lastExit?.code === 0,
  );
  for (const name of ['later', 'elsewhere', 'done']) {
    const instance = instanceOf(view, name, 'a');
    assert.deepEqual([instance.phase, instance.planned, instance.severity], ['down', 'down', 0], name);
  }
  assert.equal(instanceOf(view, 'done', 'a').restarts, 0);
  stand.write('', 'go');
  const after = await stand.until('it finishes in the end', (each) => each.severity === 0);
  assert.equal(instanceOf(after, 'undone', 'a').planned, 'down');
});

/** `mon-sun HH:MM-HH:MM` around now in a zone, minutes before and after; a window past midnight is cut there. */
function around(zone: string, fromMinutes: number, toMinutes: number): string {
  const clock = (minutes: number): string =>
    new Date(Date.now() + minutes * 60_000).toLocaleTimeString('en-GB', {
      timeZone: zone,
      hour: '2-digit',
      minute: '2-digit',
    });
  return `mon-sun ${clock(fromMinutes)}-${clock(toMinutes)}`;
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(`${folder}/${name}`, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
