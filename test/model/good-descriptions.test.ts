// Good descriptions, and what they are read as: test/descriptions/good/NAME.yaml, with the system beside each.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { planExternal, planInstance } from '../../src/model/instance.ts';
import { readDescription } from '../../src/model/read.ts';
import { descriptionSchema } from '../../src/model/schema.ts';
import type { System } from '../../src/model/system.ts';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, '..', 'descriptions', 'good');
const examples = join(import.meta.dirname, '..', '..', 'examples');
const asText: (value: unknown) => string = String;

for (const file of globSync('*.yaml', { cwd: folder }))
  test(`${file} is read as written beside it`, (t) => {
    const system = read(join(folder, file));
    t.assert.fileSnapshot(
      `${JSON.stringify({ ...system, hash: '…' }, null, 1)}\n`,
      join(folder, file.replace(/yaml$/, 'system.json')),
      {
        serializers: [asText],
      },
    );
    assert.match(system.hash, /^[0-9a-f]{64}$/);
  });

for (const file of globSync('*/standfast.yaml', { cwd: examples }))
  test(`examples/${file} is good, and its first line points editors at the schema`, () => {
    read(join(examples, file));
    assert.match(
      readFileSync(join(examples, file), 'utf8'),
      /^# yaml-language-server: \$schema=\.\.\/\.\.\/schema\/standfast\.schema\.json\n/,
    );
  });

test('the JSON Schema takes every good description, and what the reader takes is what it takes', () => {
  const schema = z.fromJSONSchema(descriptionSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  for (const file of [...globSync(join(folder, '*.yaml')), ...globSync(join(examples, '*/standfast.yaml'))]) {
    const result = schema.safeParse(parse(readFileSync(file, 'utf8')));
    assert.ok(result.success, `${file}: ${JSON.stringify(result.error?.issues)}`);
  }
  const small = {
    system: 's',
    objective: { unavailable: '1m', per: '1d', recoverWithin: '10s' },
    hosts: {},
    services: {},
  };
  assert.ok(schema.safeParse(small).success);
  for (const wrong of [
    { ...small, system: 7 },
    { ...small, extra: 1 },
    { ...small, hosts: { a: {} } },
    { ...small, objective: { ...small.objective, per: 'soon' } },
  ])
    assert.ok(!schema.safeParse(wrong).success, JSON.stringify(wrong));
});

test('no plan of a good description refers to a name that nobody defines', () => {
  for (const file of globSync('*.yaml', { cwd: folder })) {
    const system = read(join(folder, file));
    for (const service of system.services) {
      if (service.kind === 'external') {
        assert.equal(planExternal(system, service).checks.length, service.detect.checks.length);
        continue;
      }
      for (const { host } of service.on) {
        const plan = planInstance(system, service, host);
        assert.deepEqual(plan.unknownNames, [], `${file}: ${service.name}@${host}`);
        const { command, ...rest } = plan;
        assert.doesNotMatch(JSON.stringify(rest), /\$\{/);
        if (command.kind === 'argv' && service.name !== 'book') assert.doesNotMatch(JSON.stringify(command), /\$\{/);
      }
    }
  }
});

function read(path: string): System {
  const { system, errors } = readDescription({ text: readFileSync(path, 'utf8'), file: path, folder: '/srv/pricing' });
  assert.deepEqual(errors, []);
  assert.ok(system !== null);
  return system;
}
