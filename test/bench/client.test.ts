// The benchmark's consumer is what says that there were never two actives: so it must see two when there are.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { Consumer } from '../../bench/consumer.ts';
import { median, p99, percentile } from '../../bench/statistics.ts';

/** An address that answers what it is told to, or nothing at all. */
class Address {
  says: string | null = 'waiting 0';
  readonly asked = new EventEmitter();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', () => {
        if (this.says !== null) socket.write(`${this.says}\n`);
        this.asked.emit('asked');
      });
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

let a: Address;
let b: Address;
let consumer: Consumer;

beforeEach(async () => {
  a = new Address();
  b = new Address();
  consumer = new Consumer([await a.listen(), await b.listen()]);
});

afterEach(() => {
  consumer.close();
  a.close();
  b.close();
});

/** Enough questions that an answer to the first of them has been told. */
async function askedAgain(address: Address, times = 20): Promise<void> {
  for (let n = 0; n < times; n++) await once(address.asked, 'asked');
}

suite('the consumer', () => {
  test('a take-over is a gap and no overlap', async () => {
    a.says = 'active 1';
    await consumer.until((seen) => seen[0] === 'active' && seen[1] === 'waiting');
    const gap = consumer.nextGap();
    a.says = 'waiting 1';
    await askedAgain(b);
    b.says = 'active 2';
    const { gapMs, from, to, term } = await gap;
    assert.ok(gapMs > 0);
    assert.deepEqual([from, to, term], [0, 1, 2]);
    assert.deepEqual(consumer.overlaps, []);
  });

  test('two active in one term are an overlap', async () => {
    a.says = 'active 1';
    b.says = 'active 1';
    await consumer.until((seen) => seen.every((each) => each === 'active'));
    await consumer.asked();
    assert.match(consumer.overlaps[0] ?? '', /active in term 1/);
  });

  test('an older term after a newer one is an overlap', async () => {
    a.says = 'active 1';
    await consumer.until((seen) => seen[0] === 'active');
    b.says = 'active 2';
    await consumer.until((seen) => seen.every((each) => each === 'active'));
    await askedAgain(a);
    await consumer.asked();
    assert.match(consumer.overlaps[0] ?? '', /0 active in term 1, .* after term 2/);
  });

  test('one that is silent does not hold up the other', async () => {
    a.says = 'active 1';
    b.says = null;
    await consumer.until((seen) => seen[1] === 'silent' && seen[0] === 'active');
    await askedAgain(a);
  });

  test('one that has gone is away', async () => {
    a.says = 'active 1';
    await consumer.until((seen) => seen[0] === 'active');
    a.close();
    await consumer.until((seen) => seen[0] === 'away');
  });
});

suite('statistics', () => {
  test('percentiles are values that were measured', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
    assert.equal(p99(hundred), 99);
    assert.equal(median(hundred), 50);
    assert.equal(p99([7]), 7);
    assert.equal(percentile([1, 2, 3], 0), 1);
    assert.ok(Number.isNaN(median([])));
  });
});
