// What a console shows of hosts on other machines: journals, outputs, checks and figures gathered through the agents' lines, and, when such a host is lost,
// what it told last, with its age. Two real machines (network namespaces) for the whole; a made line for what takes long or many lines.

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ElsewhereAnswer, ElsewhereQuestion, JournalLine } from '../../src/api.ts';
import { openFar } from '../../src/web/far.ts';
import { openPort } from '../../src/web/port.ts';
import { addressOf, machinesMissing, makeNetwork, storeUrl } from '../system/machines.ts';
import { asPlanned, eventually, pidOf, signal } from '../system/stand.ts';

const description = `system: far
objective: { unavailable: 10m, per: 60m, recoverWithin: 6s }
store: { etcd: ["${storeUrl}"] }
hosts:
  a: { address: ${addressOf(1)} }
  b: { address: ${addressOf(2)} }
services:
  s:
    run: [sh, -c, "echo hello from $STANDFAST_HOST; exec sleep 1000"]
    policy: hot-active/hot-active
    consumers: dropDuplicates
    on: [a, b]
    ready: { command: test -e may-begin }
    detect: { checks: [{ command: "true", every: 500ms }] }
    impact: Nobody is greeted.
`;

test(
  'the console of one machine gathers what lies on another, and says how old it is',
  { skip: machinesMissing() },
  async (t) => {
    const network = await makeNetwork(t, ['a', 'b'], description);
    const [a, b] = ['a', 'b'].map((host) => network.machine(host));
    assert.ok(a !== undefined && b !== undefined);
    for (const each of [a, b]) {
      writeFileSync(join(each.folder, 'standfast.yaml'), description);
      writeFileSync(join(each.folder, 'may-begin'), '');
      const { code, stderr } = await each.cli('up', each.folder, '--detach');
      assert.equal(code, 0, stderr);
    }
    const whole = await a.until(
      'both are up',
      (view) => view.hosts.every((each) => each.state === 'up') && asPlanned(view),
    );
    // As the console's process of host a has it.
    const port = openPort({
      state: a.state,
      system: 'far',
      me: 'a',
      vocabulary: { rules: new Map(), cause: () => 'a cause' },
    });
    await port.topology();

    const logs = await eventually('the line between the machines', async () => {
      const found = await port.logs('s', null, 50);
      return found.outputs.length === 2 ? found : null;
    });
    assert.deepEqual(
      logs.outputs.map((each) => [each.host, each.lines[0]]),
      [
        ['a', 'hello from a'],
        ['b', 'hello from b'],
      ],
    );
    assert.deepEqual(logs.missing, []);
    const ofB = { sinceMs: null, untilMs: null, service: 's', host: 'b', kinds: null, incident: null, search: null };
    const journal = await port.journal({ ...ofB, limit: 100 });
    assert.ok(journal.lines.length > 0 && journal.lines.every((line) => line.host === 'b'));
    assert.deepEqual(journal.missing, []);
    const details = await eventually('the figures and a check of b', async () => {
      const found = (await port.details()).of.find((each) => each.host === 'b');
      const used = found?.figures?.processors?.used ?? null;
      return found !== undefined && used !== null && found.checks.length > 0 ? found : null;
    });
    assert.ok((details.figures?.memory?.total ?? 0) > 0);
    assert.ok(details.figures?.disks?.some((each) => each.at === '/' && each.free > 0));
    assert.ok(details.figures?.processes?.some((each) => each.service === 's' && each.memory > 0));

    // An incident of b that is over is told with what was done, from the journals. It lasts until a, who keeps the incidents, has it: an end whose
    // restart is ready within milliseconds reaches a in one report with that, and is told in the journal alone.
    rmSync(join(b.folder, 'may-begin'));
    signal(pidOf(whole, 's', 'b'), 'SIGKILL');
    await a.until('an incident is open', (view) => view.incidents.some((each) => each.service === 's'));
    writeFileSync(join(b.folder, 'may-begin'), '');
    await a.until(
      'b is back',
      (view) => asPlanned(view) && view.incidents.length === 0 && pidOf(view, 's', 'b') !== pidOf(whole, 's', 'b'),
    );
    const past = await eventually('an incident that is over', async () => {
      const found = await port.pastIncidents(0);
      return found.find((each) => each.resolvedAtMs !== null && each.service === 's') ?? null;
    });
    assert.equal(past.impact, 'Nobody is greeted.');
    assert.deepEqual((await port.incident(past.id))?.done, past.done);
    assert.ok((await port.explain(past.id, 0))?.steps.some((step) => step.text.includes('is over')));

    await b.lose();
    const lost = await eventually('b cannot be asked', async () => {
      const found = await port.logs('s', null, 50);
      return found.missing.length > 0 ? found : null;
    });
    assert.deepEqual(lost.outputs.find((each) => each.host === 'b')?.lines[0], 'hello from b', 'what it told last');
    assert.equal(lost.missing[0]?.host, 'b');
    assert.ok((lost.missing[0]?.asOfMs ?? 0) > 0, 'with its age');
    const old = (await port.details()).missing.find((each) => each.host === 'b');
    assert.ok(old !== undefined && old.asOfMs !== null);
  },
);

const line = (seq: number, more: Partial<JournalLine> = {}): JournalLine => ({
  seq,
  host: 'b',
  atMs: 1_000_000 + seq * 1_000,
  kind: 'ready',
  service: 's',
  instance: null,
  term: null,
  rule: null,
  because: {},
  ...more,
});

test('a host that was asked is asked again only for what came since, and is believed about nothing else', async () => {
  const written: JournalLine[] = Array.from({ length: 6_000 }, (_, seq) => line(seq));
  const asked: ElsewhereQuestion[] = [];
  let answer: (of: ElsewhereQuestion) => Promise<ElsewhereAnswer> = (of) => {
    const { sinceMs, limit } = of.body as { sinceMs: number; limit: number };
    const found = written.filter((each) => each.atMs >= sinceMs).slice(-limit);
    return Promise.resolve({ ok: true, body: [...found, 'no line', { seq: 'x' }] });
  };
  const far = openFar((question) => {
    asked.push(question);
    return answer(question);
  });
  const beganMs = performance.now();
  const first = await far.journal('b', { sinceMs: 0, limit: 100 });
  assert.deepEqual([first.of?.length, first.of?.at(-1)?.seq, first.gap], [100, 5_999, null]);
  const all = await far.journal('b', { sinceMs: 0 });
  assert.equal(all.of?.length, 5_000);
  assert.match(all.gap?.why ?? '', /newest 5000 lines/, 'older ones are said to be missing');
  // An answer serves for a second; a busy machine may need longer than that for these two.
  if (performance.now() - beganMs < 1000) assert.equal(asked.length, 1, 'what was just asked is not asked again');

  written.push(line(6_000), line(6_001, { service: 'other' }));
  const further = await eventually('the next line', async () => {
    const found = await far.journal('b', { sinceMs: 0, limit: 1 });
    return found.of?.[0]?.seq === 6_001 ? found : null;
  });
  assert.equal(further.gap, null);
  const { body } = asked.at(-1) as { body: { sinceMs: number } };
  assert.ok(body.sinceMs > 6_900_000, 'only what came since');

  // Gone: what was known stands, with its age; a host that was never heard says only that.
  answer = () => Promise.resolve({ ok: false, why: 'its agent cannot be reached' });
  const gone = await eventually('the gap', async () => {
    const found = await far.journal('b', { sinceMs: 0, limit: 3 });
    return found.gap === null ? null : found;
  });
  assert.deepEqual([gone.of?.length, gone.gap?.why], [3, 'its agent cannot be reached']);
  assert.ok((gone.gap?.asOfMs ?? 0) > 0);
  assert.deepEqual(await far.output('c', 's', 5), {
    of: null,
    gap: { host: 'c', why: 'its agent cannot be reached', asOfMs: null },
  });
});

test('two who ask at once, each from another moment on, are each told all of theirs', async () => {
  const written = [line(1), line(2), line(3)];
  const far = openFar((of) => {
    const { sinceMs } = of.body as { sinceMs: number };
    return Promise.resolve({ ok: true, body: written.filter((each) => each.atMs >= sinceMs) });
  });
  const [late, early] = await Promise.all([
    far.journal('b', { sinceMs: line(3).atMs }),
    far.journal('b', { sinceMs: line(1).atMs }),
  ]);
  assert.deepEqual(
    [late, early].map(({ of, gap }) => [of?.map(({ seq }) => seq), gap]),
    [
      [[3], null],
      [[1, 2, 3], null],
    ],
  );
});

test('a host that does not answer is not waited for, and its late answer counts', async () => {
  const { promise, resolve } = Promise.withResolvers<ElsewhereAnswer>();
  const far = openFar(() => promise);
  const waited = await far.output('b', 's', 5);
  assert.deepEqual([waited.of, waited.gap?.why], [null, 'its agent does not answer']);
  resolve({ ok: true, body: { lines: ['late'], end: 4 } });
  const known = await eventually('the late answer', async () => (await far.output('b', 's', 5)).of);
  assert.deepEqual(known, ['late']);
});
