// One instance, ready to be started: environments over each other, every ${NAME} filled in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planExternal, planInstance, type InstancePlan, type InstanceSurroundings } from '../../src/model/instance.ts';
import { readDescription } from '../../src/model/read.ts';
import type { System } from '../../src/model/system.ts';

function read(services: string): System {
  const text = `system: s
objective: { unavailable: 10m, per: 60m, recoverWithin: 10s }
hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }
services:
${services.replaceAll(/^/gm, '  ')}
`;
  const { system, errors } = readDescription({ text, file: 'standfast.yaml', folder: '/srv' });
  assert.deepEqual(errors, []);
  assert.ok(system !== null);
  return system;
}

function plan(services: string, host: string, surroundings?: InstanceSurroundings): InstancePlan {
  const system = read(services);
  const service = system.services.find((each) => each.name === 'p');
  assert.ok(service?.kind === 'run');
  return planInstance(system, service, host, surroundings);
}

test('the placement goes over the service, the service over its file, Standfast over all', () => {
  const service = `p:
  run: x
  policy: hot-active/warm-active
  envFile: p.env
  env: { A: service, B: service }
  on: { a: { env: { A: place } }, b: }`;
  const fromEnvFile = { A: 'file', B: 'file', C: 'file', STANDFAST_HOST: 'elsewhere' };
  const own = { STANDFAST_SYSTEM: 's', STANDFAST_SERVICE: 'p' };
  assert.deepEqual(plan(service, 'a', { fromEnvFile }).env, {
    A: 'place',
    B: 'service',
    C: 'file',
    ...own,
    STANDFAST_HOST: 'a',
  });
  assert.deepEqual(plan(service, 'b').env, { A: 'service', B: 'service', ...own, STANDFAST_HOST: 'b' });
});

test('everything that may hold a name is filled in', () => {
  const filled = plan(
    `p:
  run: [node, "p.mjs", "--port=\${PORT}", "$\${PORT}"]
  on: { a: { env: { PORT: "7101" } } }
  dir: data/\${STANDFAST_HOST}
  ready: { http: "http://127.0.0.1:\${PORT}/ready", within: 1s }
  active: { tcp: "127.0.0.1:\${PORT}" }
  activate: { command: "./on.sh \${STANDFAST_SERVICE}" }
  deactivate: { http: "http://127.0.0.1:\${PORT}/off" }
  detect:
    heartbeat: { file: "run/\${PORT}.beat" }
    status: { file: "run/\${PORT}.status" }
    checks:
      - { tcp: "127.0.0.1:\${PORT}" }
      - { tcp: "127.0.0.1:\${PORT}", every: 1s }
      - { log: "ERROR", in: "log/\${PORT}.log" }
      - { command: { shell: "test -n \${PORT}" } }
  log: { file: "log/\${PORT}.log" }
  files: [ { path: "etc/\${PORT}.conf" } ]
  restart: { alternative: "./by-hand.sh \${PORT}" }`,
    'a',
  );
  assert.deepEqual(filled.command, { kind: 'argv', argv: ['node', 'p.mjs', '--port=7101', '${PORT}'] });
  assert.equal(filled.dir, '/srv/data/a');
  assert.deepEqual(filled.ready, { probe: { kind: 'http', url: 'http://127.0.0.1:7101/ready' }, within: 1000 });
  assert.deepEqual(filled.active, { probe: { kind: 'tcp', address: '127.0.0.1:7101' }, within: 30_000, usual: true });
  assert.deepEqual(filled.activate, { kind: 'command', command: { kind: 'argv', argv: ['./on.sh', 'p'] } });
  assert.deepEqual(filled.deactivate, { kind: 'http', url: 'http://127.0.0.1:7101/off' });
  assert.deepEqual(filled.detect.heartbeat, { source: { kind: 'file', path: 'run/7101.beat' }, every: null });
  assert.deepEqual(filled.detect.status, { kind: 'file', path: 'run/7101.status' });
  assert.deepEqual(
    filled.detect.checks.map((check) => check.name),
    ['tcp 127.0.0.1:7101', 'tcp 127.0.0.1:7101 (2)', 'log ERROR', 'command test -n ${PORT}'],
  );
  assert.deepEqual(filled.detect.checks[2]?.probe, { kind: 'log', pattern: 'ERROR', file: 'log/7101.log' });
  assert.equal(filled.log?.file, 'log/7101.log');
  assert.equal(filled.files[0]?.path, 'etc/7101.conf');
  assert.deepEqual(filled.alternative, { kind: 'argv', argv: ['./by-hand.sh', '7101'] });
  assert.deepEqual(filled.unknownNames, []);
});

test('what is watched is filled in, but not what is looked for within files; what no file brought keeps nobody from starting', () => {
  const filled = plan(
    `p:
  run: x
  envFile: p.env
  on: { a: { env: { AT: one } } }
  watch:
    disk: ["data/\${AT}"]
    packages: ["npm:lib/\${AT}/engine", "engine-\${VERSION}"]
    certificates: [ { file: "\${AT}.pem", on: "127.0.0.1:\${PORT}" } ]
    properties: [ { file: "\${AT}.conf", name: "\${KEY}", value: "\${OTHER}" } ]
    entries: ["run \${HOME}/backup"]
    idle: [ { to: "127.0.0.1:\${PORT}", for: 1m } ]
    snapshots: [ { path: "snap/\${AT}", within: 1d } ]`,
    'a',
    { fromEnvFile: { PORT: '7101' } },
  );
  assert.deepEqual(
    { ...filled.watch, mounts: [], names: [], units: [], accounts: [], queues: [] },
    {
      disk: ['data/one'],
      mounts: [],
      certificates: [{ file: 'one.pem', key: null, on: '127.0.0.1:7101', name: null, passwordFile: null }],
      properties: [{ file: 'one.conf', name: '${KEY}', value: '${OTHER}' }],
      names: [],
      packages: ['npm:lib/one/engine', 'engine-${VERSION}'],
      units: [],
      accounts: [],
      entries: ['run ${HOME}/backup'],
      idle: [{ to: '127.0.0.1:7101', for: 60_000 }],
      snapshots: [{ path: 'snap/one', within: 86_400_000 }],
      queues: [],
    },
  );
  assert.deepEqual(filled.unknownNames, []);
});

test('a shell line is the shell’s to fill in', () => {
  assert.deepEqual(plan('p: { shell: "exec p ${PORT:-1}", on: a }', 'a').command, {
    kind: 'shell',
    line: 'exec p ${PORT:-1}',
  });
});

test('names that a file should have brought are told, others come from it', () => {
  const service = 'p: { run: "p ${PORT} ${KEY}", envFile: p.env, on: a }';
  assert.deepEqual(plan(service, 'a', { fromEnvFile: { PORT: '1' } }).unknownNames, ['KEY']);
  assert.deepEqual(plan(service, 'a', { fromEnvFile: { PORT: '1', KEY: 'a b' } }).command, {
    kind: 'argv',
    argv: ['p', '1', 'a b'],
  });
});

test('a log without a file is the file of `log`, else what the instance prints', () => {
  const file = (service: string): unknown => plan(service, 'a', { output: '/state/p.log' }).ready?.probe;
  assert.deepEqual(file('p: { run: x, on: a, ready: { log: up }, log: { file: log/p.log } }'), {
    kind: 'log',
    pattern: 'up',
    file: 'log/p.log',
  });
  assert.deepEqual(file('p: { run: x, on: a, ready: { log: up } }'), {
    kind: 'log',
    pattern: 'up',
    file: '/state/p.log',
  });
});

test('an external service is checked from the folder of the description', () => {
  const system = read('e: { external: true, detect: { checks: [ { tcp: "db:1", every: 2s, severity: 2 } ] } }');
  const [service] = system.services;
  assert.ok(service?.kind === 'external');
  assert.deepEqual(planExternal(system, service), {
    checks: [{ name: 'tcp db:1', probe: { kind: 'tcp', address: 'db:1' }, every: 2000, severity: 2 }],
    dir: '/srv',
    env: { STANDFAST_SYSTEM: 's', STANDFAST_SERVICE: 'e' },
  });
});
