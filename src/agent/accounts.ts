// The console's users and the key of its cookies. They stand in the store, so that every host knows them, beside what the core reads; never in
// the journal. While the store is away those last read count, so that people can sign in when it matters most.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Account, AccountsView } from '../api-web.ts';
import { ms } from '../model/units.ts';
import type { Store, TxnAnswer } from '../ports.ts';

/** Rejects when the store cannot be written, and when it cannot be read and never was. */
export interface Accounts {
  read(): Promise<AccountsView>;
  put(account: Account): Promise<void>;
  remove(name: string): Promise<boolean>;
}

const room = 'console/';
const keyOfCookies = `${room}key`;
const keyOfUser = (name: string): string => `${room}user/${name}`;

const withinMs = ms(5_000);
const account: z.ZodType<Account> = z.object({
  name: z.string(),
  role: z.enum(['look', 'operate', 'administer']),
  password: z.string(),
  changedAtMs: z.number(),
  by: z.string(),
});

/** `store` null: not open. */
export function openAccounts(store: () => Store | null): Accounts {
  let last: AccountsView | null = null;

  const opened = (): Store => {
    const found = store();
    if (found === null) throw new Error('the store is not open');
    return found;
  };

  const readNow = async (): Promise<AccountsView> => {
    const { entries } = await opened().read(room);
    const key = entries.find((each) => each.key === keyOfCookies)?.value ?? (await makeKey(opened()));
    const accounts = entries
      .filter((each) => each.key.startsWith(keyOfUser('')))
      .flatMap((each) => {
        const parsed = account.safeParse(parse(each.value));
        return parsed.success ? [parsed.data] : [];
      });
    return { accounts, key };
  };

  return {
    async read() {
      try {
        last = await readNow();
        return last;
      } catch (error) {
        if (last === null) throw error;
        return last;
      }
    },
    async put(what) {
      // Who else writes the same user at this moment: the later one counts.
      await written(async () => {
        const revision = await revisionOf(opened(), keyOfUser(what.name));
        const compare = { key: keyOfUser(what.name), revision };
        return opened().txn([compare], [{ key: compare.key, value: JSON.stringify(what) }], withinMs);
      });
    },
    async remove(name) {
      const revision = await revisionOf(opened(), keyOfUser(name));
      if (revision === 0) return false;
      await written(() =>
        opened().txn([{ key: keyOfUser(name), revision }], [{ key: keyOfUser(name), value: null }], withinMs),
      );
      return true;
    },
  };
}

/** The first agent that needs it makes it. */
async function makeKey(store: Store): Promise<string> {
  const made = randomBytes(32).toString('base64url');
  const answer = await store.txn([{ key: keyOfCookies, revision: 0 }], [{ key: keyOfCookies, value: made }], withinMs);
  if (answer.kind === 'applied') return made;
  const { entries } = await store.read(keyOfCookies);
  const found = entries.find((each) => each.key === keyOfCookies)?.value;
  if (found === undefined) throw new Error('the key of the cookies could not be agreed');
  return found;
}

async function revisionOf(store: Store, key: string): Promise<number> {
  const { entries } = await store.read(key);
  return entries.find((each) => each.key === key)?.revision ?? 0;
}

async function written(write: () => Promise<TxnAnswer>): Promise<void> {
  const answer = await write();
  switch (answer.kind) {
    case 'applied':
      return;
    case 'refused':
      throw new Error('somebody else changed this user at the same moment');
    case 'unknown':
      throw new Error(`whether it was written is not known: ${answer.why}`);
    default:
      answer satisfies never;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
