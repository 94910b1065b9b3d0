// The agent's line to the store: opens it, reads all, watches, and tells the core of it in its own words. An unreachable store is opened again and
// again; another store than the one known is as good as none, and a person is called.

import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { StoreCompare, StorePut } from '../decide/effect.ts';
import type { Input, StoreOutcome } from '../decide/input.ts';
import { keys, type DescriptionRecord, type RecordChange } from '../decide/records.ts';
import { errorWords } from '../model/error-words.ts';
import type { System } from '../model/system.ts';
import type { Ms } from '../model/units.ts';
import { openStore, placeWords, readPlace, writePlace } from '../store/place.ts';
import type { Store, StoreChanges, StoreEntry } from '../ports.ts';
import { openReading } from './kept-reading.ts';
import { readRecord } from './records.ts';
import { replaceFile } from './replace-file.ts';
import { readMemory, writeMemory } from './store-memory.ts';
import { openMoves, openSame, otherWay, whyNotSame, type StoreInUse } from './store-move.ts';
import { openWitness } from './store-witness.ts';

/** The one store of the system, reached or not. */
export interface StoreLink {
  txn(compares: readonly StoreCompare[], puts: readonly StorePut[], timeoutMs: Ms): Promise<StoreOutcome>;
  nudged(): void;
  /** For what stands in it beside what the core reads; null: not open. */
  readonly opened: () => Store | null;
  /** The description in force as text; null: not read yet. */
  readonly description: () => DescriptionRecord | null;
  /** Why the store that a description names is not the one in use; null: it is. */
  whyNotSame(described: System): Promise<string | null>;
  close(): Promise<void>;
}

interface StoreLinkOptions {
  /** The embedded store; beside it stands where the store is when it is another. */
  readonly file: string;
  readonly memoryFile: string;
  /** This host. */
  readonly me: string;
  readonly descriptionFile: string;
  /** See HostLayout. */
  readonly readingFile: string;
  /** Where the description lies on this machine; see SystemLayout. */
  readonly hereFile: string;
  readonly tell: (input: Input) => void;
  /** Ours was applied: others should look. */
  wrote(): void;
  /** Every entry that is read or changes, also those that the core knows nothing of. */
  saw(entry: StoreEntry | { readonly key: string; readonly value: null; readonly revision: number }): void;
  readonly log: (text: string) => void;
}

const reopenMs = 500;
/** What is under way on the former way may end. */
const formerEndsMs = 5000;
const remembered = z.object({ text: z.string(), folder: z.string(), file: z.string() });

/** Opens the line; returns at once, what it finds is told as inputs. */
export function openStoreLink(options: StoreLinkOptions): StoreLink {
  let inUse: StoreInUse | null = null;
  let watch: ReturnType<Store['watch']> | null = null;
  let description: DescriptionRecord | null = null;
  let system: System | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  const reading = openReading(options.readingFile);
  /** What the watch tells while the code that reads is loaded waits for it. */
  let loading: Promise<void> | null = null;
  const former = new Set<Store>();
  const own = keys.session(options.me);
  const witness = openWitness(own);
  const remember = (what: { identity: string; revision: number; place: string }): Promise<void> =>
    writeMemory(options.memoryFile, { ...what, session: witness.newest() });

  /** Goes over to how the description in force has the store reached, once it turns out to be the same. */
  const moves = openMoves({
    wanted() {
      const place = system === null || inUse === null ? null : otherWay(inUse, system, options.file);
      return place === null || inUse === null ? null : { from: inUse.store, place };
    },
    async go({ from, place }) {
      const found = await openSame(from, place);
      try {
        const { revision } = await found.read(keys.description);
        await remember({ identity: await found.identity(), revision, place: placeWords(place) });
        if (closed) throw new Error('the agent ends');
        writePlace(place, options.file);
      } catch (error) {
        await found.close();
        throw error;
      }
      options.log(`the store is reached as the description has it now: ${placeWords(place)}`);
      inUse = { store: found, place };
      former.add(from);
      setTimeout(() => former.delete(from) && void from.close(), formerEndsMs).unref();
      if (timer !== null) clearTimeout(timer);
      await open();
    },
    log: options.log,
  });

  const open = async (): Promise<void> => {
    timer = null;
    try {
      const place = inUse?.place ?? readPlace(options.file);
      const where = placeWords(place);
      const before = await readMemory(options.memoryFile);
      // A person has moved the store: what was known of the former place says nothing of this one.
      const known = before !== null && (before.place ?? options.file) === where ? before : null;
      // Only `up` makes a store: one that we made in place of what is gone would know of no lease.
      if (place.kind === 'embedded' && inUse === null && known !== null && !existsSync(place.file))
        throw new Error(`${place.file} is gone`);
      inUse ??= { store: await openStore(place, false), place };
      const identity = await inUse.store.identity();
      const { revision, entries } = await inUse.store.read('');
      if (known !== null && known.identity !== identity)
        throw new Error(`this is another store (${identity}) than the one known (${known.identity})`);
      if (known !== null && revision < known.revision)
        throw new Error(`the store went back from revision ${known.revision} to ${revision}`);
      if (known !== null) witness.saw(known.session ?? 0);
      const session = entries.find(({ key }) => key === own)?.revision;
      const lost = witness.whyLost(session);
      if (lost !== null) throw new Error(lost);
      witness.saw(session ?? 0);
      for (const entry of entries) options.saw(entry);
      const understood = entries.map(readRecord).filter((record) => record !== null);
      for (const record of understood)
        if (useDescription(record) === 'unread') {
          await reading.load();
          useDescription(record);
        }
      if (system === null) throw new Error('the store holds no description yet');
      await remember({ identity, revision, place: where });
      if (closed) return;
      // A watch that cannot go on where it was begins anew from what was just read.
      watch?.stop();
      options.tell({ kind: 'storeRead', revision, entries: understood, system });
      follow(inUse.store, revision, { identity, place: where });
    } catch (error) {
      options.tell({ kind: 'storeLost', why: errorWords(error) });
      if (system === null) await recall();
      if (!closed) timer = setTimeout(() => void open(), reopenMs);
    }
  };

  const follow = (opened: Store, revision: number, known: { identity: string; place: string }): void => {
    let remembering = revision;
    const take = (changes: StoreChanges): void => {
      const records: RecordChange[] = [];
      let changedSystem: System | null = null;
      for (const change of changes.changes) {
        options.saw({ ...change });
        if (change.key === own) witness.saw(change.revision);
        const record = readRecord(change);
        if (record === null) continue;
        if (useDescription(record) === 'taken') changedSystem = system;
        records.push(record);
      }
      options.tell({ kind: 'storeChanges', revision: changes.revision, changes: records, system: changedSystem });
      if (changes.revision > remembering + rememberEvery) {
        remembering = changes.revision;
        void remember({ ...known, revision: remembering });
      }
    };
    watch = opened.watch(revision, {
      changes(changes) {
        if (!reading.isLoaded() && changes.changes.some(({ key }) => key === keys.description))
          loading ??= reading
            .load()
            .catch((error: unknown) => options.log(`descriptions cannot be read: ${errorWords(error)}`))
            .then(() => {
              loading = null;
            });
        inTurn(() => take(changes));
      },
      lost: (why) =>
        inTurn(() => {
          options.tell({ kind: 'storeLost', why });
          timer ??= setTimeout(() => void open(), reopenMs);
        }),
      back: () =>
        inTurn(() => {
          if (timer !== null) clearTimeout(timer);
          timer = null;
          options.tell({ kind: 'storeChanges', revision: 0, changes: [], system: null });
        }),
    });
  };

  /** At once, but for what comes while that code is loaded. */
  const inTurn = (what: () => void): void => {
    if (loading === null) what();
    else void loading.then(what);
  };

  /** Takes a description over when it is another than before. One that is wrong is left alone: the old one stays in force. */
  const useDescription = (record: RecordChange): 'taken' | 'left' | 'unread' => {
    if (record.kind !== 'description' || record.value === null) return 'left';
    const value = { ...record.value, ...readHere(options.hereFile) };
    if (value.hash === description?.hash && value.folder === description.folder) return 'left';
    const { text, file, folder } = value;
    const read = reading.read({ text, file, folder });
    if (read === null) return 'unread';
    if (read.system === null) {
      options.log(`the description in the store cannot be read: ${read.errors[0]?.message ?? 'unknown reason'}`);
      return 'left';
    }
    description = value;
    system = read.system;
    if (inUse !== null) setImmediate(() => moves.look());
    void replaceFile(options.descriptionFile, JSON.stringify(value)).catch(() => undefined);
    return 'taken';
  };

  /** The description last used, so that what needs no lease can run while the store is away. */
  const recall = async (): Promise<void> => {
    const text = await readFile(options.descriptionFile, 'utf8').catch(() => null);
    const parsed = text === null ? null : remembered.safeParse(parse(text));
    if (parsed === null || !parsed.success) return;
    if (reading.read(parsed.data) === null) await reading.load();
    const read = reading.read(parsed.data);
    if (read !== null && read.system !== null) options.tell({ kind: 'rememberedSystem', system: read.system });
  };

  void open();
  return {
    async txn(compares, puts, timeoutMs) {
      if (inUse === null) return { kind: 'unknown', why: 'the store is not open' };
      const answer = await inUse.store.txn(compares, puts, timeoutMs);
      switch (answer.kind) {
        case 'applied':
          if (puts.some(({ key }) => key === own)) witness.saw(answer.revision);
          options.wrote();
          return answer;
        case 'refused': {
          const asked = compares.some(({ key }) => key === own);
          const lost = asked ? witness.whyLost(answer.current.find(({ key }) => key === own)?.revision) : null;
          if (lost !== null) {
            watch?.stop();
            options.tell({ kind: 'storeLost', why: lost });
            timer ??= setTimeout(() => void open(), reopenMs);
            return { kind: 'unknown', why: lost };
          }
          return {
            kind: 'refused',
            revision: answer.revision,
            current: answer.current.map(readRecord).filter((record) => record !== null),
          };
        }
        case 'unknown':
          return answer;
        default:
          return answer satisfies never;
      }
    },
    nudged() {
      watch?.nudge();
    },
    opened: () => inUse?.store ?? null,
    description: () => description,
    whyNotSame: (described) => whyNotSame(inUse, described, options.file),
    async close() {
      closed = true;
      moves.close();
      if (timer !== null) clearTimeout(timer);
      watch?.stop();
      for (const each of former) await each.close();
      await inUse?.store.close();
    },
  };
}

const here = z.object({ folder: z.string(), file: z.string() });

/** Nothing where `up` has written nothing: then the description lies where the store says. */
function readHere(file: string): z.infer<typeof here> | null {
  if (!existsSync(file)) return null;
  const parsed = here.safeParse(parse(readFileSync(file, 'utf8')));
  return parsed.success ? parsed.data : null;
}

/** How many revisions may pass before the newest is written down. */
const rememberEvery = 100;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
