// etcd's requests and answers, and what they mean to us. A system's keys lie below `standfast/system/NAME/`; the store's own identity
// beside them in `standfast/identity`, which every request compares: what is meant for this store is never done in another.

import { create } from '@bufbuild/protobuf';
import type { Compare, Put, StoreEntry } from '../../ports.ts';
import { RequestOpSchema, TxnRequestSchema, type KeyValue, type RequestOp, type TxnRequest } from './gen/etcd_pb.js';

const identityKey = 'standfast/identity';

/** etcdserverpb.Compare: the result EQUAL, and the targets. */
const equal = 0;
const target = { create: 1, mod: 2, value: 3 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8, as etcd's keys and values go. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

/** From UTF-8; what is none becomes U+FFFD. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Where a system's keys lie; an empty name is a place too. */
export function prefixOf(system: string): string {
  return `standfast/system/${system.endsWith('/') ? system.slice(0, -1) : system}/`;
}

/** The first key that no longer begins with `prefix` (etcd's `range_end`), in the order of bytes. */
export function endOf(prefix: string): Uint8Array<ArrayBuffer> {
  const end = bytesOf(prefix);
  for (let at = end.length - 1; at >= 0; at--) {
    const byte = end[at] ?? 0xff;
    if (byte < 0xff) {
      end[at] = byte + 1;
      return end.slice(0, at + 1);
    }
  }
  return new Uint8Array([0]);
}

/** Compares and puts; refused, it answers with the identity and then the compared keys. */
export function txnRequest(of: {
  readonly prefix: string;
  readonly identity: string;
  readonly compares: readonly Compare[];
  readonly puts: readonly Put[];
}): TxnRequest {
  return create(TxnRequestSchema, {
    compare: [
      sameIdentity(of.identity),
      ...of.compares.map(({ key, revision }) => ({
        result: equal,
        target: target.mod,
        key: bytesOf(of.prefix + key),
        targetUnion: { case: 'modRevision' as const, value: BigInt(revision) },
      })),
    ],
    success: of.puts.map(({ key, value }) => putOp(of.prefix + key, value)),
    failure: [getOp(identityKey), ...of.compares.map(({ key }) => getOp(of.prefix + key))],
  });
}

/** All below `from` (an absolute key), and the identity when it is another. */
export function readRequest(identity: string, from: string): TxnRequest {
  return create(TxnRequestSchema, {
    compare: [sameIdentity(identity)],
    success: [rangeOp(from)],
    failure: [getOp(identityKey)],
  });
}

/** Writes the identity when there is none; else answers with the one that is there. */
export function identityRequest(identity: string): TxnRequest {
  return create(TxnRequestSchema, {
    compare: [
      {
        result: equal,
        target: target.create,
        key: bytesOf(identityKey),
        targetUnion: { case: 'createRevision', value: 0n },
      },
    ],
    success: [putOp(identityKey, identity)],
    failure: [getOp(identityKey)],
  });
}

function sameIdentity(identity: string) {
  return {
    result: equal,
    target: target.value,
    key: bytesOf(identityKey),
    targetUnion: { case: 'value' as const, value: bytesOf(identity) },
  };
}

function putOp(key: string, value: string | null): RequestOp {
  return create(RequestOpSchema, {
    request:
      value === null
        ? { case: 'requestDeleteRange', value: { key: bytesOf(key) } }
        : { case: 'requestPut', value: { key: bytesOf(key), value: bytesOf(value) } },
  });
}

/** Reads one key, within a transaction. */
function getOp(key: string): RequestOp {
  return create(RequestOpSchema, { request: { case: 'requestRange', value: { key: bytesOf(key) } } });
}

function rangeOp(prefix: string): RequestOp {
  return create(RequestOpSchema, {
    request: { case: 'requestRange', value: { key: bytesOf(prefix), rangeEnd: endOf(prefix) } },
  });
}

/** An entry, its key told without `prefix`. */
export function entryOf(kv: KeyValue, prefix: string): StoreEntry {
  return { key: textOf(kv.key).slice(prefix.length), value: textOf(kv.value), revision: Number(kv.modRevision) };
}
