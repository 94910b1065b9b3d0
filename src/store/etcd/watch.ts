// One watch: a stream from one member, begun again at the last revision + 1 on the next when it breaks or falls silent. Before each
// beginning etcd is asked where it stands (`head`, which needs a majority), since a member without one keeps a watch open and says nothing.
//
// A watch that hangs is found by our own writes: what was applied must be told within `tellWithinMs`. Progress notices are not used: before
// etcd 3.4.25 one may overtake what it speaks of.

import { create } from '@bufbuild/protobuf';
import { StoreUnreachable, type Store, type StoreChanges } from '../../ports.ts';
import { WatchRequestSchema, type Event, type WatchRequest, type WatchResponse } from './gen/etcd_pb.js';
import { AnotherStore } from './known.ts';
import type { EtcdMember } from './member.ts';
import type { EtcdMembers } from './members.ts';
import { bytesOf, endOf, textOf } from './messages.ts';
import { troubleOf } from './trouble.ts';

/** What we wrote ourselves is told within this, or the stream is given up. */
const tellWithinMs = 400;
/** For a member to confirm a watch. */
const createWithinMs = 300;
/** Nothing could be heard for so long: it is said. */
const saidAfterMs = 500;
const againMs = { first: 20, most: 250 };
/** mvccpb.Event: a deletion. */
const deletion = 1;

type Watcher = Parameters<Store['watch']>[1];

/** A watch under way. */
export interface EtcdWatch {
  stop(): void;
  /** Ours was applied at this revision, so it will be told. */
  expect(revision: number): void;
  /** The store does not answer, or turned out to be another: begin again, and find out. */
  restart(): void;
}

interface WatchOptions {
  readonly members: EtcdMembers;
  readonly prefix: string;
  readonly after: number;
  readonly on: Watcher;
  /** Where the store stands; rejects with `AnotherStore`, or whatever else is wrong. */
  head(limitMs: number): Promise<number>;
  saw(revision: number): void;
}

/** Begins at once; ends by `stop`, or by itself when it could only go on with a gap (told as lost). */
export function openWatch(options: WatchOptions): EtcdWatch {
  const { members, prefix, on } = options;
  let after = options.after;
  let stopped = false;
  /** Changed: it is another store, or no longer keeps what follows. */
  let lost: 'no' | 'silent' | 'changed' = 'no';
  let silentSince: number | null = monotonicMs();
  let pauseMs = againMs.first;
  let stream = new AbortController();
  let following = false;
  let tellTimer: NodeJS.Timeout | null = null;

  /** Once for each reason: that it is another store is said of one that was only silent before. */
  const say = (reason: 'silent' | 'changed', why: string): void => {
    if (stopped || lost === reason || lost === 'changed') return;
    lost = reason;
    on.lost(why);
  };
  /** For good: who watches reads anew. */
  const gap = (why: string): void => {
    say('changed', why);
    stop();
  };
  const heard = (): void => {
    silentSince = null;
    pauseMs = againMs.first;
    if (lost === 'no' || stopped) return;
    lost = 'no';
    on.back();
  };
  const told = (): void => {
    if (tellTimer !== null) clearTimeout(tellTimer);
    tellTimer = null;
  };
  const stop = (): void => {
    stopped = true;
    told();
    stream.abort();
  };

  const run = async (): Promise<void> => {
    while (!isStopped()) {
      stream = new AbortController();
      let connection: ReturnType<EtcdMember['watching']> | null = null;
      let member = members.current();
      try {
        const head = await options.head(saidAfterMs);
        if (isStopped()) return;
        if (head < after) {
          gap(`another store: it is at revision ${head}, ${after} was seen`);
          return;
        }
        // Who answered just now is the one in use.
        member = members.current();
        connection = member.watching();
        await follow(connection.watch, await members.headers(member, stream.signal));
        throw new Error('the watch ended');
      } catch (error) {
        if (isStopped()) return;
        silentSince ??= monotonicMs();
        const trouble = troubleOf(error, member.endpoint);
        if (trouble.kind === 'token') members.loggedOut();
        if (error instanceof AnotherStore) say('changed', error.message);
        else if (monotonicMs() - silentSince >= saidAfterMs)
          say('silent', error instanceof StoreUnreachable ? error.message : trouble.why);
        members.moveOn(member);
      } finally {
        told();
        connection?.close();
      }
      await pause(pauseMs, stream.signal);
      pauseMs = Math.min(pauseMs * 2, againMs.most);
    }
  };

  // Read through functions, since the compiler takes what was checked once for checked for ever.
  const isStopped = (): boolean => stopped;
  const follow = async (
    watch: ReturnType<EtcdMember['watching']>['watch'],
    headers: Record<string, string>,
  ): Promise<void> => {
    const { signal } = stream;
    const confirm = setTimeout(() => {
      stream.abort();
    }, createWithinMs);
    let fragments: Event[] = [];
    following = true;
    try {
      for await (const answer of watch.watch(requests(prefix, after, signal), { signal, headers })) {
        if (stopped) return;
        if (answer.canceled) {
          if (answer.compactRevision > 0n)
            gap(`etcd no longer keeps revision ${after + 1}: it was compacted; all is read anew`);
          throw new Error(answer.cancelReason === '' ? 'etcd ended the watch' : answer.cancelReason);
        }
        clearTimeout(confirm);
        heard();
        if (answer.events.length === 0) continue;
        fragments = [...fragments, ...answer.events];
        if (answer.fragment) continue;
        const batch = fragments;
        fragments = [];
        deliver(batch, answer);
      }
    } finally {
      following = false;
      clearTimeout(confirm);
    }
  };

  const deliver = (events: readonly Event[], answer: WatchResponse): void => {
    const fresh = events.filter((event) => Number(event.kv?.modRevision ?? 0n) > after);
    const changes: StoreChanges['changes'] = fresh.map((event) => ({
      key: textOf(event.kv?.key ?? new Uint8Array()).slice(prefix.length),
      value: event.type === deletion ? null : textOf(event.kv?.value ?? new Uint8Array()),
      revision: Number(event.kv?.modRevision ?? 0n),
    }));
    const last = changes.at(-1);
    if (last === undefined) return;
    after = last.revision;
    options.saw(Math.max(after, Number(answer.header?.revision ?? 0n)));
    told();
    if (expected > after) expect(expected);
    on.changes({ revision: after, changes });
  };

  let expected = 0;
  const expect = (revision: number): void => {
    expected = Math.max(expected, revision);
    if (stopped || revision <= after || tellTimer !== null) return;
    tellTimer = setTimeout(() => {
      tellTimer = null;
      stream.abort();
    }, tellWithinMs);
  };

  void run();
  return {
    stop,
    expect,
    restart: () => {
      // One that is not following asks already.
      if (following) stream.abort();
    },
  };
}

/** The one request of a watch; the sending side stays open until the watch ends. */
async function* requests(prefix: string, after: number, signal: AbortSignal): AsyncGenerator<WatchRequest> {
  yield create(WatchRequestSchema, {
    requestUnion: {
      case: 'createRequest',
      value: { key: bytesOf(prefix), rangeEnd: endOf(prefix), startRevision: BigInt(after + 1), fragment: true },
    },
  });
  await aborted(signal);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

/** Resolves after `ms`, or when given up. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (!signal.aborted) signal.addEventListener('abort', end);
  });
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
