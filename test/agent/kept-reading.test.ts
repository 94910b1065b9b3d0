// What an agent recalls instead of reading it is the very same system; anything but the same text in the same place is read.
import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { keepReading, openReading } from '../../src/agent/kept-reading.ts';
import { readDescription } from '../../src/model/read.ts';

const root = join(import.meta.dirname, '../..');
const pricing = readFileSync(join(root, 'examples/pricing/standfast.yaml'), 'utf8');

test('what is recalled is what would be read', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'standfast-reading-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'reading.bin');
  const examples = globSync('examples/*/standfast.yaml', { cwd: root });
  assert.ok(examples.length > 0);
  for (const example of examples) {
    const given = { text: readFileSync(join(root, example), 'utf8'), file: example, folder };
    const read = readDescription(given);
    assert.ok(read.system !== null, example);
    keepReading(file, given, read.system);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const reading = openReading(file);
    assert.deepStrictEqual(reading.read(given), read);
    assert.ok(!reading.isLoaded(), 'nothing was read');
    for (const other of [{ text: `${given.text}\n` }, { folder: '/elsewhere' }, { file: 'other.yaml' }])
      assert.equal(reading.read({ ...given, ...other }), null);
  }
});

test('what is kept by others, or broken, is read anew and kept', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'standfast-reading-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'reading.bin');
  const given = { text: pricing, file: 'standfast.yaml', folder };
  const reading = openReading(file);
  assert.equal(reading.read(given), null, 'nothing is there yet');
  await reading.load();
  const read = reading.read(given);
  assert.deepStrictEqual(read, readDescription(given));
  assert.deepStrictEqual(openReading(file).read(given), read, 'the next life need not read it');

  const whole = readFileSync(file);
  for (const broken of [whole.subarray(0, 40), whole.subarray(0, whole.length - 1), Buffer.alloc(0)]) {
    writeFileSync(file, broken);
    assert.equal(openReading(file).read(given), null, `of ${broken.length} bytes`);
    assert.deepStrictEqual(reading.read(given), read);
  }
  const wrong = reading.read({ ...given, text: 'system: [' });
  assert.equal(wrong?.system, null);
  assert.deepStrictEqual(openReading(file).read(given), read, 'what is wrong takes nobody’s place');
});

test('where nothing can be kept, it is read all the same', async () => {
  const given = { text: pricing, file: 'standfast.yaml', folder: '/' };
  const reading = openReading('/proc/no/such/place');
  await reading.load();
  assert.deepStrictEqual(reading.read(given), readDescription(given));
});
