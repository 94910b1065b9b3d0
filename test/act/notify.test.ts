// Notifications to a real webhook and a real command. Only the pauses between tries are not waited out.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Notification, type NotifyResult, openNotifier } from '../../src/act/notify.ts';
import type { FaultSeverity, NotifyTarget } from '../../src/model/system.ts';
import { after } from '../../src/model/units.ts';
import { runCommand } from '../../src/observe/command.ts';
import { folder, now } from '../observe/seen.ts';

function notification(id: string, severity: FaultSeverity = 1, event: Notification['event'] = 'opened'): Notification {
  return {
    event,
    system: 'pricing',
    incident: {
      id,
      severity,
      service: 'pricer',
      instance: 'pricer@a',
      host: 'a',
      cause: 'it ended',
      impact: 'no price',
      next: 'restarts',
      sinceMs: 5,
    },
  };
}

interface Received {
  readonly key: string;
  readonly body: Notification;
}

/** Answers with the given codes in turn, then 200; code 0 breaks the connection off. */
async function webhook(t: TestContext, codes: number[]): Promise<{ target: NotifyTarget; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ key: String(request.headers['idempotency-key']), body: JSON.parse(body) as Notification });
      const code = codes.shift() ?? 200;
      if (code === 0) request.socket.destroy();
      else response.writeHead(code).end(code === 200 ? '' : 'not now');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return {
    target: { kind: 'webhook', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, from: 2 },
    received,
  };
}

interface Sender {
  send(notification: Notification): void;
  result(count: number): Promise<NotifyResult[]>;
  readonly pauses: number[];
}

/** Pauses of a second and more are passed over, and their time is added to the clock. */
function open(t: TestContext, targets: readonly NotifyTarget[], dir = '/'): Sender {
  const results: NotifyResult[] = [];
  const waiting = new Set<() => void>();
  const pauses: number[] = [];
  let passed = 0;
  const real = setTimeout;
  t.mock.method(globalThis, 'setTimeout', ((run: () => void, wait: number, ...rest: []) => {
    // 5 s and 30 s are limits, everything else from 1 s on is a pause between tries.
    if (wait < 1000 || wait === 5000 || wait === 30_000) return real(run, wait, ...rest);
    pauses.push(wait);
    passed += wait;
    return real(run, 0);
  }) as typeof setTimeout);
  const notifier = openNotifier({
    targets,
    dir,
    env: { PATH: process.env['PATH'] ?? '' },
    now: () => after(now(), passed),
    runCommand,
    onResult: (result) => {
      results.push(result);
      for (const look of waiting) look();
    },
  });
  t.after(() => notifier.close());
  return {
    send: (each) => notifier.send(each),
    pauses,
    result: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (results.length < count) return;
          waiting.delete(look);
          resolve(results);
        };
        waiting.add(look);
        look();
      }),
  };
}

test('webhook: sent once, with a key, only what is grave enough', async (t) => {
  const { target, received } = await webhook(t, []);
  const sender = open(t, [target]);
  sender.send(notification('i-3', 3));
  sender.send(notification('i-1', 1));
  sender.send(notification('i-2', 2, 'worsened'));
  const results = await sender.result(2);
  assert.deepEqual(
    results.map((each) => each.kind),
    ['sent', 'sent'],
  );
  assert.deepEqual(received.map((each) => each.key).toSorted(), ['i-1:opened', 'i-2:worsened:2']);
  assert.deepEqual(received.find((each) => each.key === 'i-1:opened')?.body, notification('i-1', 1));
});

test('webhook: tried again with growing pauses, by the same key, and in order', async (t) => {
  const { target, received } = await webhook(t, [500, 429, 0, 503]);
  const sender = open(t, [target]);
  sender.send(notification('i', 1, 'opened'));
  sender.send(notification('i', 1, 'resolved'));
  const results = await sender.result(2);
  assert.deepEqual(
    results.map((each) => [each.kind, each.event, each.tries]),
    [
      ['sent', 'opened', 5],
      ['sent', 'resolved', 1],
    ],
  );
  assert.deepEqual(sender.pauses, [1000, 2000, 4000, 8000]);
  assert.deepEqual(
    received.map((each) => each.key),
    [...Array<string>(5).fill('i:opened'), 'i:resolved'],
  );
});

test('webhook: refused for good is not tried again; an address without a listener is for ten minutes', async (t) => {
  const { target } = await webhook(t, [400]);
  const sender = open(t, [target]);
  sender.send(notification('i'));
  const [refused] = await sender.result(1);
  assert.ok(refused?.kind === 'lost' && refused.tries === 1 && refused.why === 'HTTP 400: not now');
  const other = open(t, [{ kind: 'webhook', url: 'http://127.0.0.1:1/', from: 3 }]);
  other.send(notification('i'));
  const [lost] = await other.result(1);
  assert.ok(lost?.kind === 'lost' && lost.why === 'connection refused');
  const waited = other.pauses.reduce((sum, each) => sum + each, 0);
  assert.ok(waited > 500_000 && waited <= 600_000, `${waited} ms`);
});

test('one incident does not wait for another', async (t) => {
  const { target, received } = await webhook(t, []);
  const slow = await webhook(t, Array<number>(100).fill(500));
  const sender = open(t, [target, slow.target]);
  for (let number = 0; number < 20; number++) sender.send(notification(`i-${number}`));
  await sender.result(40);
  assert.equal(received.length, 20);
});

test('command: JSON on its input, the rest in its environment, again after a failure', async (t) => {
  const dir = folder(t);
  const script = join(dir, 'page.sh');
  writeFileSync(
    script,
    '#!/bin/sh\necho try >> tries\n[ "$(wc -l < tries)" -ge 3 ] || exit 7\ncat > input\nenv | grep ^STANDFAST_ | sort > env\necho "$1" > argument\n',
  );
  chmodSync(script, 0o755);
  const sender = open(t, [{ kind: 'command', argv: ['./page.sh', 'a b'], from: 1 }], dir);
  sender.send(notification('i', 2));
  sender.send(notification('i', 1));
  const results = await sender.result(1);
  assert.deepEqual([results[0]?.kind, results[0]?.tries], ['sent', 3]);
  assert.deepEqual(JSON.parse(readFileSync(join(dir, 'input'), 'utf8')), notification('i', 1));
  assert.equal(readFileSync(join(dir, 'argument'), 'utf8'), 'a b\n');
  assert.deepEqual(readFileSync(join(dir, 'env'), 'utf8').trim().split('\n'), [
    'STANDFAST_INCIDENT_CAUSE=it ended',
    'STANDFAST_INCIDENT_EVENT=opened',
    'STANDFAST_INCIDENT_HOST=a',
    'STANDFAST_INCIDENT_ID=i',
    'STANDFAST_INCIDENT_IMPACT=no price',
    'STANDFAST_INCIDENT_INSTANCE=pricer@a',
    'STANDFAST_INCIDENT_NEXT=restarts',
    'STANDFAST_INCIDENT_SERVICE=pricer',
    'STANDFAST_INCIDENT_SEVERITY=1',
    'STANDFAST_INCIDENT_SINCE_MS=5',
    'STANDFAST_SYSTEM=pricing',
  ]);
});

test('too many waiting are said to be lost', async (t) => {
  const server = createServer(() => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const sender = open(t, [
    { kind: 'webhook', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, from: 1 },
  ]);
  for (let number = 0; number < 1010; number++) sender.send(notification(`i-${number}`));
  const results = await sender.result(6);
  assert.ok(results.every((each) => each.kind === 'lost' && each.why === '1000 others are waiting'));
});
