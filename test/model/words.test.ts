// Small languages inside a description: command lines, ${NAME}, durations, sizes, environment files, names that were meant.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import '../seed.ts';
import { findCycles } from '../../src/model/cycles.ts';
import { durationText, parseDuration, parseSize } from '../../src/model/duration.ts';
import { parseEnvFile } from '../../src/model/environment.ts';
import { expand, namesIn } from '../../src/model/expand.ts';
import { nearest } from '../../src/model/nearest.ts';
import { splitWords } from '../../src/model/words.ts';

const words = (line: string): readonly string[] | string => {
  const read = splitWords(line);
  return 'words' in read ? read.words : read.wrong;
};

test('a command line is split as a shell would', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['node feed.mjs', ['node', 'feed.mjs']],
    ['  node   feed.mjs\t--fast\n', ['node', 'feed.mjs', '--fast']],
    [`echo 'a b' "c d" e\\ f`, ['echo', 'a b', 'c d', 'e f']],
    [`echo a'b'"c"d`, ['echo', 'abcd']],
    [`echo '' ""`, ['echo', '', '']],
    [`echo "a\\"b\\\\c\\d"`, ['echo', 'a"b\\c\\d']],
    [`echo 'a\\b'`, ['echo', 'a\\b']],
    ['echo a#b * ? ~ {x} $HOME', ['echo', 'a#b', '*', '?', '~', '{x}', '$HOME']],
    ['echo a\\\nb', ['echo', 'ab']],
    ['echo ${PORT} "${PORT}"', ['echo', '${PORT}', '${PORT}']],
  ];
  for (const [line, expected] of cases) assert.deepEqual(words(line), expected, line);
});

test('what a shell would not fill in stays as it is', () => {
  assert.deepEqual(words(`sh -c 'echo \${i}' "\\\${i}" \\\${i}`), ['sh', '-c', 'echo $${i}', '$${i}', '$${i}']);
  assert.equal(expand('echo $${i}', {}).text, 'echo ${i}');
});

test('what cannot be split says why', () => {
  assert.match(String(words('echo "a')), /double quote/);
  assert.match(String(words("echo 'a")), /single quote/);
  assert.match(String(words('echo a\\')), /backslash/);
  assert.match(String(words('   ')), /empty/);
  assert.match(String(words('""')), /empty/);
  for (const line of ['a | b', 'a > b', 'a && b', 'a; b', 'a < b', 'a `b`', 'a $(b)'])
    assert.match(String(words(line)), /needs a shell/, line);
  assert.deepEqual(words(`a "|" '>' \\&`), ['a', '|', '>', '&']);
});

test('words that a shell splits are split the same here', () => {
  const piece = fc.constantFrom('a', 'b c', ' ', '"', "'", '\\', '-', '=', '/', '"x y"', "'x y'", '.');
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
      const line = `w${pieces.join('')}`;
      const own = splitWords(line);
      if ('wrong' in own) return;
      const shell = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
      assert.deepEqual(own.words, shell.split('\0').slice(0, -1), line);
    }),
    { numRuns: 150 },
  );
});

test('names are filled in, and those that are not there are told', () => {
  const env = { PORT: '7101', A: '${PORT}', EMPTY: '' };
  assert.deepEqual(expand('http://x:${PORT}/${A}/${EMPTY}', env), { text: 'http://x:7101/${PORT}/', missing: [] });
  assert.deepEqual(expand('${NO}-${PORT}-${NO}', env), { text: '${NO}-7101-${NO}', missing: ['NO', 'NO'] });
  assert.deepEqual(expand('$PORT $$ $${PORT} $', env), { text: '$PORT $$ ${PORT} $', missing: [] });
  assert.deepEqual(expand('${toString}${__proto__}', {}).missing, ['toString', '__proto__']);
  assert.deepEqual(namesIn('${A} ${B_1} ${A-x} ${ $${C} ${}'), {
    names: ['A', 'B_1'],
    malformed: ['${A-x}', '${ $${C}', '${}'],
  });
});

test('durations and sizes are one number and one unit', () => {
  const durations: readonly (readonly [string, number | null])[] = [
    ['250ms', 250],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['1.5s', 1500],
    ['0s', 0],
    ['5', null],
    ['5 s', null],
    ['5S', null],
    ['-5s', null],
    ['1h30m', null],
    ['', null],
    ['s', null],
    ['.5s', null],
    ['1e3s', null],
    ['99999999d', null],
  ];
  for (const [text, expected] of durations) assert.equal(parseDuration(text), expected, text);
  const sizes: readonly (readonly [string, number | null])[] = [
    ['512MiB', 536_870_912],
    ['1KiB', 1024],
    ['2GiB', 2_147_483_648],
    ['1.5KiB', 1536],
    ['10kB', 10_000],
    ['1MB', 1_000_000],
    ['7B', 7],
    ['512M', null],
    ['512', null],
    ['512 MiB', null],
    ['9999999999TiB', null],
  ];
  for (const [text, expected] of sizes) assert.equal(parseSize(text), expected, text);
});

test('a duration is shown as a person would write it', () => {
  const shown: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [250, '250ms'],
    [1000, '1s'],
    [1500, '1.5s'],
    [90_000, '90s'],
    [120_000, '2m'],
    [5_400_000, '90m'],
    [3_600_000, '1h'],
    [86_400_000, '1d'],
    [7_776_000_000, '90d'],
    [682, '682ms'],
    [1234.567, '1.23s'],
    [0.4, '0.4ms'],
    [-5000, '-5s'],
  ];
  for (const [duration, text] of shown) assert.equal(durationText(duration), text);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999 }), fc.constantFrom('ms', 's', 'm', 'h', 'd'), (count, unit) => {
      const value = parseDuration(`${count}${unit}`);
      assert.equal(parseDuration(durationText(value ?? 0)), value);
    }),
  );
});

test('a file of NAME=VALUE lines', () => {
  const { env, wrong } = parseEnvFile(
    `\uFEFF# comment\nPORT=7101\n\nexport HOST = here \r\nQUOTED="a \\"b\\" \\\\ c\\n"\nSINGLE='a $b'\nEMPTY=\nno line\nSTANDFAST_ROLE=active\n1A=x\nURL=http://x/?a=b#c\n`,
  );
  assert.deepEqual(env, {
    PORT: '7101',
    HOST: 'here',
    QUOTED: 'a "b" \\ c\n',
    SINGLE: 'a $b',
    EMPTY: '',
    URL: 'http://x/?a=b#c',
  });
  assert.deepEqual(wrong, [8, 9, 10]);
});

test('the name that was meant', () => {
  const known = ['policy', 'consumers', 'needs', 'capacity', 'hot-active/warm-passive'];
  const cases: readonly (readonly [string, string | null])[] = [
    ['polcy', 'policy'],
    ['ploicy', 'policy'],
    ['Policy', 'policy'],
    ['consumer', 'consumers'],
    ['need', 'needs'],
    ['capcity', 'capacity'],
    ['hot-active/warm', 'hot-active/warm-passive'],
    ['xyz', null],
    ['c', null],
    ['', null],
    ['x'.repeat(1000), null],
  ];
  for (const [word, expected] of cases) assert.equal(nearest(word, known), expected, word);
});

test('ways that come back are found, also long ones', () => {
  const graph = (edges: Record<string, string[]>): Map<string, string[]> => new Map(Object.entries(edges));
  assert.deepEqual(findCycles(graph({ a: ['b'], b: ['c'], c: [] })), []);
  assert.deepEqual(findCycles(graph({ a: ['a'] })), [['a', 'a']]);
  assert.deepEqual(findCycles(graph({ a: ['b'], b: ['c'], c: ['b', 'zz'] })), [['b', 'c', 'b']]);
  assert.deepEqual(findCycles(graph({ a: ['b', 'c'], b: ['a'], c: ['a'] })), [
    ['a', 'b', 'a'],
    ['a', 'c', 'a'],
  ]);
  const chain = new Map(Array.from({ length: 50_000 }, (_, index) => [`s${index}`, [`s${(index + 1) % 50_000}`]]));
  assert.equal(findCycles(chain)[0]?.length, 50_001);
});

test('there is a cycle exactly when some name can reach itself', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  fc.assert(
    fc.property(fc.dictionary(name, fc.array(name, { maxLength: 3 }), { maxKeys: 5 }), (edges) => {
      const graph = new Map<string, readonly string[]>(Object.entries(edges));
      const reaches = (from: string): Set<string> => {
        const seen = new Set<string>();
        const open = [...(graph.get(from) ?? [])];
        for (let next = open.pop(); next !== undefined; next = open.pop()) {
          if (seen.has(next)) continue;
          seen.add(next);
          open.push(...(graph.get(next) ?? []));
        }
        return seen;
      };
      const slowly = [...graph.keys()].some((each) => reaches(each).has(each));
      const found = findCycles(graph);
      assert.equal(found.length > 0, slowly);
      for (const cycle of found) {
        assert.equal(cycle[0], cycle.at(-1));
        for (const [index, each] of cycle.slice(0, -1).entries())
          assert.ok(graph.get(each)?.includes(cycle[index + 1] ?? ''));
      }
    }),
    { numRuns: 2000 },
  );
});
