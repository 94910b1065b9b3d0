// What people are told, and what the outage cost: one message an event and target, though two agents see it and one of them dies.

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';

import { freePort } from '../free-port.ts';
import {
  asPlanned,
  eventually,
  incidentsIn,
  isOnModel,
  makeStand,
  pidOf,
  serviceOf,
  signal,
  textOf,
  type Stand,
} from './stand.ts';

interface Message {
  readonly event: string;
  readonly key: string;
  readonly incident: {
    readonly id: string;
    readonly severity: number;
    readonly service: string | null;
    readonly cause: string;
  };
}

/** A pager that is busy at the first try of each message, and counts. */
async function openPager(
  t: TestContext,
  port: number,
): Promise<{ readonly taken: Message[]; readonly refused: string[] }> {
  const taken: Message[] = [];
  const refused: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const key = String(request.headers['idempotency-key']);
      if (!refused.includes(key)) {
        refused.push(key);
        response.writeHead(503).end('busy');
        return;
      }
      taken.push({ key, ...(JSON.parse(body) as Omit<Message, 'key'>) });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { taken, refused };
}

/** What the store holds of incidents; empty: nothing yet. */
function storedIncidents(stand: Stand): string {
  const store = new DatabaseSync(join(stand.state, stand.system, 'store.db'), { readOnly: true, timeout: 10_000 });
  try {
    return String(store.prepare("SELECT value FROM entries WHERE key = 'incidents'").get()?.['value'] ?? '');
  } finally {
    store.close();
  }
}

test('an incident reaches webhook and command once each, tried again while they are busy, and its outage is in the budget', async (t) => {
  const port = await freePort();
  const pager = await openPager(t, port);
  const stand = makeStand(
    t,
    `system: told
objective: { unavailable: 10m, per: 1h, recoverWithin: 5s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
notify:
  - { webhook: "http://127.0.0.1:${port}/hook", from: 2 }
  - { command: [sh, page.sh], from: 1 }
serves: [web]
services:
  web: { run: [sh, web.sh], on: [a], impact: Nobody gets a page., backOff: { upTo: 1s } }
  side: { run: sleep 1000, on: [b], severity: 3 }
`,
  );
  stand.write('test -e fit && exec sleep 1000\nexit 1\n', 'web.sh');
  // Busy at its first call, as a pager may be.
  stand.write(
    'test -e called || { : > called; exit 1; }\necho "$STANDFAST_INCIDENT_EVENT $STANDFAST_INCIDENT_SERVICE" >> paged\n',
    'page.sh',
  );
  const fit = join(stand.folder, 'fit');
  writeFileSync(fit, '');
  await stand.up();

  const before = await stand.until('all as planned', asPlanned);
  assert.equal(before.objective.usedMs, 0);
  rmSync(fit);
  signal(pidOf(before, 'web', 'a'), 'SIGKILL');
  await eventually('the pager has taken that it opened', () => pager.taken.some((each) => each.event === 'opened'));
  const during = await stand.until('one incident', (view) => incidentsIn(view).length === 1);
  assert.equal(during.severity, 1);
  assert.match(during.sentence, /web/);

  // Who told it dies; the next agent of that host knows that it was told, once both targets had it and that was written down.
  await eventually('the store knows', () => /"told":true/.test(storedIncidents(stand)));
  const agent = stand.living().find((each) => each.kind === 'agent' && each.host === 'a') ?? assert.fail('no agent');
  signal(agent.pid, 'SIGKILL');
  await stand.until(
    'another agent',
    (view) => view.hosts.some((each) => each.name === 'a' && (each.agentPid ?? agent.pid) !== agent.pid),
    'a',
  );
  writeFileSync(fit, '');
  const after = await stand.until('it runs again', (view) => asPlanned(view) && incidentsIn(view).length === 0);
  assert.equal(serviceOf(after, 'web').severity, 0);
  await eventually('the pager has taken that it is over', () => pager.taken.some((each) => each.event === 'resolved'));
  await eventually('the command too', () => textOf(join(stand.folder, 'paged')).includes('resolved web'));

  const told = pager.taken.filter((each) => each.incident.service === 'web');
  assert.deepEqual(
    told.map((each) => each.event),
    ['opened', 'resolved'],
    'each event once',
  );
  assert.equal(new Set(told.map((each) => each.incident.id)).size, 1, 'one incident');
  assert.deepEqual(new Set(pager.refused), new Set(pager.taken.map((each) => each.key)), 'what was refused came again');
  assert.equal(textOf(join(stand.folder, 'paged')), 'opened web\nresolved web\n');

  const usedMs = after.objective.usedMs;
  assert.ok(usedMs > 0 && usedMs < 60_000, `used ${usedMs} ms`);
  const events = (await stand.journal('--since', '1h')).filter(
    ({ kind, because }) => kind === 'incident' && !isOnModel(because['id']),
  );
  assert.deepEqual(
    events.map(({ because }) => because['event']),
    ['opened', 'resolved'],
    'the journal tells the same two events',
  );

  // What restarts beside it costs the consumers nothing.
  signal(pidOf(after, 'side', 'b'), 'SIGKILL');
  const later = await stand.until(
    'the other is replaced',
    (view) => asPlanned(view) && serviceOf(view, 'side').instances[0]?.restarts === 1,
  );
  assert.equal(later.objective.usedMs, usedMs, 'not from what was restarting');
});
