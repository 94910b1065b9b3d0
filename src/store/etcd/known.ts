// What we know of the store that we opened, and whether an answer still comes from it: by its identity, by etcd's own name for the
// cluster, and by a revision that only grows.
//
// Does not cover: a store restored from a backup and then written to by others until it is past what we saw, while we looked away
// (`agent/store-witness.ts` knows it by what it lost);
// the transaction that finds the restored store out is carried out in it (and told as unknown).

import type { ResponseHeader } from './gen/etcd_pb.js';

/** An answer came from another store than the one that was opened, or from an older state of it. */
export class AnotherStore extends Error {
  override readonly name = 'AnotherStore';
}

/** One store, from its opening on. */
export interface Known {
  readonly identity: string;
  /** The identity together with the cluster's: what is remembered across restarts. */
  readonly name: string;
  /** Remember it before a question goes out, and hand it to `answered`. */
  revision(): number;
  /**
   * Takes in the head of a linearizable answer to a question that went out when `asked` was the newest revision known. Throws
   * `AnotherStore` when it does not continue from there. `identity` is what the answer says it is, when it says so.
   */
  answered(header: ResponseHeader | undefined, asked: number, identity?: string | null): number;
  /** A revision from the watch. */
  saw(revision: number): void;
}

/** `header`: of the answer that told the identity. */
export function knownFrom(identity: string, header: ResponseHeader | undefined): Known {
  const cluster = header?.clusterId ?? 0n;
  let newest = Number(header?.revision ?? 0n);
  return {
    identity,
    name: `${identity}@${cluster.toString(16)}`,
    revision: () => newest,
    answered(head, asked, its) {
      const revision = Number(head?.revision ?? 0n);
      if (its === null) throw new AnotherStore(`another store: this etcd is empty, ours had the identity ${identity}`);
      if (its !== undefined && its !== identity)
        throw new AnotherStore(`another store: this etcd has the identity ${its}, ours has ${identity}`);
      if (head !== undefined && head.clusterId !== cluster)
        throw new AnotherStore(
          `another store: this etcd is cluster ${head.clusterId.toString(16)}, ours was ${cluster.toString(16)}; was it restored from a backup?`,
        );
      if (revision < asked)
        throw new AnotherStore(
          `another store: etcd went back to revision ${revision}, ${asked} was seen; was it restored from a backup?`,
        );
      if (revision > newest) newest = revision;
      return revision;
    },
    saw(revision) {
      if (revision > newest) newest = revision;
    },
  };
}
