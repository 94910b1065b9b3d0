// What a description may say, beside each thing that it may not: small fragments and the codes that they give.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from '../../src/model/difference.ts';
import { readDescription, type DescriptionRead } from '../../src/model/read.ts';
import type { System } from '../../src/model/system.ts';

const twoHosts = 'hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.1 } }';

function read(services: string, hosts = twoHosts, top = ''): DescriptionRead {
  const text = `system: s
objective: { unavailable: 10m, per: 60m, recoverWithin: 10s }
${top}
${hosts}
services:
${services.replaceAll(/^/gm, '  ')}
`;
  return readDescription({ text, file: 'standfast.yaml', folder: '/srv' });
}

/** Codes of what is wrong, with their lines within the services. */
function codes(services: string, hosts?: string, top?: string): string[] {
  return read(services, hosts, top).errors.map((problem) => problem.code);
}

function good(services: string, hosts?: string, top?: string): System {
  const { system, errors } = read(services, hosts, top);
  assert.deepEqual(errors, [], services);
  assert.ok(system !== null);
  return system;
}

const machines = 'hosts: { a: { address: 10.1.0.1 }, b: { address: 10.1.0.2 } }';
const loopbacks = 'hosts: { a: { address: 127.0.0.1 }, b: { address: 127.0.0.2 } }';

test('ports: what is one listener, and what only looks like one', () => {
  const warm = (more: string): string => `p: { run: x, policy: hot-active/warm-active, ${more} }`;
  const ready = 'ready: { http: "http://127.0.0.1:9000/ready" }';
  const cases: readonly (readonly [string, string, string[], string?])[] = [
    [
      'one service asks itself in several ways',
      'p: { run: x, on: a, env: { PORT: "9000" }, ready: { tcp: "127.0.0.1:9000" }, detect: { status: { http: "http://localhost:9000/s" }, checks: [ { tcp: "127.0.0.1:9000" } ] } }',
      [],
    ],
    ['two instances, one port each', warm('on: { a: { env: { PORT: "1" } }, b: { env: { PORT: "2" } } }'), []],
    ['two instances, one port', warm('env: { PORT: "9000" }'), ['SF-166']],
    ['two instances, one address asked', warm(ready), ['SF-166']],
    [
      'one who answers for all of them',
      warm(
        'ready: { http: "http://127.0.0.1:9000/ready?of=${STANDFAST_HOST}" }, activate: { http: "http://127.0.0.1:9001/to/${STANDFAST_HOST}" }',
      ),
      [],
    ],
    ['two instances, one told for both', warm('activate: { http: "http://127.0.0.1:9000/activate" }'), ['SF-166']],
    [
      'told by way of another service',
      'q: { run: x, on: a, env: { PORT: "9000" } }\np: { run: x, policy: hot-active/cold-passive, activate: { http: "http://127.0.0.1:9000/activate" } }\nr: { run: x, on: a, activate: { http: "http://127.0.0.1:9001/r" } }\ns: { run: x, on: a, env: { PORT: "9001" } }\nt: { run: x, on: b, env: { PORT: "9001" } }',
      ['SF-166'],
    ],
    ['two machines', warm(`env: { PORT: "9000" }, ${ready}`), [], machines],
    ['two addresses of one machine', warm('env: { PORT: "9000" }'), [], loopbacks],
    ['two addresses, and one of them asked for both', warm(ready), ['SF-166'], loopbacks],
    ['cold: one at a time', `p: { run: x, policy: hot-active/cold-passive, env: { PORT: "9000" }, ${ready} }`, []],
    [
      'two services on one host',
      'p: { run: x, on: a, env: { PORT: "9000" } }\nq: { run: x, on: a, ready: { tcp: "[::1]:9000" } }',
      ['SF-166'],
    ],
    [
      'two services on two machines',
      'p: { run: x, on: a, env: { PORT: "9000" } }\nq: { run: x, on: b, env: { PORT: "9000" } }',
      [],
      machines,
    ],
    [
      'a check looks at somebody else',
      'p: { run: x, on: a, env: { PORT: "9000" } }\nq: { run: x, on: a, detect: { checks: [ { tcp: "127.0.0.1:9000" } ] } }',
      [],
    ],
    [
      'a variable names somebody else',
      'p: { run: x, on: a, env: { PORT: "9000" } }\nq: { run: x, on: a, env: { UPSTREAM_PORT: "9000" } }',
      [],
    ],
    [
      'a probe asks another machine',
      'p: { run: x, on: a, ready: { http: "http://db.example:9000/" } }\nq: { run: x, on: a, ready: { http: "http://db.example:9000/" } }',
      [],
    ],
    [
      'the scheme gives the port',
      'p: { run: x, on: a, ready: { http: "https://127.0.0.1/" } }\nq: { run: x, on: a, env: { HTTPS_PORT: "443" } }',
      ['SF-166'],
    ],
  ];
  for (const [what, services, expected, hosts] of cases) assert.deepEqual(codes(services, hosts), expected, what);
});

test('where a service runs', () => {
  const hosts = (services: string): unknown =>
    good(services).services.flatMap((service) =>
      service.kind === 'run' ? [service.on.map((place) => place.host), service.policy] : [],
    );
  assert.deepEqual(hosts('p: { run: x, on: b }'), [['b'], 'single']);
  assert.deepEqual(hosts('p: { run: x, on: [b, a], policy: hot-active/warm-passive }'), [
    ['b', 'a'],
    'hot-active/warm-passive',
  ]);
  assert.deepEqual(hosts('p: { run: x, policy: hot-active/cold-passive }'), [['a', 'b'], 'hot-active/cold-passive']);
  assert.deepEqual(hosts('p: { run: x, on: { b: , a: { env: { X: 1 } } }, policy: hot-active/cold-passive }'), [
    ['b', 'a'],
    'hot-active/cold-passive',
  ]);
  assert.deepEqual(codes('p: { run: x }'), ['SF-160']);
  assert.deepEqual(codes('p: { run: x, on: [zzz], policy: hot-active/warm-active }'), ['SF-142']);
  assert.deepEqual(codes('p: { run: x, on: 7 }'), ['SF-112']);
});

test('what consumers use, when nothing is said, is what no other needs', () => {
  const services =
    'p: { run: x, on: a, needs: [e] }\nq: { run: x, on: a, needs: { anyOf: [p, { all: [e] }] } }\ne: { external: true }\nf: { external: true }';
  assert.deepEqual(good(services).serves, ['q', 'f']);
  assert.deepEqual(good(services, twoHosts, 'serves: p').serves, ['p']);
  assert.deepEqual(good(services, twoHosts, 'serves: [f, q]').serves, ['f', 'q']);
  assert.deepEqual(codes(services, twoHosts, 'serves: [x]'), ['SF-141']);
  assert.deepEqual(codes(services, twoHosts, 'serves: [a]'), ['SF-146']);
  assert.deepEqual(codes(services, twoHosts, 'serves: [p, p]'), ['SF-174']);
});

test('needs nest, and keep their form', () => {
  const need = (text: string): unknown =>
    good(`p: { run: x, on: a, needs: ${text} }\ne: { external: true }\nf: { external: true }`).services[0]?.needs;
  const [e, f] = [
    { kind: 'service', name: 'e' },
    { kind: 'service', name: 'f' },
  ];
  assert.deepEqual(need('e'), e);
  assert.deepEqual(need('[]'), null);
  assert.deepEqual(need('[e, f]'), { kind: 'all', of: [e, f] });
  assert.deepEqual(need('{ atLeast: 1, of: [e, [e, f], { anyOf: [f] }] }'), {
    kind: 'atLeast',
    k: 1,
    of: [e, { kind: 'all', of: [e, f] }, { kind: 'anyOf', of: [f] }],
  });
  const wrong = (text: string): string[] => codes(`p: { run: x, on: a, needs: ${text} }\ne: { external: true }`);
  assert.deepEqual(wrong('{}'), ['SF-116']);
  assert.deepEqual(wrong('{ all: [e], anyOf: [e] }'), ['SF-117']);
  assert.deepEqual(wrong('{ atLeast: 1 }'), ['SF-111']);
  assert.deepEqual(wrong('{ atLeast: 0, of: [e] }'), ['SF-122']);
  assert.deepEqual(wrong('{ atLeast: 1.5, of: [e] }'), ['SF-122']);
  assert.deepEqual(wrong('[e, { anyOf: [] }, zz, e]'), ['SF-154', 'SF-141', 'SF-174']);
});

test('a circle is shown with its way, wherever it is hidden', () => {
  const { errors } = read(
    'p: { run: x, on: a, needs: { atLeast: 1, of: [[q], e] } }\nq: { run: x, on: a, needs: { anyOf: [e, p] } }\ne: { external: true, needs: e2 }\ne2: { external: true }',
  );
  assert.deepEqual(
    errors.map(({ code, message }) => [code, message]),
    [['SF-150', 'p needs q needs p: none of them could start first']],
  );
  assert.deepEqual(codes('e: { external: true, needs: f }\nf: { external: true, needs: e }'), ['SF-150']);
});

test('a beat at exactly half of what there is for detection is often enough', () => {
  const every = (text: string): string[] =>
    codes(`p: { run: x, policy: hot-active/warm-active, detect: { heartbeat: { message: true, every: ${text} } } }`);
  assert.deepEqual(every('5s'), []);
  assert.deepEqual(every('5001ms'), ['SF-165']);
});

test('environments are text, and commands and files may name them', () => {
  const [service] = good(
    'p: { run: "x ${A} ${STANDFAST_HOST}", on: a, env: { A: 010, B: true, C: 1e3, D: , E: "", F: ~ } }',
  ).services;
  assert.ok(service?.kind === 'run');
  assert.deepEqual({ ...service.env }, { A: '010', B: 'true', C: '1e3', D: '', E: '', F: '' });
  assert.deepEqual(codes('p: { run: x, on: a, env: { A: [1] } }'), ['SF-113']);
  assert.deepEqual(
    codes('p: { run: "x ${A}", on: a, env: [A] }'),
    ['SF-112'],
    'an environment that cannot be read does not make its names unknown',
  );
  assert.deepEqual(codes('p: { run: "x ${A}", on: a, envFile: p.env }'), []);
  assert.deepEqual(codes('p: { run: x, on: a, watch: { packages: ["npm:${A}"], entries: ["${A}"] } }'), ['SF-132']);
  assert.deepEqual(codes('p: { run: [x, "${A}"], on: a, restart: { alternative: "y ${B}" } }'), ['SF-132', 'SF-132']);
});

test('addresses of hosts', () => {
  const address = (text: string): string[] => codes('p: { run: x, on: a }', `hosts: { a: { address: ${text} } }`);
  for (const fine of [
    '127.0.0.1',
    'localhost',
    'db-1.example.com',
    '"::1"',
    '"fe80::1%eth0"',
    '"2001:db8::7"',
    'example.com.',
    '3com.example',
  ])
    assert.deepEqual(address(fine), [], fine);
  for (const wrong of ['256.1.1.1', '1.2.3', '"http://a"', '10.0.0.1/24', '"a b"', '"a:22"', '-a', '"[::1]"', 'a..b'])
    assert.deepEqual(address(wrong), ['SF-136'], wrong);
});

test('names', () => {
  const name = (text: string): string[] => codes(`${text}: { run: x, on: a }`);
  for (const fine of ['p', 'P-1', 'a.b_c', '3com', 'x'.repeat(63), 'constructor', 'toString'])
    assert.deepEqual(name(fine), [], fine);
  for (const wrong of [
    '"p q"',
    'p@a',
    'p/q',
    '"p:q"',
    '-p',
    '.p',
    '"17"',
    'x'.repeat(64),
    'préis',
    '""',
    '"p\\nq"',
    '__proto__',
  ])
    assert.deepEqual(name(wrong).slice(0, 1), ['SF-133'], wrong);
});

test('relative paths start at the service’s folder, and that at the description’s', () => {
  const [service] = good('p: { run: x, on: a, dir: sub, envFile: p.env, runbook: runbooks/p.md }').services;
  assert.ok(service?.kind === 'run');
  assert.deepEqual([service.dir, service.envFile, service.runbook], ['/srv/sub', '/srv/sub/p.env', 'runbooks/p.md']);
});

test('one wrong value hides nothing else, and does not become a second fault', () => {
  assert.deepEqual(
    codes(
      'p: { run: [1], on: [a, zz], policy: hot-active/hot, consumers: 5, severity: "1", ready: { tcp: 5 }, detect: { checks: [ 7, { tcp: "x" } ] } }',
    ),
    ['SF-130', 'SF-142', 'SF-115', 'SF-112', 'SF-113', 'SF-113', 'SF-112'],
  );
  assert.deepEqual(codes('p: [1]\nq: { run: x, on: a, needs: p }'), ['SF-112']);
  assert.deepEqual(codes('p: { run: x, on: zz, prefer: b }', twoHosts.replace('b: {', 'b: { fence: 1,')), [
    'SF-112',
    'SF-142',
    'SF-144',
  ]);
});

test('what differs between two descriptions is told line by line', () => {
  const before = good(
    'p: { run: x, on: a, env: { A: "1" }, stop: { forcedAfter: 10s } }\nq: { run: y, on: b }\nr: { external: true }',
  );
  const after = good(
    'p: { run: z, on: a, env: { A: "2", B: "3" }, stop: { forcedAfter: 2m } }\nr: { external: true, severity: 2 }\nt: { run: y, on: b }',
    twoHosts,
    'about: New.',
  );
  assert.deepEqual(differences(before, after), [
    '  about: nothing → New.',
    '  serves: ["p","q","r"] → ["p","r","t"]',
    '- service q is gone',
    '  p.run.argv: x → z',
    '  p.stop.forcedAfter: 10s → 2m',
    '  p.env.A: 1 → 2',
    '  p.env.B: nothing → 3',
    '  r.severity: 1 → 2',
    '+ service t is new',
  ]);
  assert.deepEqual(differences(before, before), []);
  const order = good(
    'q: { run: y, on: b }\np: { run: x, on: a, env: { A: "1" }, stop: { forcedAfter: 10s } }\nr: { external: true }',
    twoHosts,
    'serves: [p, q, r]',
  );
  assert.deepEqual(differences(before, order), ['  the order of services: q, p, r']);
});
