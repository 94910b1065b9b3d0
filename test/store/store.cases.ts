// What every store must do, whatever it is made of: one suite, run on each. An adapter's own troubles (what a damaged file does, say)
// are tested beside it.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Store } from '../../src/ports.ts';
import { basicCases } from './basic.cases.ts';
import { afterwards } from './places.ts';
import { processCases } from './process.cases.ts';
import { troubleCases } from './trouble.cases.ts';
import { watchCases } from './watch.cases.ts';

export interface StoreUnderTest {
  readonly name: string;
  /** A module that exports `open: Opener`: other processes import it too. */
  readonly module: string;
  /** An empty store of this test's own; the text is what `open` takes. */
  make(t: TestContext): Promise<string>;
  /** Ways to harm it, each undone by calling what it resolves with. */
  readonly faults: {
    /** Nothing can be written, and whoever tries has to wait. */
    stall(where: string): Promise<() => Promise<void>>;
    /** Another store in the same place. */
    exchange(where: string): Promise<() => Promise<void>>;
  };
  /** Names of cases, each with the reason why this store need not pass it. */
  readonly skip: Readonly<Record<string, string>>;
}

export type Opener = (where: string, prefix: string) => Promise<Store>;

/** What a case works with. Stores opened here are closed after the test. */
export interface Bench {
  readonly module: string;
  readonly where: string;
  readonly faults: StoreUnderTest['faults'];
  open(prefix?: string): Promise<Store>;
}

export interface Case {
  readonly name: string;
  run(bench: Bench, t: TestContext): Promise<void>;
}

/** Runs the whole suite. A skip that matches no case fails. */
export function storeCases(store: StoreUnderTest): void {
  const cases: readonly Case[] = [...basicCases, ...watchCases, ...processCases, ...troubleCases];
  for (const each of cases) {
    test(`${store.name}: ${each.name}`, { skip: store.skip[each.name] ?? false }, async (t) => {
      await each.run(await benchOf(store, t), t);
    });
  }
  test(`${store.name}: every skip has a reason and matches a case`, () => {
    for (const [name, reason] of Object.entries(store.skip)) {
      assert.notEqual(reason.trim(), '', `"${name}" is skipped without a reason`);
      assert.ok(
        cases.some((each) => each.name === name),
        `no case is called "${name}"`,
      );
    }
  });
}

async function benchOf(store: StoreUnderTest, t: TestContext): Promise<Bench> {
  const { open } = (await import(store.module)) as { open: Opener };
  const where = await store.make(t);
  return {
    module: store.module,
    where,
    faults: store.faults,
    async open(prefix = 'system') {
      const opened = await open(where, prefix);
      afterwards(t, () => opened.close());
      return opened;
    },
  };
}
