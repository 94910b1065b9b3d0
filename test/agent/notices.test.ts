// Messages that are on their way when the description changes: what is told must not be lost by an `apply`, least of all by one that mends where it goes.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';

import { openNotices } from '../../src/agent/notices.ts';
import type { Input } from '../../src/decide/input.ts';
import { reconcile } from '../../src/judge/incidents.ts';
import { monoNow } from '../../src/keeper/clock.ts';
import { readDescription } from '../../src/model/read.ts';
import type { System } from '../../src/model/system.ts';
import { wallMs } from '../../src/model/units.ts';
import { runCommand } from '../../src/observe/command.ts';

/** A pager that answers always the same, and notes the keys of what it was sent. */
async function pager(t: TestContext, code: number): Promise<{ url: string; got: string[]; again: Promise<void> }> {
  const got: string[] = [];
  let second = (): void => undefined;
  const again = new Promise<void>((resolve) => (second = resolve));
  const server = createServer((request, response) => {
    got.push(String(request.headers['idempotency-key']));
    if (got.length === 2) second();
    request.resume().on('end', () => response.writeHead(code).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, got, again };
}

function described(...urls: readonly string[]): System {
  const text = `
system: told
objective: { unavailable: 10m, per: 60m, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 } }
notify: [ ${urls.map((url) => `{ webhook: "${url}", from: 2 }`).join(', ')} ]
services: { s: { run: sleep 1 } }
`;
  const { system, errors } = readDescription({ text, file: 'standfast.yaml', folder: '/' });
  assert.deepEqual(errors, []);
  return system ?? assert.fail('no system');
}

test('what is not taken yet goes where the next description says, and to nobody twice', async (t) => {
  const [well, busy, next] = [await pager(t, 204), await pager(t, 503), await pager(t, 204)];
  const told: Input[] = [];
  let heard = (): void => undefined;
  const notices = openNotices({
    now: monoNow,
    runCommand,
    tell(input) {
      told.push(input);
      heard();
    },
    log: () => undefined,
  });
  t.after(() => notices.close());
  notices.use(described(well.url, busy.url));
  const cause = { kind: 'process-gone', facts: {} } as const;
  const desired = { key: 'service:s', severity: 1, service: 's', instance: null, host: null, cause, also: [] } as const;
  const [one] = reconcile([], [desired], wallMs(1_000_000)).events;
  const { incident, event } = one ?? assert.fail('nothing to tell');
  notices.send({ kind: 'notify', id: 7, incident, event });
  // By then it is long known that the other has it.
  await busy.again;
  assert.equal(told.length, 0);
  const settled = new Promise<void>((resolve) => (heard = resolve));
  notices.use(described(well.url, next.url));
  await settled;
  assert.deepEqual(next.got, [`${incident.id}:opened`]);
  assert.deepEqual(well.got, [`${incident.id}:opened`], 'who has it is not told again');
  assert.deepEqual(
    told.map((each) => (each.kind === 'outcome' ? [each.id, each.outcome.kind] : each.kind)),
    [[7, 'done']],
  );
});
