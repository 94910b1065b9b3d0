// Incidents that the store does not have yet: which go on under their own name, and which give way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { merged, unsaved, unstored } from '../../src/decide/unsaved.ts';
import { markTold, type Incident } from '../../src/judge/incident.ts';
import { reconcile, type DesiredIncident } from '../../src/judge/incidents.ts';
import { wallMs } from '../../src/model/units.ts';

const want = (key: string): DesiredIncident => ({
  key,
  severity: 1,
  service: null,
  instance: null,
  host: null,
  cause: { kind: 'as-reported', facts: { text: key } },
  also: [],
});

/** One that opened at `atMs`. */
function opened(key: string, atMs: number, told: boolean): Incident {
  const [incident] = reconcile([], [want(key)], wallMs(atMs)).open;
  assert.ok(incident !== undefined);
  return told ? (markTold([incident], incident.id, 1)[0] ?? incident) : incident;
}

const idsOf = (all: readonly Incident[]): readonly string[] => all.map(({ id }) => id);

test('what people were told of keeps its name, whoever reports when the store is back', () => {
  const told = opened('store', 1000, true);
  const silent = opened('service:pricer', 1000, false);
  const theirs = [opened('service:pricer', 2000, true)];
  assert.deepEqual(idsOf(unstored({ list: [told, silent], stored: null, theirs })), [told.id]);
  assert.deepEqual(idsOf(unsaved([told], [told, silent])), [silent.id], 'what stands in the store is saved');
});

test('the same under two names: the one that everybody knows goes on, the other ends once', () => {
  const ours = opened('store', 2000, true);
  const theirs = opened('store', 1000, true);
  const both = merged([ours], [theirs]);
  assert.deepEqual(idsOf(both), [theirs.id, ours.id]);
  const { open } = reconcile(both, [want('store')], wallMs(3000));
  const states = open.map(({ id, resolvedAtMs, events }) => [id, resolvedAtMs, events.map(({ kind }) => kind)]);
  assert.deepEqual(states, [
    [theirs.id, null, ['opened']],
    [ours.id, 3000, ['opened', 'resolved']],
  ]);
  assert.deepEqual(idsOf(merged([opened('store', 2000, false)], [theirs])), [theirs.id], 'nobody has to hear of ours');
});

test('what is over is carried on until that was told', () => {
  const ended = reconcile([opened('store', 1000, true)], [], wallMs(2000)).open;
  assert.deepEqual(idsOf(unsaved(null, ended)), idsOf(ended));
  const told = ended.flatMap((each) => markTold([each], each.id, 2));
  assert.deepEqual(unsaved(null, told), []);
});
