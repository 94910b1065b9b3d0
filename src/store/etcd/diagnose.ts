// Everything about an etcd that a person may have to mend, asked of each member by itself. For `doctor`.

import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { readFileSync } from 'node:fs';
import type { EtcdAccess } from './access.ts';
import {
  alarmsOf,
  listMembers,
  memberHealths,
  type Alarm,
  type ListedMember,
  type MemberHealth,
} from './administer.ts';
import { openMembers } from './members.ts';
import { bytesOf } from './messages.ts';

interface EtcdDiagnosis {
  readonly members: readonly (MemberHealth & {
    /** By how much the time of day there is ahead of ours, to about a second; null: not known. */
    readonly clockAheadMs: number | null;
  })[];
  /** What the cluster itself lists; null: nobody answers. */
  readonly listed: readonly ListedMember[] | null;
  /** Null: not known. */
  readonly alarms: readonly Alarm[] | null;
  /** How long writes took, asked and answered, ascending. Empty: none was. */
  readonly writeMs: readonly number[];
  /** Why nothing could be written; null: all was. */
  readonly cannotWrite: string | null;
}

const askWithinMs = 2000;
const writes = 20;
/** Outside every system's keys: no watch tells of it. */
const tryKey = 'standfast/doctor';

/** Asks all at once; takes three calls' limits at most. */
export async function diagnoseEtcd(access: EtcdAccess): Promise<EtcdDiagnosis> {
  const [healths, listed, alarms, clocks, written] = await Promise.all([
    memberHealths(access, askWithinMs),
    listMembers(access, askWithinMs),
    alarmsOf(access, askWithinMs),
    Promise.all(access.endpoints.map((endpoint) => clockAhead(endpoint, access))),
    tryWrites(access),
  ]);
  return {
    members: healths.map((health, index) => ({ ...health, clockAheadMs: clocks[index] ?? null })),
    listed,
    alarms,
    ...written,
  };
}

/** One after the other: what a renewal waits for is a round trip, an fsync on a majority and a commit. */
async function tryWrites(access: EtcdAccess): Promise<Pick<EtcdDiagnosis, 'writeMs' | 'cannotWrite'>> {
  const members = openMembers(access, 0);
  const took: number[] = [];
  const write = (value: string | null): ReturnType<typeof members.ask> => {
    const key = bytesOf(tryKey);
    const request =
      value === null
        ? { case: 'requestDeleteRange' as const, value: { key } }
        : { case: 'requestPut' as const, value: { key, value: bytesOf(value) } };
    return members.ask(askWithinMs, (calls, call) => calls.kv.txn({ success: [{ request }] }, call));
  };
  try {
    // The first makes the connection.
    for (let n = 0; n <= writes; n++) {
      const began = performance.now();
      const asked = await write(String(n));
      if (asked.kind === 'none') return { writeMs: took, cannotWrite: asked.why };
      if (n > 0) took.push(performance.now() - began);
    }
    await write(null);
    return { writeMs: took.toSorted((a, b) => a - b), cannotWrite: null };
  } finally {
    members.close();
  }
}

/** By the Date of an answer over HTTP/1.1, which every member gives at /health; seconds are the finest it says. */
function clockAhead(endpoint: string, access: EtcdAccess): Promise<number | null> {
  return new Promise((resolve) => {
    const options = { timeout: askWithinMs, agent: false as const };
    const none = (): void => {
      resolve(null);
    };
    try {
      const began = Date.now();
      const answered = (response: IncomingMessage): void => {
        response.resume();
        const said = Date.parse(response.headers.date ?? '');
        const ours = (began + Date.now()) / 2;
        // It was cut down to a whole second: half of one more is the best guess.
        resolve(Number.isNaN(said) ? null : said + 500 - ours);
      };
      const read = (file: string | null): Buffer | undefined => (file === null ? undefined : readFileSync(file));
      const [ca, cert, key] = [read(access.ca), read(access.cert), read(access.key)];
      const request = endpoint.startsWith('https:')
        ? getSecure(`${endpoint}/health`, { ...options, ca, cert, key }, answered)
        : getPlain(`${endpoint}/health`, options, answered);
      request.on('error', none);
      request.on('timeout', () => {
        request.destroy();
        none();
      });
    } catch {
      none();
    }
  });
}
