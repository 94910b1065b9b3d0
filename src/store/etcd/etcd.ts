// The store of several machines: etcd v3, spoken to by gRPC. Keys and values are ours, agreement is all etcd's.
//
// Does not cover: an etcd that says what it did not agree on (`--force-new-cluster`, a member restored alone from a backup). That its revision
// or identity no longer continues from what was seen is noticed, and it is then no store at all.

import { randomBytes, randomUUID } from 'node:crypto';
import { errorWords } from '../../model/error-words.ts';
import { StoreUnreachable, type Store, type TxnAnswer } from '../../ports.ts';
import type { EtcdAccess } from './access.ts';
import type { TxnResponse } from './gen/etcd_pb.js';
import { AnotherStore, knownFrom, type Known } from './known.ts';
import { openMembers, type Asked, type EtcdMembers } from './members.ts';
import { entryOf, identityRequest, prefixOf, readRequest, textOf, txnRequest } from './messages.ts';
import { openWatch, type EtcdWatch } from './watch.ts';

const openWithinMs = 5000;
const readWithinMs = 2000;

/**
 * Opens the store, for the keys of one system. With `make`, an etcd that holds nothing of Standfast yet becomes a store; without, it is another
 * store than the one that was known. Rejects with `StoreUnreachable`: everything may be different the next time.
 * Once open, the store object outlives every trouble of etcd.
 */
export async function openEtcd(options: {
  readonly access: EtcdAccess;
  readonly system: string;
  readonly make: boolean;
}): Promise<Store> {
  const members = openMembers(options.access, randomBytes(1)[0] ?? 0);
  try {
    return operate(members, prefixOf(options.system), await meet(members, options.make));
  } catch (error) {
    members.close();
    throw error;
  }
}

/** Reads the store's identity, or gives it one. */
async function meet(members: EtcdMembers, make: boolean): Promise<Known> {
  const ours = randomUUID();
  // Not `make`: an identity that no store has, so that the request changes nothing.
  const request = make ? identityRequest(ours) : readRequest('', 'standfast/identity');
  const asked = await members.ask(openWithinMs, (calls, call) => calls.kv.txn(request, call));
  if (asked.kind === 'none') throw new StoreUnreachable(asked.why);
  const found = identityIn(asked.value);
  if (make && asked.value.succeeded) return knownFrom(ours, asked.value.header);
  if (found === null) throw new StoreUnreachable('another store: this etcd holds nothing of Standfast, and ours did');
  return knownFrom(found, asked.value.header);
}

function operate(members: EtcdMembers, prefix: string, known: Known): Store {
  const watches = new Set<EtcdWatch>();
  let closed = false;

  /** A stream that is open and silent says nothing of whether the store still answers: each watch finds out. */
  const lookAgain = (): void => {
    for (const watch of watches) watch.restart();
  };

  /** Asks where the identity is compared; what comes from another store is an error, and watches are told to look. */
  const ask = async (
    limitMs: number,
    request: Parameters<Parameters<Parameters<typeof members.ask>[1]>[0]['kv']['txn']>[0],
  ): Promise<Asked<TxnResponse>> => {
    const before = known.revision();
    const asked = await members.ask<TxnResponse>(
      limitMs,
      (calls, call) => calls.kv.txn(request, call),
      // Refused: perhaps by what an earlier sending of the same did.
      (answer) => answer.succeeded,
    );
    if (asked.kind === 'none') return asked;
    try {
      const { succeeded, header } = asked.value;
      known.answered(header, before, succeeded ? undefined : identityIn(asked.value));
      return asked;
    } catch (error) {
      lookAgain();
      throw error;
    }
  };

  const read = async (
    below: string,
    limitMs: number,
  ): Promise<{ revision: number; entries: ReturnType<typeof entryOf>[] }> => {
    const asked = await ask(limitMs, readRequest(known.identity, prefix + below));
    if (asked.kind === 'none') throw new StoreUnreachable(asked.why);
    return {
      revision: Number(asked.value.header?.revision ?? 0n),
      entries: rangesIn(asked.value)
        .flat()
        .map((kv) => entryOf(kv, prefix)),
    };
  };

  return {
    kind: 'etcd',

    identity: () => Promise.resolve(known.name),

    async read(below) {
      if (closed) throw new StoreUnreachable('the store is closed');
      try {
        return await read(below, readWithinMs);
      } catch (error) {
        if (error instanceof AnotherStore) throw new StoreUnreachable(error.message, { cause: error });
        throw error;
      }
    },

    async txn(compares, puts, timeoutMs): Promise<TxnAnswer> {
      if (closed) return { kind: 'unknown', why: 'the store is closed' };
      try {
        const asked = await ask(timeoutMs, txnRequest({ prefix, identity: known.identity, compares, puts }));
        if (asked.kind === 'none') {
          lookAgain();
          return { kind: 'unknown', why: asked.why };
        }
        const revision = Number(asked.value.header?.revision ?? 0n);
        if (asked.value.succeeded) {
          if (hasChanged(asked.value)) for (const watch of watches) watch.expect(revision);
          return { kind: 'applied', revision };
        }
        // An earlier sending may have been carried out, and be the very reason why this one was refused.
        if (!asked.alone)
          return { kind: 'unknown', why: 'the answer to a write was lost: whether it was made is not known yet' };
        const current = rangesIn(asked.value)
          .slice(1)
          .flat()
          .map((kv) => entryOf(kv, prefix));
        return { kind: 'refused', revision, current };
      } catch (error) {
        return { kind: 'unknown', why: errorWords(error) };
      }
    },

    watch(revision, on) {
      const watch = openWatch({
        members,
        prefix,
        after: revision,
        on,
        head: async (limitMs) => (await read('\0', limitMs)).revision,
        saw: (seen) => {
          known.saw(seen);
        },
      });
      watches.add(watch);
      return {
        stop() {
          watches.delete(watch);
          watch.stop();
        },
        // etcd tells by itself.
        nudge: () => undefined,
      };
    },

    close() {
      closed = true;
      for (const watch of watches) watch.stop();
      watches.clear();
      members.close();
      return Promise.resolve();
    },
  };
}

/** The keys of each range in the answer, in the order asked. */
function rangesIn(answer: TxnResponse) {
  return answer.responses.flatMap(({ response }) => (response.case === 'responseRange' ? [response.value.kvs] : []));
}

/** The identity in a refused answer; null: there is none. */
function identityIn(answer: TxnResponse): string | null {
  const kv = rangesIn(answer)[0]?.[0];
  return kv === undefined ? null : textOf(kv.value);
}

/** False when all that was asked was to delete what was not there. */
function hasChanged(answer: TxnResponse): boolean {
  return answer.responses.some(
    ({ response }) =>
      response.case === 'responsePut' || (response.case === 'responseDeleteRange' && response.value.deleted > 0n),
  );
}
