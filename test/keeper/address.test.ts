// An address that moves with the active one, between two machines made of network namespaces, asked all the time by a third. What answers is a
// program that nobody ends: so it is the address itself that must be silent when it is to be.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { monoNow } from '../../src/keeper/clock.ts';
import type { Route } from '../../src/model/system.ts';
import { after as later, monoMs, type MonoMs } from '../../src/model/units.ts';
import { ip, Network, networkMissing } from './network.ts';
import type { Heard, Machine } from './network.ts';
import { failure, inMs, leased, startRequest, value } from './process-manager.cases.ts';
import { eventually } from './waiting.ts';

const skip = networkMissing();
const routes: readonly Route[] = [
  { address: '10.9.0.100', prefix: 24, family: 4, dev: null },
  { address: 'fd00::100', prefix: 64, family: 6, dev: null },
];
const instance = 'held@a#1';
/** Another name, for the two share a list of processes. */
const other = 'held@b#1';

for (const [index, route] of routes.entries())
  describe(`an address of IPv${route.family} that moves`, { skip }, () => {
    test('one machine answers, until its deadline and no longer, whoever is killed', async (t) => {
      const { network, machines } = await stage(t, index);
      const [a, b] = machines;
      const heard: Heard[] = [];
      network.ask(route.address, (one) => heard.push(one));
      const answers = (who: string, after: number): Promise<void> =>
        eventually(() => heard.some((one) => one.who === who && one.sent > after), `${who} answers`);

      value(await a.client.activate({ instance, term: 1, deadline: inMs(60_000), signal: null, route }));
      await answers('a', 0);

      const taken = failure(
        await b.client.activate({ instance: other, term: 2, deadline: inMs(60_000), signal: null, route }),
      );
      assert.equal(taken.code, 'SF-620');
      assert.match(taken.why, /is answered by another machine, [0-9a-f:]{17}/);
      assert.ok(!b.addresses().includes(route.address), 'it is not put up twice');

      // rules that others flushed are there again with the next extension
      const mended = (holds: () => boolean, what: string): Promise<void> =>
        eventually(async () => {
          value(await a.client.extend([{ instance, term: 1, deadline: inMs(60_000) }]));
          return holds();
        }, what);
      a.run('nft', 'flush', 'ruleset');
      await mended(() => isIn('live', a, route), 'the rules are mended');

      // so is an address that others took from its device
      a.run('ip', 'addr', 'del', `${route.address}/${route.prefix}`, 'dev', 'e0');
      await mended(() => a.addresses().includes(route.address), 'it is on its device again');
      await answers('a', monoNow());
      const onward = a.run('ip', 'route', 'get', route.family === 4 ? '10.9.0.1' : 'fd00::1');
      assert.ok(!onward.includes(`src ${route.address} `), `what a says unasked bears its own address: ${onward}`);

      value(await a.client.deactivate({ instance, term: 1, role: 'standby', signal: null }));
      value(await a.client.disarm({ instance, term: 1 }));
      assert.ok(!a.addresses().includes(route.address), 'disarmed means that the address is gone');
      // who was held up while probing for it probes once more
      const again = a.client.activate({ instance, term: 2, deadline: inMs(60_000), signal: null, route });
      await eventually(() => isIn('armed', a, route) || isIn('live', a, route), 'it is probed for');
      const helper = helperOf(a);
      process.kill(helper, 'SIGSTOP');
      await eventually(() => !isIn('armed', a, route), 'what was found is too old');
      process.kill(helper, 'SIGCONT');
      value(await again);
      process.kill(helper, 'SIGKILL');
      value(await a.client.deactivate({ instance, term: 2, role: 'standby', signal: null }));
      value(await a.client.disarm({ instance, term: 2 }));
      await eventually(() => !a.addresses().includes(route.address), 'what was only silenced is removed in the end');
      const deadline = inMs(4000);
      value(await a.client.activate({ instance, term: 3, deadline, signal: null, route }));
      const last = later(deadline, 700);
      const extendedAt = monoNow();
      value(await a.client.extend([{ instance, term: 3, deadline: last }]));
      await answers('a', monoNow());
      const { timeoutMs, silentFrom } = await liveElement(a, route, monoMs(deadline + 300));
      assert.ok(timeoutMs <= last - extendedAt, `${timeoutMs} ms from then on`);
      await a.killKeeper();
      assert.ok(a.addresses().includes(route.address), 'nobody took it away');
      await until(silentFrom);
      value(await b.client.activate({ instance: other, term: 4, deadline: inMs(60_000), signal: null, route }));
      const since = monoNow();
      await answers('b', since);
      const late = heard.filter((one) => one.who === 'a' && one.sent > silentFrom);
      assert.deepEqual(late, [], 'a answered what was asked after its deadline');
      const firstOfB = heard.findIndex((one) => one.who === 'b');
      assert.ok(
        heard.slice(firstOfB).every((one) => one.who !== 'a'),
        'a answered after b had',
      );

      // what the killed keeper left goes with the start of the next
      await a.startKeeper();
      assert.ok(!a.addresses().includes(route.address), 'left by an earlier keeper');
      assert.ok(b.addresses().includes(route.address));
      value(await b.client.kill({ instance: other }));
      await b.ended(other);
      assert.ok(!b.addresses().includes(route.address), 'ended means that the address is gone, too');
    });
  });

test('at the deadline the address goes with the instance; the time that took counts for room', { skip }, async (t) => {
  const { machines } = await stage(t, 2);
  const [a, b] = machines;
  const [route] = routes;
  assert.ok(route !== undefined);
  const rules = (): string => a.run('nft', 'list', 'set', 'inet', 'standfast', 'held4');
  value(await a.client.activate({ instance, term: 1, deadline: inMs(3000), signal: null, route }));
  assert.match(rules(), /10\.9\.0\.100/);
  const ended = await a.ended(instance);
  assert.equal(ended.by, 'deadline');
  assert.ok(!a.addresses().includes(route.address));
  assert.ok(value(await a.client.ping()).worstKillMs > 0);
  await eventually(() => !rules().includes('10.9.0.100'), 'nothing is kept of an address that is gone');

  const cold = { ...startRequest(b.state, 'cold', 'exec sleep 600', leased(5, inMs(60_000))), route };
  value(await b.client.start(cold));
  assert.ok(b.addresses().includes(route.address), 'there before the service starts');
  const nowhere = startRequest(a.state, 'lost', 'exec sleep 600', leased(5, inMs(60_000)));
  for (const [wrong, code, words] of [
    [{ ...route, address: '10.77.0.9' }, 'SF-622', /no device here has an address of the network of 10\.77\.0\.9\/24/],
    [{ ...route, address: '10.77.0.9', dev: 'eth9' }, 'SF-622', /there is no device eth9 here, only lo, e0/],
    [route, 'SF-620', /another machine/],
  ] as const) {
    const refused = failure(await a.client.start({ ...nowhere, route: wrong }));
    assert.equal(refused.code, code);
    assert.match(refused.why, words);
  }
});

test(
  'a keeper that is stopped past its deadline: its machine is silent while its service runs on',
  { skip },
  async (t) => {
    const { network, machines } = await stage(t, 4);
    const [a, b] = machines;
    const [route] = routes;
    assert.ok(route !== undefined);
    const heard: Heard[] = [];
    network.ask(route.address, (one) => heard.push(one));
    const deadline = inMs(4000);
    value(await a.client.activate({ instance, term: 1, deadline, signal: null, route }));
    await eventually(() => heard.some((one) => one.who === 'a'), 'a answers');
    const { silentFrom } = await liveElement(a, route, monoMs(0));
    const { pid } = value(await a.client.ping());
    process.kill(pid, 'SIGSTOP');
    try {
      await until(silentFrom);
      assert.ok(a.addresses().includes(route.address), 'nobody took it away');
      value(await b.client.activate({ instance: other, term: 2, deadline: inMs(60_000), signal: null, route }));
      await eventually(() => heard.some((one) => one.who === 'b'), 'b answers');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    assert.equal((await a.ended(instance)).by, 'deadline');
    assert.ok(!a.addresses().includes(route.address));
    assert.deepEqual(
      heard.filter((one) => one.who === 'a' && one.sent > silentFrom),
      [],
    );
  },
);

test(
  'a keeper begun again before the deadline takes its own address away at once, and no other',
  { skip },
  async (t) => {
    const { network, machines } = await stage(t, 5);
    const [a, b] = machines;
    const [route] = routes;
    assert.ok(route !== undefined);
    const live = (): string => a.run('nft', 'list', 'set', 'inet', 'standfast', 'live4');
    value(await a.client.activate({ instance, term: 1, deadline: inMs(60_000), signal: null, route }));
    await a.killKeeper();
    assert.ok(a.addresses().includes(route.address) && live().includes(route.address), 'nobody took it away');
    await a.startKeeper();
    assert.ok(!a.addresses().includes(route.address));
    assert.ok(!live().includes(route.address), 'the kernel lets nobody here answer for it either');
    value(await b.client.activate({ instance: other, term: 2, deadline: inMs(60_000), signal: null, route }));
    value(await b.client.kill({ instance: other }));
    await b.ended(other);

    // what a keeper left, and another keeper of this machine has put up since
    const lodger = network.lodger('l', a);
    await lodger.startKeeper();
    const again = 'held@a#2';
    const mine = {
      ...startRequest(a.state, 'held', 'exec sleep 600', leased(3, inMs(60_000))),
      instance: again,
      route,
    };
    value(await a.client.start(mine));
    await a.killKeeper();
    const theirs = startRequest(lodger.state, 'held', 'exec sleep 600', leased(4, inMs(60_000)));
    value(await lodger.client.start({ ...theirs, instance: 'held@l#1', route }));
    await a.startKeeper();
    assert.ok(a.addresses().includes(route.address) && live().includes(route.address), 'it is the other one’s');
    value(await lodger.client.kill({ instance: 'held@l#1' }));
    await lodger.ended('held@l#1');
    assert.ok(!a.addresses().includes(route.address));
  },
);

test('without nftables the address runs out by itself, in whole seconds', { skip }, async (t) => {
  const { network, machines } = await stage(t, 3, [
    'unshare',
    '-m',
    'sh',
    '-c',
    'mount --bind /bin/false "$(command -v nft)" && exec "$@"',
    'sh',
  ]);
  const [a, b] = machines;
  const [route] = routes;
  assert.ok(route !== undefined);
  // On the other machine, where it does not matter should the deadline pass before the answer.
  const short = failure(
    await b.client.activate({ instance: other, term: 1, deadline: inMs(1900), signal: null, route }),
  );
  assert.equal(short.code, 'SF-623');
  assert.match(short.why, /runs out in whole seconds.*Install nftables/);
  assert.ok(!b.addresses().includes(route.address));
  const heard: Heard[] = [];
  network.ask(route.address, (one) => heard.push(one));
  const deadline = inMs(6500);
  value(await a.client.activate({ instance, term: 1, deadline, signal: null, route }));
  await eventually(() => heard.some((one) => one.who === 'a'), 'a answers');
  await a.killKeeper();
  await eventually(() => !a.addresses().includes(route.address), 'the kernel takes it away');
  assert.deepEqual(
    heard.filter((one) => one.who !== null && one.sent > deadline),
    [],
  );
});

/** Two machines with a keeper each, and on each a standby. */
async function stage(
  t: { after(end: () => Promise<void>): void },
  index: number,
  before: readonly string[] = [],
): Promise<{ network: Network; machines: [Machine, Machine] }> {
  const network = new Network(`sf${process.pid % 100_000}${index}`);
  t.after(() => network.close());
  const machines: [Machine, Machine] = [await network.machine('a'), await network.machine('b')];
  for (const machine of machines) {
    await machine.startKeeper(before);
    const request = startRequest(machine.state, 'held', 'exec sleep 600', leased(0, null));
    value(await machine.client.start({ ...request, instance: `held@${machine.name}#1` }));
  }
  return { network, machines };
}

/**
 * What lets the machine answer, once that lasts beyond `after`: how long it was given, and when it is over. Each is counted from when the kernel carried it
 * out, which is a little late where the processors are short: that is part of what the room is for.
 */
async function liveElement(
  machine: Machine,
  { address, family }: Route,
  after: MonoMs,
): Promise<{ timeoutMs: number; silentFrom: MonoMs }> {
  let found = { timeoutMs: 0, silentFrom: monoMs(0) };
  await eventually(() => {
    const shown = machine.run('nft', 'list', 'set', 'inet', 'standfast', `live${family}`);
    const [, timeout, expires] = shown.slice(shown.indexOf(address)).match(/timeout (\S+) expires (\S+)/) ?? [];
    if (timeout === undefined || expires === undefined) return false;
    found = { timeoutMs: inWords(timeout), silentFrom: monoMs(monoNow() + inWords(expires) + kernelTickMs) };
    return found.silentFrom > after;
  }, `${machine.name} may answer for longer`);
  return found;
}

/** In `live` is what the kernel lets the machine answer for, in `armed` what it probes for. */
function isIn(set: 'live' | 'armed', machine: Machine, { address, family }: Route): boolean {
  const rules = machine.run('nft', 'list', 'ruleset');
  const [, elements = ''] = rules.split(`set ${set}${family} {`);
  return elements.slice(0, elements.indexOf('\t}')).includes(address);
}

/** The program by which the keeper changes addresses. */
function helperOf(machine: Machine): number {
  const pids = ip('netns', 'pids', machine.space).split('\n').filter(Boolean);
  const helpers = pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('-batch'));
  assert.equal(helpers.length, 1);
  return Number(helpers[0]);
}

/** The kernel counts these times in its own ticks. */
const kernelTickMs = 10;

/** Of `1s384ms`, as nft writes it. */
function inWords(time: string): number {
  const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000 };
  return [...time.matchAll(/(\d+)(ms|s|m)/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (unitMs[unit ?? ''] ?? 0),
    0,
  );
}

async function until(moment: MonoMs): Promise<void> {
  await pause(Math.max(0, moment - monoNow()));
}
