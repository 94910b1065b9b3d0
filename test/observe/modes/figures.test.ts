// What a host has and uses: from recorded files of the kernel, so that the numbers are known, and from the real ones.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openFigures as keepFigures } from '../../../src/agent/figures.ts';
import { openDisk } from '../../../src/observe/modes/disk.ts';
import { openFigures } from '../../../src/observe/modes/figures.ts';
import { folder, ground, watchOn } from './look.ts';

const stat = (ticks: number): string => `4711 (a) b) S 1 ${'0 '.repeat(9)}${ticks} 5 0 0 0 0 1 0 987 4096 300 0`;

test('processors, memory, waits and processes from what the kernel writes', async (t) => {
  const root = folder(t);
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put('proc/stat', 'cpu  100 0 100 800 0 0 0 0 50 0\ncpu0 1\ncpu1 1\nintr 5\n');
  put('proc/loadavg', '0.50 0.25 0.10 1/200 4711\n');
  put('proc/meminfo', 'MemTotal:  2048 kB\nMemAvailable:  512 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n');
  put('proc/pressure/cpu', 'some avg10=1.00 avg60=12.50 avg300=0.00 total=1\n');
  put('proc/pressure/memory', 'some avg10=0 avg60=2.00 avg300=0 total=1\nfull avg10=0 avg60=1.00 avg300=0 total=1\n');
  put('proc/4711/stat', stat(100));
  put('proc/self/smaps', '7f00-7f01 r--p\nKernelPageSize:       16 kB\n');
  let mono = 1_000;
  const detector = openFigures(ground({ root, mono: () => mono }));
  const watch = watchOn(root, { processes: [{ service: 's', pid: 4711, memoryLimit: null }] });
  const first = (await detector.look(watch)).figures;
  assert.deepEqual(first?.processors, { count: 2, used: null, load: [0.5, 0.25, 0.1] }, 'one look says no share');
  assert.deepEqual(first?.memory, { total: 2048 * 1024, available: 512 * 1024, swapTotal: 0, swapFree: 0 });
  assert.deepEqual(first?.waits, { processors: 0.125, memory: 0.02, memoryAll: 0.01, disks: null, disksAll: null });
  assert.deepEqual(first?.processes, [{ service: 's', pid: 4711, memory: 300 * 16 * 1024, used: null }]);

  put('proc/stat', 'cpu  150 0 150 900 0 0 0 0 90 0\ncpu0 1\ncpu1 1\n');
  put('proc/4711/stat', stat(300));
  mono += 1_000;
  const second = await detector.look(watch);
  assert.equal(second.figures?.processors?.used, 0.5);
  assert.equal(second.figures?.processes?.[0]?.used, 2, 'two processors');
  assert.deepEqual(second.seen, [], 'it judges nothing');
});

test('the newest of all looks is shown, with the last minutes', async (t) => {
  const kept = keepFigures();
  assert.equal(kept.view(), null, 'nobody has looked yet');
  const watch = watchOn(folder(t), { folders: [{ path: '/', services: [] }] });
  const told = { facts: {}, pace: { everyMs: 5000, usualMs: 5000, costMs: 1 } };
  for (const detector of [openFigures(ground()), openDisk(ground())])
    kept.looked({ detector: detector.name, atMs: 5, ...told, ...(await detector.look(watch)) });
  kept.looked({ detector: 'names', atMs: 6, seen: [], ...told });
  const view = kept.view();
  assert.equal(view?.asOfMs, 5, 'a look without figures makes them no newer');
  assert.ok((view?.memory?.total ?? 0) > 0 && (view?.processors?.count ?? 0) > 0);
  assert.ok(view?.disks?.some((disk) => disk.at === '/' && disk.size > disk.free));
  assert.equal(view?.recent.length, 1);
});
