// Agents of two versions work together: what a newer one says beside what we know is no hindrance, and nobody is given a description that it cannot read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecord } from '../../src/agent/records.ts';
import { formatOf, newestFormat } from '../../src/model/format.ts';
import { ms } from '../../src/model/units.ts';
import { readScenario, begin, stage } from './world/scenario.ts';
import { leased, systemOf } from './world/describe.ts';

const scenario = readScenario(`# Two hosts, and another description.
hosts a b
service pricer warm-active on a b
then service pricer warm-active on a b; env 2
until 5s`);

test('every record is read whatever a newer agent adds to it, at any depth, and without what an older one leaves out', () => {
  const world = stage(scenario);
  begin(scenario, world);
  world.person('a', {
    kind: 'intent',
    verb: 'ban',
    service: null,
    host: 'b',
    acceptLoss: false,
    keep: false,
    forMs: ms(60_000),
  });
  world.at(4000, () => world.programs.crash('pricer', 'a'));
  world.run(6000);
  const kinds = new Set<string>();
  for (const [key, { value, revision }] of world.store.entries) {
    const known: unknown = JSON.parse(value);
    const before = readRecord({ key, value, revision });
    assert.ok(before !== null && before.value !== null, `${key} is read`);
    kinds.add(before.kind);
    const newer = readRecord({ key, value: JSON.stringify(added(known)), revision });
    assert.deepEqual(newer, before, `${key} with more in it`);
  }
  assert.deepEqual([...kinds].toSorted(), ['description', 'incidents', 'lease', 'report', 'session']);
  const { uses: _uses, reads: _reads, ...older } = world.host('a').agent?.state.lastReport ?? assert.fail('no report');
  const read = readRecord({ key: 'report/a', value: JSON.stringify(older), revision: 1 });
  assert.ok(read?.kind === 'report' && read.value?.reads === 1, 'one that does not say reads the first form');
  const unknown = readRecord({ key: 'something-new/x', value: '{}', revision: 1 });
  assert.equal(unknown, null, 'what is not known at all is left alone');
});

test('a description is refused, with the host named, when an agent there cannot read its form', () => {
  const world = stage(scenario);
  begin(scenario, world);
  world.run(5000);
  const { agent } = world.host('a');
  assert.ok(agent !== null && scenario.later !== null);
  const heard = agent.state.reports.get('b') ?? assert.fail('b was never heard');
  agent.state = {
    ...agent.state,
    reports: new Map(agent.state.reports).set('b', { ...heard, report: { ...heard.report, reads: 1 } }),
  };
  const ask = (format: number): void =>
    agent.hear({
      kind: 'person',
      request: 7,
      owner: 'ada',
      why: '',
      asks: {
        kind: 'apply',
        description: { text: '', folder: '/', file: 'x', hash: 'h', format },
        system: scenario.later ?? scenario.system,
        revision: agent.state.described?.revision ?? 0,
      },
    });
  ask(2);
  const refused = world.answers.at(-1)?.answer;
  assert.ok(refused?.ok === false && refused.code === 'SF-420' && refused.why.includes('agent of b'));
  ask(1);
  world.run(6000);
  assert.equal(world.answers.at(-1)?.answer.ok, true);
});

test('a text is of the lowest form that can say it', () => {
  const made = systemOf(['a', 'b'], [leased('pricer', ['a', 'b'])]);
  const plain = { ...made, hosts: made.hosts.map((host) => ({ ...host, fence: null })) };
  assert.equal(formatOf(plain), 1);
  const services = [leased('pricer', ['a', 'b'], { drain: { within: ms(1000) } })];
  assert.equal(formatOf({ ...plain, services }), newestFormat);
});

/** Whose keys are names, and not ours; a reason is kept as it came. */
const mappings = new Set(['facts', 'machines', 'cause']);

/** The same with a key more in every mapping. */
function added(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(added);
  if (typeof value !== 'object' || value === null) return value;
  const inside = Object.entries(value).map(([key, each]) => [key, mappings.has(key) ? each : added(each)]);
  return { ...(Object.fromEntries(inside) as object), somethingNew: { of: 'tomorrow' } };
}
