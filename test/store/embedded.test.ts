// The embedded store: the suite of all stores, and what can befall a file.
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openEmbedded } from '../../src/store/embedded.ts';
import { folder } from './places.ts';
import { storeCases } from './store.cases.ts';

storeCases({
  name: 'embedded',
  module: join(import.meta.dirname, 'open-embedded.ts'),
  make: (t) => Promise.resolve(join(folder(t), 'store.db')),
  faults: {
    stall(where) {
      // Another agent's write that never ends: the disk stalled in the middle of it.
      const other = new DatabaseSync(where);
      other.exec('BEGIN IMMEDIATE');
      return Promise.resolve(() => {
        other.close();
        return Promise.resolve();
      });
    },
    async exchange(where) {
      move(where, `${where}.aside`);
      await (await openEmbedded({ file: where, prefix: 'system' })).close();
      return () => {
        move(`${where}.aside`, where);
        return Promise.resolve();
      };
    },
  },
  skip: {},
});

function move(from: string, to: string): void {
  for (const end of ['', '-wal', '-shm']) {
    rmSync(to + end, { force: true });
    renameSync(from + end, to + end);
  }
}
