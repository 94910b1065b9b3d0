// The example's programs, run by hand as a developer would, on ports of their own; where a role matters, beside a small agent.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { freePort } from '../free-port.ts';
import { FakeAgent } from '../member/agent.ts';
import { eventually } from './checkout.ts';

const example = join(import.meta.dirname, '../../examples/pricing');

let folder: string;
let agent: FakeAgent;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'standfast-example-'));
  agent = await new FakeAgent().start();
});

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await end(child);
  await agent.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** For an environment. */
async function portText(): Promise<string> {
  return String(await freePort());
}

/** Starts a program in the test's own folder and waits until it says that it listens. */
async function start(program: string, env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(example, program)], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
}

/** The messages of a stream of JSON lines. */
async function* messages(url: string): AsyncGenerator<Record<string, unknown>> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  const lines = createInterface({ input: response });
  lines.on('error', () => {}); // the test ends the program first
  for await (const line of lines) yield JSON.parse(line) as Record<string, unknown>;
}

/** The lines of an answer that has begun: from now on none is missed. */
async function linesOf(url: string): Promise<AsyncIterator<string>> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  const lines = createInterface({ input: response });
  lines.on('error', () => {});
  return lines[Symbol.asyncIterator]();
}

/** What the example's programs follow, in the hand of the test. `heard`: somebody does. */
async function openFan(): Promise<{ url: string; fan: StreamFan; heard: Promise<void>; close: () => void }> {
  const { Fan } = (await import(join(example, 'streams.mjs'))) as { Fan: new () => StreamFan };
  const fan = new Fan();
  const heard = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    fan.add(response);
    heard.resolve();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fan,
    heard: heard.promise,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function take<T>(from: AsyncGenerator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) taken.push((await from.next()).value as T);
  return taken;
}

/** Until its answer is as wanted. */
async function until(url: string, is: (answer: Response) => boolean | Promise<boolean>): Promise<void> {
  await eventually(
    () => `${url} answers as it should`,
    async () => {
      const answer = await fetch(url).catch(() => null);
      return answer !== null && (await is(answer));
    },
  );
}

const answers =
  (status: number) =>
  (answer: Response): boolean =>
    answer.status === status;

suite('feed', () => {
  test('two feeds emit the same ticks under the same numbers', async () => {
    const [one, other] = [await portText(), await portText()];
    await start('feed.mjs', { PORT: one });
    await start('feed.mjs', { PORT: other });
    // One that is not given the processor for long leaves out what is old by then: until both have emitted ten.
    const by = [new Map<unknown, unknown>(), new Map<unknown, unknown>()] as const;
    const common = (): unknown[] => [...by[0].keys()].filter((seq) => by[1].has(seq));
    await Promise.all(
      [one, other].map(async (port, index) => {
        const ticks = messages(`http://127.0.0.1:${port}/ticks`);
        while (common().length < 10) for (const tick of await take(ticks, 1)) by[index]!.set(tick['seq'], tick);
      }),
    );
    for (const seq of common()) assert.deepEqual(by[0].get(seq), by[1].get(seq));
  });
});

suite('pricer', () => {
  test('a standby is ready and quiet; with the role, the signal and the lease it emits; asked to stand by it is quiet', async () => {
    const [feed, port] = [await portText(), await portText()];
    await start('feed.mjs', { PORT: feed });
    agent.give('standby', 0, null);
    const pricer = await start('pricer.mjs', {
      PORT: port,
      FEEDS: `http://127.0.0.1:${feed}/ticks`,
      STANDFAST_HOST: 'a',
      ...agent.env,
    });
    const at = `http://127.0.0.1:${port}`;
    const prices = messages(`${at}/prices`);
    await until(`${at}/ready`, answers(200));
    assert.equal((await fetch(`${at}/active`)).status, 503);
    await until(`${at}/status`, async (answer) =>
      isDeepStrictEqual(await answer.json(), { status: 'ok', subsystems: { ticks: 'ok' } }),
    );

    agent.give('active', 3, 60_000);
    pricer.kill('SIGUSR1');
    await until(`${at}/active`, answers(200));
    const [first, second] = await take(prices, 2);
    assert.equal(first!['term'], 3);
    assert.equal(first!['host'], 'a');
    assert.ok(Number(second!['seq']) > Number(first!['seq']));
    assert.match(readFileSync(join(folder, `log/pricer-${port}.log`), 'utf8'), /ready to price/);
    assert.ok(existsSync(join(folder, `run/pricer-${port}.beat`)));

    assert.equal((await fetch(`${at}/standby`)).status, 200);
    assert.equal((await fetch(`${at}/active`)).status, 503);
  });

  test('one of two feeds gone: no number is missing', async () => {
    // They emit when the test says so: real ones leave out what is old when they were not given the processor.
    const [doomed, other, port] = [await openFan(), await openFan(), await portText()];
    await start('pricer.mjs', { PORT: port, FEEDS: `${doomed.url}/ticks ${other.url}/ticks` });
    await Promise.all([doomed.heard, other.heard]);
    const prices = await linesOf(`http://127.0.0.1:${port}/prices`);
    for (let seq = 1; seq <= 24; seq += 1) {
      const tick = `${JSON.stringify({ seq, mids: { EURUSD: 1 + seq / 1000 } })}\n`;
      doomed.fan.send(tick);
      other.fan.send(tick);
      if (seq === 14) doomed.close();
    }
    // A mean of ten.
    for (let seq = 10; seq <= 24; seq += 1)
      assert.equal((JSON.parse((await prices.next()).value as string) as { seq: number }).seq, seq);
    other.close();
  });
});

suite('risk', () => {
  test('a passive one loads the snapshot when it becomes active, then tells so', async () => {
    const [feed, pricer, port] = [await portText(), await portText(), await portText()];
    await start('feed.mjs', { PORT: feed });
    await start('pricer.mjs', { PORT: pricer, FEEDS: `http://127.0.0.1:${feed}/ticks` });
    mkdirSync(join(folder, 'run'), { recursive: true });
    const kept = { positions: { EURUSD: 1 }, prices: 41, value: 1, worst: -7, term: 1 };
    writeFileSync(join(folder, 'run/risk.snapshot'), JSON.stringify(kept));
    agent.give('passive', 0, null);
    await start('risk.mjs', {
      PORT: port,
      PRICERS: `http://127.0.0.1:${pricer}/prices`,
      LOAD_MS: '10',
      STANDFAST_HOST: 'b',
      ...agent.env,
    });
    assert.equal((await fetch(`http://127.0.0.1:${port}/risk`)).status, 503);
    agent.give('active', 2, 60_000);
    for (let told: unknown = null; told !== 'active';) {
      const confirmed = (await agent.next('POST /v1/role/confirm')) as { role: string };
      told = confirmed.role;
    }
    const said = (await (await fetch(`http://127.0.0.1:${port}/risk`)).json()) as Record<string, unknown>;
    assert.equal(said['host'], 'b');
    assert.equal(said['term'], 2);
    assert.equal(said['worst'], -7, 'remembered by the snapshot');
  });
});

suite('gateway', () => {
  test('shows prices, refuses an older term, and shows a gap', async () => {
    const pricer = await openFan();
    const port = await portText();
    await start('gateway.mjs', {
      PORT: port,
      PRICERS: `${pricer.url}/prices`,
      RISKS: 'http://127.0.0.1:9/risk',
    });
    await pricer.heard;
    const lines = await linesOf(`http://127.0.0.1:${port}/stream`);
    const say = (seq: number, term: number, host: string): void =>
      pricer.fan.send(`${JSON.stringify({ seq, term, host, prices: { EURUSD: { bid: 1, ask: 2 } } })}\n`);
    say(1, 3, 'a');
    say(5, 4, 'b');
    say(6, 3, 'a');
    const expected = [
      /pricer on a, term 3/,
      /a {2}1 {2}EURUSD/,
      /GAP .* 3 missed/,
      /pricer on b, term 4/,
      /b {2}5/,
      /refused: a still/,
    ];
    for (const each of expected) assert.match((await lines.next()).value as string, each);
    assert.match(await (await fetch(`http://127.0.0.1:${port}/`)).text(), /<title>Prices/);
    pricer.close();
  });
});

interface StreamFan {
  add(response: unknown): void;
  send(text: string): void;
}

suite('report', () => {
  const snapshot = '{"positions":{"EURUSD":4000000},"prices":52,"value":2432828.4,"worst":-17.2,"term":3}';

  async function report(env: Record<string, string>): Promise<{ code: number; said: string; written: string[] }> {
    const copy = join(folder, 'pricing');
    mkdirSync(join(copy, 'run'), { recursive: true });
    writeFileSync(join(copy, 'report.sh'), readFileSync(join(example, 'report.sh')));
    writeFileSync(join(copy, 'run/risk.snapshot'), snapshot);
    const child = spawn('sh', [join(copy, 'report.sh')], { env: { PATH: process.env['PATH'] ?? '', ...env } });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => (said += part));
    const [code] = (await once(child, 'close')) as [number];
    const written = readdirSync(join(copy, 'run')).filter((name) => name.startsWith('report'));
    return { code, said, written };
  }

  test('by hand it writes', async () => {
    const { code, said, written } = await report({});
    assert.equal(code, 0, said);
    assert.equal(written.length, 1);
  });

  test('under a lease it writes, in the term that it began in', async () => {
    agent.give('active', 12, 5000);
    assert.equal((await report(agent.env)).code, 0);
  });

  test('when another has a newer term it writes nothing', async () => {
    agent.give('active', 12, 5000);
    const env = agent.env;
    agent.give('standby', 13, null);
    const { code, said, written } = await report(env);
    assert.equal(code, 1);
    assert.match(said, /no longer active/);
    assert.deepEqual(written, []);
  });

  test('when its time is over it writes nothing', async () => {
    agent.give('active', 12, 0);
    assert.equal((await report(agent.env)).code, 1);
  });

  test('with nobody at the socket the role file decides', async () => {
    agent.give('active', 12, 5000);
    await agent.stop();
    assert.equal((await report(agent.env)).code, 0);
    writeFileSync(`${agent.roleFile}.new`, '{"role":"active","term":1}');
    renameSync(`${agent.roleFile}.new`, agent.roleFile);
    assert.equal((await report(agent.env)).code, 1, 'term 1 is not term 12');
  });
});
