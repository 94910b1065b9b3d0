// status, failovers, incidents: what is shown, at every width, to terminals and to pipes, and with hostile names in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { widthOf } from '../../src/cli/text.ts';
import { cli, ended, fakeAgent, folder, startCli, written } from './stage.ts';
import { failoverView, incident, instance, service, status } from './views.ts';

const escape = /\p{Cc}\[/u;

test('status says in one sentence whether it stands, and ends with 0', async (t) => {
  const state = folder(t);
  await fakeAgent(t, state);
  const { code, stdout, stderr } = await cli(t, ['status', '--state', state]);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  assert.match(stdout, /^pricing: It stands\. /);
  assert.match(stdout, /outage budget 10 min in 1 h: 10 min left/);
  assert.match(stdout, /gateway +a ● active/);
  assert.match(stdout, /pricer +a ○ standby +b ● active +hot-active\/warm-active/);
  assert.doesNotMatch(stdout, escape, 'no colour in a pipe');
});

test('status --json is the picture of the agent, and severity decides the exit', async (t) => {
  for (const [severity, code] of [
    [0, 0],
    [1, 1],
    [2, 1],
    [3, 0],
  ] as const) {
    const state = folder(t);
    const view = status({ severity, incidents: severity === 0 ? [] : [incident('i-1', { severity })] });
    const agent = await fakeAgent(t, state, { view });
    const found = await cli(t, ['status', '--json', '--state', state]);
    assert.deepEqual(JSON.parse(found.stdout), JSON.parse(JSON.stringify(view)));
    assert.equal(found.code, code);
    const shown = await cli(t, ['status', '--state', state]);
    assert.equal(shown.code, code);
    await agent.close();
  }
});

test('the broken comes first, with what should be and why', async (t) => {
  const state = folder(t);
  const broken = instance('a', 'failed', { planned: 'active', severity: 1, reason: 'tried 7 times, next in 40 s' });
  const view = status({
    severity: 1,
    sentence: 'pricing is DOWN: consumers have had no gateway for 3 s (severity 1).',
    services: [
      service('pricer', [instance('a', 'standby'), instance('b', 'active')]),
      service('gateway', [broken], { severity: 1, active: [] }),
      service('report', [instance('a', 'down')], { scheduledDown: true, downBecause: { kind: 'asked', by: 'eve' } }),
    ],
    hosts: [
      { name: 'a', state: 'up', uses: null, reads: 2, agentPid: 1, keeperPid: 2, boot: 'x', asOfMs: Date.now() },
      {
        name: 'b',
        state: 'silent',
        uses: null,
        reads: null,
        agentPid: null,
        keeperPid: null,
        boot: null,
        asOfMs: Date.now() - 12_000,
      },
    ],
    incidents: [
      incident('i-1', {
        severity: 1,
        ackBy: 'ann',
        flapping: true,
        also: Array.from({ length: 30 }, (_, n) => `s${n}`),
      }),
    ],
  });
  await fakeAgent(t, state, { view });
  const { stdout } = await cli(t, ['status', '--state', state]);
  assert.ok(stdout.indexOf('gateway  ') < stdout.indexOf('pricer  '));
  assert.match(stdout, /gateway +a ✗ failed → active +tried 7 times, next in 40 s/);
  assert.match(stdout, /host b: silent, last heard at .* \(\d+(\.\d)? s ago\)/);
  assert.match(stdout, /report +a · down +stopped, as eve asked/);
  assert.match(stdout, /ann has it/);
  assert.match(stdout, /flapping/);
  assert.match(stdout, /also: s0, s1, s2, s3, s4, s5 and 24 more/);
  const narrow = await cli(t, ['status', '--state', state], { env: { COLUMNS: '40' } });
  assert.match(narrow.stdout, /next: make room on b/);
});

test('whose processes belong to other managers is told once for each manager, and one by one where there are few or one is in trouble', async (t) => {
  const state = folder(t);
  const monit = (name: string, trouble: string | null = null) => {
    const of = {
      kind: 'monit',
      title: 'monit',
      restarts: 'monit starts it',
      says: 'OK, monitored',
      asOfMs: 0,
    } as const;
    return service(name, [instance('a', 'active', { manager: { ...of, name, trouble } })]);
  };
  const few = await fakeAgent(t, state, { view: status({ services: [monit('one'), monit('two')] }) });
  const { stdout } = await cli(t, ['status', '--state', state]);
  assert.match(
    stdout,
    /one, two on a belong to monit\. After a crash: monit starts it\.\n +one: OK, monitored\n +two: OK, monitored/,
  );
  await few.close();
  const names = ['one', 'two', 'three', 'four', 'five'];
  await fakeAgent(t, state, {
    view: status({
      services: names.map((name) => monit(name, name === 'four' ? 'SF-640 monit does not answer' : null)),
    }),
  });
  const many = (await cli(t, ['status', '--state', state])).stdout;
  assert.match(many, /one, two, three, four, five on a belong to monit\./);
  assert.match(many, /four: SF-640 monit does not answer/);
  assert.doesNotMatch(many, /OK, monitored/);
});

test('nothing is wider than the terminal', async (t) => {
  const state = folder(t);
  const long = 'x'.repeat(300);
  const view = status({
    severity: 2,
    incidents: [
      incident('i-1', { cause: `the check said ${'word '.repeat(60)}${long}`, done: ['restarted '.repeat(30)] }),
    ],
    services: Array.from({ length: 40 }, (_, n) =>
      service(`service-${n}-価格${'-long'.repeat(n % 7)}`, [
        instance('a', 'active', { reason: n % 3 === 0 ? 'words of a reason '.repeat(9) : null }),
        instance('b', 'standby'),
      ]),
    ),
  });
  await fakeAgent(t, state, {
    view,
    more: { failovers: () => Promise.resolve([failoverView(), failoverView({ iMs: null, cause: long })]) },
  });
  for (const width of [40, 80, 120, 200])
    for (const verb of ['status', 'incidents', 'failovers']) {
      const { stdout } = await cli(t, [verb, '--state', state], { env: { COLUMNS: String(width) } });
      // Commands are left whole, so that they can be copied.
      for (const line of stdout.split('\n').filter((each) => !each.startsWith('  standfast ')))
        assert.ok(widthOf(line) <= width, `${verb} at ${width}: ${widthOf(line)} columns: ${line}`);
    }
});

test('control characters in names and reasons are shown, not obeyed', async (t) => {
  const state = folder(t);
  const evil = 'a\u001b[2J\u001b]0;owned\u0007\r\nb\u202e';
  const view = status({
    severity: 1,
    sentence: `It ${evil}`,
    services: [
      service(evil, [instance('a', 'failed', { planned: 'active', reason: evil, severity: 1 })], { severity: 1 }),
    ],
    incidents: [incident(evil, { cause: evil, next: evil, done: [evil], also: [evil], service: evil, instance: evil })],
  });
  await fakeAgent(t, state, {
    view,
    more: { failovers: () => Promise.resolve([failoverView({ service: evil, cause: evil, from: evil })]) },
  });
  for (const verb of ['status', 'incidents', 'failovers']) {
    const { stdout } = await cli(t, [verb, '--state', state]);
    assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\u202e]/u, verb);
    assert.match(stdout, /\\x1b\[2J/, verb);
  }
});

test('colour only on a terminal, and not with NO_COLOR', async (t) => {
  const state = folder(t);
  await fakeAgent(t, state);
  assert.match((await cli(t, ['status', '--state', state], { terminal: 80 })).stdout, /\p{Cc}\[32m/u);
  assert.doesNotMatch(
    (await cli(t, ['status', '--state', state], { terminal: 80, env: { NO_COLOR: '1' } })).stdout,
    escape,
  );
  assert.doesNotMatch(
    (await cli(t, ['status', '--state', state], { terminal: 80, env: { TERM: 'dumb' } })).stdout,
    escape,
  );
  assert.doesNotMatch((await cli(t, ['status', '--state', state], { env: { FORCE_COLOR: '1' } })).stdout, escape);
});

test('without an agent: exit 3, what is known, and what to do', async (t) => {
  const state = folder(t);
  const none = await cli(t, ['status', '--state', state]);
  assert.equal(none.code, 3);
  assert.match(none.stderr, /^SF-004 .*\n +Start one: standfast up PATH --state /);
  const agent = await fakeAgent(t, state);
  await agent.close();
  const gone = await cli(t, ['status', '--state', state]);
  assert.equal(gone.code, 3);
  assert.match(gone.stderr, /^SF-301 +no agent of pricing answers\n(.*\n)+ +Start it: standfast up PATH/);
  assert.equal(gone.stdout, '');
});

test('of several systems one has to be named', async (t) => {
  const state = folder(t);
  await fakeAgent(t, state);
  await fakeAgent(t, state, { view: status({ system: 'trading', sentence: 'trading is fine.' }) });
  const which = await cli(t, ['status', '--state', state]);
  assert.equal(which.code, 2);
  assert.match(which.stderr, /SF-005 .*pricing, trading/);
  const named = await cli(t, ['--system', 'trading', 'status', '--state', state]);
  assert.equal(named.code, 0);
  assert.match(named.stdout, /^trading is fine\./);
  assert.equal((await cli(t, ['status', '--state', state, '--system', 'nope'])).code, 3);
});

test('any agent will do: one that hangs does not keep the answer back', async (t) => {
  const state = folder(t);
  await fakeAgent(t, state, { host: 'a', more: { intents: () => new Promise<never>(() => undefined) as never } });
  await fakeAgent(t, state, { host: 'b' });
  assert.equal((await cli(t, ['status', '--state', state])).code, 0);
});

test('--watch redraws in place, gives the cursor back at ^C and ends with 0', async (t) => {
  const state = folder(t);
  const agent = await fakeAgent(t, state);
  const child = startCli(t, ['status', '--watch', '--state', state], { terminal: 100 });
  const all = ended(child);
  await written(child, /It stands/);
  agent.show(status({ sentence: 'pricing is being watched.' }));
  await written(child, /being watched/);
  child.stdin?.write('\u0003');
  const { code, stdout } = await all;
  assert.equal(code, 0);
  assert.match(stdout, /\p{Cc}\[\?25l/u, 'hides the cursor');
  assert.ok(stdout.lastIndexOf('\u001b[?25h') > stdout.lastIndexOf('\u001b[?25l'), 'and shows it again');
  assert.match(stdout, /\p{Cc}\[\d+A/u, 'goes up instead of clearing');
  assert.doesNotMatch(stdout, /\p{Cc}\[2J/u);
});

test('--watch says that what it shows is stale once the agent is silent, and finds the next one', async (t) => {
  const state = folder(t);
  const agent = await fakeAgent(t, state);
  const child = startCli(t, ['status', '--watch', '--state', state], { terminal: 100 });
  await written(child, /It stands/);
  await agent.close();
  await written(child, /STALE: the agent was last heard/);
  await fakeAgent(t, state, { view: status({ sentence: 'pricing is back.' }) });
  await written(child, /pricing is back/);
});

test('--watch into a pipe prints a picture only when something changed', async (t) => {
  const state = folder(t);
  const agent = await fakeAgent(t, state);
  const child = startCli(t, ['status', '--watch', '--state', state]);
  const all = ended(child);
  await written(child, /gateway/);
  agent.show(status({ atMs: Date.now() + 5 }));
  agent.show(status({ sentence: 'pricing has changed.' }));
  await written(child, /has changed/);
  child.kill('SIGINT');
  const { code, stdout } = await all;
  assert.equal(code, 0);
  assert.equal(stdout.match(/gateway/g)?.length, 4, 'two pictures, each with the sentence and the row');
});

test('failovers show each part of z, and what is not measured is not 0', async (t) => {
  const state = folder(t);
  const all = [failoverView(), failoverView({ atMs: Date.now(), iMs: null, zMs: 130_000, service: 'risk', rule: 280 })];
  await fakeAgent(t, state, { more: { failovers: () => Promise.resolve(all) } });
  const { stdout } = await cli(t, ['failovers', '--state', state], { env: { COLUMNS: '160' } });
  assert.match(stdout, /pricer +a→b +killed \(SIGKILL\) +1 ms +17 ms +0 ms +0 ms +18 ms +2 min +232/);
  assert.match(stdout, /risk .*not measured .*▲ longer than declared/);
  assert.ok(stdout.indexOf('risk') < stdout.indexOf('pricer'), 'the newest first');
  assert.deepEqual(
    JSON.parse((await cli(t, ['failovers', '--json', '--state', state])).stdout),
    JSON.parse(JSON.stringify(all)),
  );
});
