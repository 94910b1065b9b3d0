// The import walls of the house: which room may import which, and what the pure rooms must not touch.
// Paths are resolved, so folders may be deep. Tests beside the code (*.test.ts) may import what they like.
// Does not cover: what an npm package does inside, and a path put together at run time.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, realpathSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { parseSync } from 'oxc-parser';

interface Room {
  /** Rooms and top-level files whose values and types it may import, besides its own. */
  readonly imports: readonly string[] | 'everything';
  /** Rooms and files of which it may import only types. */
  readonly types?: readonly string[];
  /** Packages from npm; unsaid means any. */
  readonly npm?: readonly string[];
  /** No clock, no random, no I/O: it runs in the simulator as it runs in the agent. */
  readonly pure?: true;
  readonly because: string;
}

const pureBecause = 'is pure, so that the simulator can run it: return an Effect instead.';
const shellBecause = 'is shell: it reaches the rest through ports.ts, so that each room can be replaced alone.';
const wiring: Room = { imports: 'everything', because: '' };

const house: Readonly<Record<string, Room>> = {
  model: {
    imports: [],
    npm: ['zod', 'yaml'],
    pure: true,
    because: 'imports nothing: everybody builds on it. Move what both need into model/.',
  },
  judge: { imports: ['model'], npm: [], pure: true, because: pureBecause },
  decide: { imports: ['model', 'judge'], npm: [], pure: true, because: pureBecause },
  prove: {
    imports: ['model', 'judge', 'decide'],
    npm: ['pure-rand'],
    pure: true,
    because: 'runs the core as it is, without the shell: give it what it needs as an argument.',
  },
  observe: { imports: ['model', 'ports.ts', 'account.ts'], because: shellBecause },
  act: { imports: ['model', 'ports.ts', 'account.ts'], because: shellBecause },
  store: { imports: ['model', 'ports.ts'], because: shellBecause },
  journal: { imports: ['model', 'ports.ts'], types: ['api.ts'], because: shellBecause },
  serve: {
    imports: ['model', 'ports.ts'],
    types: ['api.ts', 'api-assess.ts', 'api-runbook.ts', 'api-web.ts'],
    because: 'only carries what ports.ts hands it: put the question behind a port.',
  },
  keeper: {
    imports: ['model', 'ports.ts', 'layout.ts', 'account.ts'],
    because: 'is small and boring, so that it outlives every other part: leave it to the agent.',
  },
  cli: {
    imports: ['model', 'journal', 'prove', 'client.ts', 'layout.ts'],
    types: ['api.ts', 'api-assess.ts', 'api-runbook.ts', 'api-web.ts'],
    because: 'asks the agent through client.ts, like every other user.',
  },
  console: {
    imports: [],
    types: ['model', 'api.ts', 'api-assess.ts', 'api-runbook.ts', 'api-web.ts'],
    because: 'runs in a browser: it asks over HTTP, and knows only the shapes of the answers.',
  },
  web: wiring,
  'web.ts': wiring,
  'api-web.ts': {
    imports: [],
    types: ['api.ts', 'api-assess.ts', 'ports.ts', 'model'],
    because:
      'is shapes only, for pages and other programs: import types of api.ts, api-assess.ts, ports.ts and model/.',
  },
  'api-assess.ts': { imports: [], because: 'is shapes only, for pages and other programs: it imports nothing.' },
  agent: wiring,
  'agent.ts': wiring,
  'keeper.ts': wiring,
  'main.ts': wiring,
  'ports.ts': {
    imports: [],
    types: ['model', 'decide'],
    because: 'is interfaces only: import types of model/ and decide/.',
  },
  'api.ts': {
    imports: [],
    types: ['api-web.ts', 'model', 'ports.ts', 'api-runbook.ts'],
    because: 'is shapes only, for other programs: import types of model/ and ports.ts.',
  },
  'api-runbook.ts': {
    imports: [],
    types: ['model'],
    because: 'is shapes only, for other programs: import types of model/ only.',
  },
  'account.ts': {
    imports: ['model'],
    npm: [],
    because: 'says as whom a command runs, for every room that runs one: it knows no room.',
  },
  'layout.ts': { imports: [], npm: [], because: 'only says where things lie: it imports nothing.' },
  'client.ts': {
    imports: [],
    types: ['api-web.ts', 'api.ts', 'api-runbook.ts', 'model'],
    because: 'goes into other programs: import types of api.ts and model/ only.',
  },
  'member.js': { imports: [], npm: [], because: 'runs inside other people’s services: it has no dependency.' },
  'member.d.ts': { imports: [], npm: [], because: 'goes into other people’s services: it has no dependency.' },
};

/** Each exception has its reason; one that no longer applies fails the test. `what` is as the message names it. */
const exceptions: readonly { readonly file: string; readonly what: string; readonly why: string }[] = [];

/** These drive the simulator from outside (workers, progress, the wall clock for people). */
const drivers = /^prove\/(.*\/)?driver[^/]*\.ts$/;

const bannedModules = new Set([
  'child_process',
  'cluster',
  'dgram',
  'dns',
  'fs',
  'http',
  'http2',
  'https',
  'net',
  'os',
  'perf_hooks',
  'process',
  'sqlite',
  'timers',
  'tls',
  'worker_threads',
]);
const bannedMembers = new Set([
  'Date.now',
  'performance.now',
  'performance.timeOrigin',
  'Math.random',
  'crypto.randomUUID',
  'crypto.getRandomValues',
]);
const bannedCalls = new Set(['Date', 'fetch', 'setTimeout', 'setInterval', 'setImmediate']);
const bannedNames = new Set(['randomUUID', 'randomBytes', 'randomInt']);

const src = join(import.meta.dirname, '..', 'src');

test('imports stay within the walls of the house', (t) => {
  demandNone(t, 'imports', breaches(importBreaches));
});

test('the pure rooms touch no clock, no random and no I/O', (t) => {
  demandNone(t, 'uses', breaches(purityBreaches));
});

test('docs/architecture.md names each room, and what it may import', () => {
  const page = readFileSync(join(src, '..', 'docs', 'architecture.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z]+)\/` \|.*\| (.*) \|$/gm)].map(([, name = '', cell = '']) => [name, cell]);
  const words = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const told = ({ imports, types }: Room): string =>
    imports === 'everything'
      ? imports
      : `${imports.length === 0 ? 'nothing' : words(imports)}${types === undefined ? '' : `; types of ${words(types)}`}`;
  const rooms = Object.entries(house).filter(([name]) => !name.includes('.'));
  assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(rooms.map(([name, room]) => [name, told(room)])));
});

test('the checks see every form of import', () => {
  const cases: readonly (readonly [file: string, source: string, found: readonly string[]])[] = [
    ['decide/a.ts', "import { b } from '../act/b.ts';", ['act/b.ts']],
    ['decide/deep/er/a.ts', "export * from '../../../act/b.ts';", ['act/b.ts']],
    ['decide/a.ts', "export type { B } from '../act/b.ts';", ['act/b.ts']],
    ['decide/a.ts', "import type { B } from '../act/b.ts';", ['act/b.ts']],
    ['decide/a.ts', "const b = import('../act/b.ts');", ['act/b.ts']],
    ['decide/a.ts', "type B = import('../act/b.ts').B;", ['act/b.ts']],
    ['decide/a.ts', "import '../act/b.ts';", ['act/b.ts']],
    ['decide/a.ts', "import x from 'fastify'; import { y } from '../judge/y.ts'; import './z.ts';", ['fastify']],
    [
      'model/a.ts',
      "import { z } from 'zod'; import { parse } from 'yaml'; import assert from 'node:assert/strict';",
      [],
    ],
    ['model/a.ts', "import { x } from '../judge/x.ts';", ['judge/x.ts']],
    ['journal/a.ts', "import type { E } from '../api.ts'; import { type F } from '../api.ts';", []],
    ['journal/a.ts', "import { e } from '../api.ts';", ['api.ts']],
    ['act/a.ts', "import type { E } from '../decide/e.ts';", ['decide/e.ts']],
    ['act/a.ts', "import '../store/s.ts'; import pg from 'pg';", ['store/s.ts']],
    ['ports.ts', "import type { M } from './model/m.ts'; import { n } from './model/n.ts';", ['model/n.ts']],
    ['main.ts', "import './act/a.ts'; import './decide/b.ts';", []],
    ['model/a.ts', "import '../../test/x.ts';", ['../test/x.ts']],
    ['somewhere/a.ts', 'export {};', ['nothing yet']],
  ];
  for (const [file, source, found] of cases) {
    assert.deepEqual(
      importBreaches(file, source).map((breach) => breach.what),
      found,
      `${file}: ${source}`,
    );
  }
  assert.equal(
    importBreaches('decide/lease.ts', "\n\nimport '../act/spawn.ts';")[0]?.message,
    'decide/lease.ts:3 imports act/spawn.ts. decide/ is pure, so that the simulator can run it: return an Effect instead.',
  );
});

test('the checks see clocks, random and I/O in the pure rooms only', () => {
  const cases: readonly (readonly [file: string, source: string, found: readonly string[]])[] = [
    [
      'decide/a.ts',
      'Date.now(); const f = performance.now; Math.random();',
      ['Date.now', 'performance.now', 'Math.random'],
    ],
    ['decide/a.ts', 'new Date(); new Date(5); Date();', ['new Date()', 'Date()']],
    [
      'judge/a.ts',
      'setTimeout(f, 1); globalThis.setInterval(f, 1); fetch(u);',
      ['setTimeout()', 'setInterval()', 'fetch()'],
    ],
    ['model/a.ts', 'process.env; globalThis.process.pid;', ['process', 'process']],
    [
      'model/a.ts',
      "import { readFileSync } from 'node:fs'; import { spawn } from 'child_process';",
      ['node:fs', 'child_process'],
    ],
    ['model/a.ts', "import type { Stats } from 'node:fs/promises';", ['node:fs/promises']],
    ['prove/a.ts', 'async function f() { await g(); for await (const x of y) x; }', ['await', 'await']],
    ['prove/driver.ts', "import 'node:fs'; await f(Date.now());", []],
    ['act/a.ts', "import 'node:fs'; await f(Date.now());", []],
    ['decide/a.ts', 'const limits = { process: 1, fetch: 2 }; limits.process; limits.fetch;', []],
  ];
  for (const [file, source, found] of cases) {
    assert.deepEqual(
      purityBreaches(file, source).map((breach) => breach.what),
      found,
      `${file}: ${source}`,
    );
  }
});

interface Breach {
  readonly file: string;
  readonly what: string;
  readonly message: string;
}

interface Import {
  readonly specifier: string;
  readonly at: number;
  readonly typeOnly: boolean;
}

function breaches(find: (file: string, source: string) => Breach[]): Breach[] {
  return globSync('**/*.{ts,tsx,js}', { cwd: src })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => !file.endsWith('.test.ts') && !file.startsWith('console/node_modules/'))
    .toSorted()
    .flatMap((file) => find(file, readFileSync(join(src, file), 'utf8')));
}

function demandNone(
  t: { diagnostic(message: string): void },
  verb: 'imports' | 'uses',
  found: readonly Breach[],
): void {
  const excused = (breach: Breach): boolean =>
    exceptions.some((row) => row.file === breach.file && row.what === breach.what);
  const ofThisTest = (row: { what: string }): boolean => (verb === 'uses') === isUse(row.what);
  const rows = exceptions.filter(ofThisTest);
  t.diagnostic(`${rows.length} exceptions`);
  const messages = found.filter((breach) => !excused(breach)).map((breach) => breach.message);
  for (const row of rows) {
    if (!found.some((breach) => breach.file === row.file && breach.what === row.what)) {
      messages.push(`The exception "${row.file} ${verb} ${row.what}" is needed no longer: remove its row.`);
    }
  }
  if (messages.length > 0) assert.fail(`\n${messages.join('\n')}\n`);
}

function isUse(what: string): boolean {
  return (
    bannedMembers.has(what) || bannedNames.has(what) || isBannedModule(what) || /\(\)$|^await$|^process$/.test(what)
  );
}

function importBreaches(file: string, source: string): Breach[] {
  const own = roomOf(file);
  const room = house[own];
  if (room === undefined) {
    const message = `${file} is in no room of the house (test/walls.test.ts): move it, or give ${own} a row with its reason.`;
    return [{ file, what: 'nothing yet', message }];
  }
  if (room.imports === 'everything') return [];
  return importsOf(file, source).flatMap(({ specifier, at, typeOnly }) => {
    const target = targetOf(file, specifier);
    if (isAllowed(room, own, target, typeOnly)) return [];
    const name = own.includes('.') ? own : `${own}/`;
    const half = !typeOnly && target.inSrc && room.types?.includes(roomOf(target.name)) === true;
    const hint = half ? ' Its types are allowed: write `import type`.' : '';
    return [
      {
        file,
        what: target.name,
        message: `${file}:${lineOf(source, at)} imports ${target.name}. ${name} ${room.because}${hint}`,
      },
    ];
  });
}

function isAllowed(room: Room, own: string, target: Target, typeOnly: boolean): boolean {
  if (target.builtin) return true;
  if (target.npm !== undefined) return room.npm === undefined || room.npm.includes(target.npm);
  if (!target.inSrc) return target.name === '../package.json';
  const its = roomOf(target.name);
  return its === own || room.imports.includes(its) || (typeOnly && room.types?.includes(its) === true);
}

interface Target {
  /** The path from src/, or the specifier of a package. */
  readonly name: string;
  readonly inSrc: boolean;
  readonly builtin: boolean;
  readonly npm?: string;
}

function targetOf(file: string, specifier: string): Target {
  if (specifier.startsWith('node:') || builtinModules.includes(specifier))
    return { name: specifier, inSrc: false, builtin: true };
  if (!specifier.startsWith('.') && !specifier.startsWith('/')) {
    const npm = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    return { name: specifier, inSrc: false, builtin: false, npm };
  }
  const plain = resolve(dirname(join(src, file)), specifier);
  const real = existsSync(plain) ? realpathSync(plain) : plain;
  const name = relative(existsSync(plain) ? realpathSync(src) : src, real)
    .split(sep)
    .join('/');
  return { name, inSrc: !name.startsWith('../'), builtin: false };
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function purityBreaches(file: string, source: string): Breach[] {
  const own = roomOf(file);
  if (house[own]?.pure !== true || drivers.test(file)) return [];
  const found: { what: string; at: number }[] = [];
  for (const { specifier, at } of importsOf(file, source)) {
    if (isBannedModule(specifier)) found.push({ what: specifier, at });
  }
  walk(parse(file, source).program, (node) => {
    const what = bannedUse(node);
    if (what !== undefined) found.push({ what, at: node.start });
  });
  return found.map(({ what, at }) => ({
    file,
    what,
    message: `${file}:${lineOf(source, at)} uses ${what}. ${own}/ is pure, so that the simulator can run it: take \`now\`, a draw or the value as an argument, or return an Effect.`,
  }));
}

function isBannedModule(specifier: string): boolean {
  return (
    bannedModules.has(specifier.replace(/^node:/, '').split('/')[0] ?? '') &&
    (specifier.startsWith('node:') || builtinModules.includes(specifier))
  );
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

function bannedUse(node: Node): string | undefined {
  switch (node.type) {
    case 'AwaitExpression':
      return 'await';
    case 'ForOfStatement':
      return node['await'] === true ? 'await' : undefined;
    case 'NewExpression':
      return globalName(node['callee']) === 'Date' && (node['arguments'] as unknown[]).length === 0
        ? 'new Date()'
        : undefined;
    case 'CallExpression': {
      const name = globalName(node['callee']);
      if (name === undefined) return undefined;
      return bannedCalls.has(name) ? `${name}()` : bannedNames.has(name) ? name : undefined;
    }
    case 'MemberExpression': {
      const object = globalName(node['object']);
      if (object === 'process') return 'process';
      const full = `${object}.${propertyName(node)}`;
      return object !== undefined && bannedMembers.has(full) ? full : undefined;
    }
    default:
      return undefined;
  }
}

/** `x` and `globalThis.x` are both called x. */
function globalName(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === 'Identifier') return value['name'] as string;
  if (value.type === 'MemberExpression' && globalName(value['object']) === 'globalThis') return propertyName(value);
  return undefined;
}

function propertyName(member: Node): string | undefined {
  const property = member['property'];
  if (!isNode(property)) return undefined;
  if (member['computed'] === true) return property.type === 'Literal' ? String(property['value']) : undefined;
  return property['name'] as string;
}

function importsOf(file: string, source: string): Import[] {
  const { module, program } = parse(file, source);
  const found: Import[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    found.push({ specifier: moduleRequest.value, at: moduleRequest.start, typeOnly });
  }
  for (const { entries } of module.staticExports) {
    const from = entries.filter((entry) => entry.moduleRequest !== null);
    const request = from[0]?.moduleRequest;
    if (request)
      found.push({ specifier: request.value, at: request.start, typeOnly: from.every((entry) => entry.isType) });
  }
  walk(program, (node) => {
    if (node.type !== 'ImportExpression' && node.type !== 'TSImportType') return;
    const request = node['source'];
    if (!isNode(request) || typeof request['value'] !== 'string') return;
    found.push({ specifier: request['value'], at: node.start, typeOnly: node.type === 'TSImportType' });
  });
  return found;
}

const parsed = new Map<string, ReturnType<typeof parseSync>>();

function parse(file: string, source: string): ReturnType<typeof parseSync> {
  const key = `${file}\n${source}`;
  const known = parsed.get(key) ?? parseSync(file, source);
  parsed.set(key, known);
  const worst = known.errors.find((error) => error.severity === 'Error');
  assert.equal(worst, undefined, `${file} does not parse: ${worst?.message}`);
  return known;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (isNode(value)) {
    visit(value);
    for (const child of Object.values(value)) walk(child, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

function lineOf(source: string, at: number): number {
  return source.slice(0, at).split('\n').length;
}
