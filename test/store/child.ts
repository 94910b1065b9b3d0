// child.ts MODULE WHERE JOB …: one of several processes that use a store at the same time.
import { flushCompileCache } from 'node:module';
import { ms } from '../../src/model/units.ts';
import type { Store } from '../../src/ports.ts';
import { put } from './basic.cases.ts';
import type { Opener } from './store.cases.ts';

const [module = '', where = '', job = '', ...args] = process.argv.slice(2);
const { open } = (await import(module)) as { open: Opener };
const store = await open(where, 'system');
// One that is killed keeps nothing of what it compiled.
flushCompileCache();
await work(store, job, args);
await store.close();

async function work(to: Store, what: string, [name = '', count = '']: readonly string[]): Promise<void> {
  switch (what) {
    // Keys of its own, one after the other.
    case 'write':
      for (let n = 0; n < Number(count); n += 1) await put(to, { key: `${name}/${n}`, value: String(n) });
      return;
    // A counter shared with the others.
    case 'count':
      for (let n = 0; n < Number(count); n += 1) await increment(to, name);
      return;
    // The same for ever, each said once it is acknowledged.
    case 'count-aloud':
      for (;;) {
        const said = `${await increment(to, name)}\n`;
        await new Promise((written) => process.stdout.write(said, written));
      }
    default:
      throw new Error(`no such job: ${what}`);
  }
}

async function increment(to: Store, key: string): Promise<number> {
  for (;;) {
    const [entry] = (await to.read(key)).entries;
    const next = Number(entry?.value ?? 0) + 1;
    const answer = await to.txn([{ key, revision: entry?.revision ?? 0 }], [{ key, value: String(next) }], ms(10_000));
    if (answer.kind === 'unknown') throw new Error(answer.why);
    if (answer.kind === 'applied') return next;
  }
}
