// Three machines and an etcd: started one by one, seen and driven from any of them; promises by TLS keep the active while the store is away, one silent peer ends
// that in time; a machine that takes a cut-off one's name is no second active; and an incident is told though its teller dies.

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import type { StatusView } from '../../src/api.ts';
import { addressOf, machinesMissing, makeNetwork, storeAddress, storeUrl, type Machine } from './machines.ts';
import { activeOn, asPlanned, eventually, instanceOf, pidOf, signal, textOf } from './stand.ts';

const skip = machinesMissing();

const service = `trap 'echo active' USR1
echo hello from $STANDFAST_HOST
while :; do sleep 1000 & wait $!; done
`;

const description = (more = ''): string => `system: far
objective: { unavailable: 10m, per: 60m, recoverWithin: 6s }
store: { etcd: ["${storeUrl}"] }
${more}hosts:
  a: { address: ${addressOf(1)} }
  b: { address: ${addressOf(2)} }
  c: { address: ${addressOf(3)} }
services:
  s:
    run: [sh, s.sh]
    policy: hot-active/warm-active
    on: [a, b, c]
    # A signal that comes before it listens for it would end it.
    ready: { log: hello }
    activate: { signal: SIGUSR1 }
`;

/** `up` with the program of the service beside the description. */
async function up(machine: Machine, ...words: readonly string[]): Promise<void> {
  writeFileSync(join(machine.folder, 's.sh'), service);
  const { code, stdout, stderr } = await machine.cli('up', machine.folder, '--detach', ...words);
  assert.equal(code, 0, `up on ${machine.host}: ${stderr}\n${stdout}`);
}

const hostState = (view: StatusView, host: string): string | undefined =>
  view.hosts.find((each) => each.name === host)?.state;
const allUp = (view: StatusView): boolean => view.hosts.every((each) => each.state === 'up') && asPlanned(view);

test('three machines stand as one system, by the store, by promises, and when one is replaced', { skip }, async (t) => {
  const network = await makeNetwork(t, ['a', 'b', 'c'], description());
  const [a, b, c] = ['a', 'b', 'c'].map((host) => network.machine(host));
  assert.ok(a !== undefined && b !== undefined && c !== undefined);

  // Nothing is started for the host of another machine, nor on a machine of none.
  const wrong = await a.cli('up', a.folder, '--host', 'b');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /host b \(10\.77\.0\.2\) is not this machine/);

  await up(a);
  // The same text in another folder is the same description; another text is not, and names the difference.
  await up(b);
  writeFileSync(join(c.folder, 's.sh'), service);
  const given = join(c.folder, 'standfast.yaml');
  const same = readFileSync(given, 'utf8');
  writeFileSync(given, same.replace('recoverWithin: 6s', 'recoverWithin: 7s'));
  const other = await c.cli('up', c.folder, '--detach');
  assert.equal(other.code, 2, other.stdout);
  assert.match(other.stderr, /SF-306[^]*recoverWithin[^]*apply/);
  writeFileSync(given, same);
  await up(c, '--host', 'c');
  for (const each of [a, b, c]) await each.until('all are up', allUp);
  assert.equal(statSync(join(a.state, 'far', 'a', 'peer.pem')).mode & 0o777, 0o600);

  // From any machine: what was written, the journal, an act, the lines between them.
  await eventually('c shows what was written on a', async () =>
    /hello from a\nactive/.test((await c.cli('logs', 's@a')).stdout),
  );
  const restarted = pidOf(await b.until('b is up', allUp), 's', 'b');
  assert.equal((await c.cli('restart', 's@b', '--why', 'to see')).code, 0);
  await c.until('it was restarted on b', (view) => {
    const { pid } = instanceOf(view, 's', 'b');
    return asPlanned(view) && pid !== null && pid !== restarted;
  });
  const hosts = new Set((await c.journal()).map((line) => line.host));
  assert.deepEqual([...hosts].toSorted(), ['a', 'b', 'c']);
  const doctor = await c.cli('doctor');
  assert.match(doctor.stdout, /line to a[^\n]*TLS/);
  assert.match(doctor.stdout, /line to b[^\n]*TLS/);

  // The store stands still: all promise, and the active stays for many times as long as a session lasts.
  const before = await a.until('a is active', (view) => activeOn(view, 's') === 'a');
  const pid = pidOf(before, 's', 'a');
  network.stopStore();
  const away = await a.until('the store is away', (view) => !view.store.reachable);
  const still = await a.until('it is away for 6 s', (view) => view.atMs - away.atMs > 6000);
  assert.equal(pidOf(still, 's', 'a'), pid, 'the same process');
  assert.equal(activeOn(still, 's'), 'a');
  assert.ok((instanceOf(still, 's', 'a').validForMs ?? 0) > 0);

  // One of them falls silent: it steps down. Nobody else is active, since nobody can take over.
  c.cut();
  await a.until('it has stepped down', (view) => activeOn(view, 's') === null);
  const lapse = await eventually('that is written down', async () =>
    (await a.journal()).findLast((line) => line.rule === 124),
  );
  // On a machine so busy that b takes a session to answer, b too.
  assert.match(JSON.stringify(lapse.because['noPromise']), /"c"/);
  assert.equal(activeOn((await b.status()) ?? assert.fail('b answers'), 's'), null);
  await c.until('it hears nobody, and says so', (view) =>
    ['a', 'b'].every((host) => hostState(view, host) === 'silent'),
  );
  network.startStore();
  const back = await b.until('it is active again', (view) => activeOn(view, 's') !== null);
  assert.ok(['a', 'b'].includes(activeOn(back, 's') ?? ''));
  await b.until('c is down', (view) => hostState(view, 'c') === 'down');
  c.heal();
  for (const each of [a, b, c]) await each.until('all are up again', allUp);

  // Another machine takes the name and the address of the active one, which is only cut off.
  const settled = await b.until('one is active', (view) => activeOn(view, 's') !== null);
  const holder = activeOn(settled, 's') ?? '';
  const former = network.machine(holder);
  const witness = holder === 'b' ? a : b;
  former.cut();
  const replacement = network.replacement(holder);
  await up(replacement, '--host', holder);
  // The new machine may stand before the former session is over, and then all looks as before: a new term tells that it is.
  const formerTerm = instanceOf(settled, 's', holder).term;
  const after = await witness.until('all are up, with the new machine, in a new term', (view) => {
    const active = activeOn(view, 's');
    return allUp(view) && active !== null && instanceOf(view, 's', active).term > formerTerm;
  });
  assert.equal(
    activeOn((await former.status()) ?? assert.fail('the former answers'), 's'),
    null,
    'it has stepped down',
  );
  // Who hears first that the former session is over takes the lease: the new machine may, as well as who ended that session. But in its own session and in
  // a new term, and nobody else has that term.
  const lines = await eventually('its activation is written down', async () => {
    const found = await replacement.journal();
    const active = found.findLast(({ kind, service: of }) => kind === 'active' && of === 's');
    return active?.host === activeOn(after, 's') && (active.term ?? 0) > formerTerm ? found : null;
  });
  const ofNew = lines.filter((line) => line.host === holder);
  // How far that had come when the new machine looked is a matter of moments: rule 113 waits for it, 114 would be its own doing, and 112 first going on with it.
  const said = ofNew.filter((line) => line.kind === 'session');
  const rules = said.map((line) => line.rule);
  const first = rules.indexOf(110);
  assert.ok(
    first >= 0 && !rules.slice(0, first).includes(112) && !rules.includes(114),
    `others ended the former session: ${rules.join(', ')}`,
  );
  const begun = said[first]?.seq ?? assert.fail('it began no session');
  for (const line of ofNew.filter(({ kind }) => kind === 'active'))
    assert.ok(line.seq > begun && (line.term ?? 0) > formerTerm, `active only in its own session: ${line.seq}`);
  const later = lines.filter(({ kind, term }) => kind === 'active' && (term ?? 0) > formerTerm);
  assert.equal(new Set(later.map(({ term }) => term)).size, later.length, 'one host in each term');

  // All of it goes down from one of them; the former machine, which nobody hears, is none of theirs any more.
  const down = await witness.cli('down');
  assert.equal(down.code, 0, down.stderr);
  assert.match(down.stdout, /Told over there[^\n]*: \w, \w\./);
  await eventually('the others are down too', async () => (await replacement.status()) === null);
});

/** Takes what it is sent, and answers only when told to. In the words of a plain Node of any version. */
const pager = `
const { createServer } = require('node:http');
const { appendFileSync, existsSync } = require('node:fs');
createServer((request, response) => {
  let body = '';
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    const { event, incident } = JSON.parse(body);
    const held = !existsSync('answering');
    appendFileSync('told', JSON.stringify({ event, cause: incident.cause, from: request.socket.remoteAddress, held }) + '\\n');
    if (!held) response.writeHead(204).end();
  });
}).listen(8080, '${storeAddress}', () => console.log('listening'));
`;

test('an incident is told by another machine when its teller is lost in the middle of it', { skip }, async (t) => {
  const notify = `notify: [ { webhook: "http://${storeAddress}:8080/hook", from: 2 } ]\n`;
  const network = await makeNetwork(
    t,
    ['a', 'b', 'c'],
    description(notify).replace(
      'services:\n',
      `services:\n  web: { run: [sh, web.sh], on: [c], backOff: { upTo: 1s } }\n`,
    ),
  );
  const [a, b, c] = ['a', 'b', 'c'].map((host) => network.machine(host));
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const folder = join(a.folder, '..');
  writeFileSync(join(folder, 'pager.cjs'), pager);
  const listening = network.beside(process.execPath, join(folder, 'pager.cjs'));
  await new Promise((resolve) => listening.stdout?.once('data', resolve));
  const told = (): { event: string; cause: string; from: string; held: boolean }[] =>
    textOf(join(folder, 'told'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { event: string; cause: string; from: string; held: boolean });
  for (const each of [a, b, c]) {
    writeFileSync(join(each.folder, 'web.sh'), 'test -e broken && exit 1\nexec sleep 1000\n');
    await up(each);
  }
  const before = await c.until('all are up', allUp);

  writeFileSync(join(c.folder, 'broken'), '');
  signal(pidOf(before, 'web', 'c'), 'SIGKILL');
  const ofWeb = (): ReturnType<typeof told> => told().filter((each) => each.cause.startsWith('web'));
  await eventually('the first machine tells it', () => ofWeb().length > 0);
  assert.deepEqual(
    ofWeb().map((each) => [each.event, each.from, each.held]),
    [['opened', addressOf(1), true]],
  );
  writeFileSync(join(folder, 'answering'), '');
  await a.lose();
  await eventually('another machine tells it', () => ofWeb().some((each) => !each.held));
  await b.until('a is down', (view) => hostState(view, 'a') === 'down');
  await eventually('the loss of a is told', () => told().some((each) => each.cause.includes('host a')));
  assert.deepEqual(
    ofWeb().map((each) => [each.event, each.from]),
    [
      ['opened', addressOf(1)],
      ['opened', addressOf(2)],
    ],
    'once by each: the first one had no answer',
  );
});
