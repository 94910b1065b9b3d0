// Failure modes on the running product: a property taken out of a file ends a service; the incident names it first, with a harmless change at the same time,
// and one step puts the file back. A healthy system calls nobody.

import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { incidentsIn, makeStand } from './stand.ts';

const description = `
system: modes
objective: { unavailable: 10m, per: 60m, recoverWithin: 1m }
hosts: { a: { address: 127.0.0.1 } }
services:
  pricer:
    shell: 'while grep -q ^rates.url= etc/pricer.properties; do sleep 0.1; done; echo "no rates.url"; exit 7'
    on: a
    files: [ { path: etc/pricer.properties } ]
    watch: { properties: [ { file: etc/pricer.properties, name: rates.url } ] }
    backOff: { upTo: 1s }
  feed:
    shell: 'exec sleep 3600'
    on: a
    files: [ { path: etc/feed.properties }, { path: etc/pricer.properties } ]
`;

test('a property that is gone is named first, explained, and put back in one step', async (t) => {
  const stand = makeStand(t, description);
  stand.write(description, 'standfast.yaml');
  const good = '# rates\nrates.url=http://one\n';
  mkdirSync(join(stand.folder, 'etc'), { recursive: true });
  const file = join(stand.folder, 'etc', 'pricer.properties');
  writeFileSync(file, good);
  writeFileSync(join(stand.folder, 'etc', 'feed.properties'), 'a=1\n');
  await stand.up();
  const kept = stand.at('a', 'known-good', 'files.json');
  // The detectors have seen both files once: that is the last known good.
  await stand.until('the last known good is kept', () => {
    try {
      return readFileSync(kept, 'utf8').includes('feed.properties');
    } catch {
      return false;
    }
  });
  const healthy = await stand.status();
  assert.deepEqual(healthy?.incidents, [], 'nobody is called while all is well');

  writeFileSync(file, '# rates\n');
  appendFileSync(join(stand.folder, 'etc', 'feed.properties'), '# a comment\n');
  const named = await stand.until('the mode is named', ({ incidents }) =>
    incidents.some(
      ({ service, cause, modes }) =>
        service === 'pricer' && cause.includes('exit status 7') && modes[0]?.mode === 'property-changed',
    ),
  );
  const incident = named.incidents.find(({ cause }) => cause.includes('exit status 7'));
  assert.match(incident?.modes[0]?.text ?? '', /^a: rates.url (is missing )?in .*pricer.properties/);
  assert.equal(incident?.modes[0]?.runbook, 'docs/runbooks/modes/configuration.md');
  const explained = await stand.cli('explain', incident?.id ?? '');
  assert.match(explained.stdout.replaceAll(/\s+/g, ' '), /(Likely|Possibly) property-changed: a: rates.url/);

  const before = await stand.cli('known-good', 'pricer@a');
  assert.equal(before.code, 1);
  assert.match(before.stdout, /^-rates.url=http:\/\/one$/m);
  assert.equal((await stand.cli('known-good', 'pricer@a', '--put-back')).code, 0);
  assert.equal(readFileSync(file, 'utf8'), good);
  await stand.until(
    'it stands again',
    (view) => view.services.every(({ active }) => active.length === 1) && incidentsIn(view).length === 0,
  );
  assert.equal((await stand.cli('known-good', 'pricer@a')).code, 0);

  // It belongs to feed too, and so do its permissions; what is taken back is what was put back last, and no `.before` of an earlier time.
  chmodSync(file, 0o600);
  const closed = await stand.cli('known-good', 'feed');
  assert.equal(closed.code, 1);
  assert.match(closed.stdout, /^the mode of .*pricer.properties was 644 and is 600$/m);
  assert.equal((await stand.cli('known-good', 'feed', '--put-back')).code, 0);
  assert.equal(statSync(file).mode & 0o7777, 0o644);
  assert.equal((await stand.cli('known-good', 'feed', '--take-back')).code, 0);
  assert.equal(statSync(file).mode & 0o7777, 0o600);
  assert.ok(!existsSync(`${file}.before`));
  const secret = '# rates\nrates.url=http://two\n';
  writeFileSync(file, secret);
  const hidden = await stand.cli('known-good', 'feed');
  assert.match(hidden.stdout, /: 1 line new, 1 line gone\. Not everybody may read it/);
  assert.doesNotMatch(hidden.stdout, /http/);
  writeFileSync(`${file}.before`, 'of last week');
  assert.equal((await stand.cli('known-good', 'feed', '--take-back')).code, 0);
  assert.equal(readFileSync(file, 'utf8'), secret);

  assert.equal((await stand.cli('runbook', 'stands', 'feed', '--since', '1h')).code, 0);
  const later = await stand.cli('runbook', 'stands', 'feed@a', '--since', `@${Date.now() / 1000}`);
  assert.deepEqual([later.code, later.stdout], [1, 'feed@a is active: it was started before\n']);
});
