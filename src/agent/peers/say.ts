// Says in the store what this host's peers need to know of it: its certificate's fingerprint and its port. Only while the session under this name is
// ours: of two machines that claim to be one host, the one without it stays unheard.

import type { PeerRecord } from './trust.ts';
import { peerKey } from './trust.ts';
import type { StoreLink } from '../store-link.ts';
import { ms } from '../../model/units.ts';

interface PeerRecordWriter {
  /** Something may be to be said. */
  look(): void;
  close(): void;
}

const againMs = 1000;
const withinMs = ms(2000);

/** Writes when `toSay` has something, one write at a time. */
export function openPeerRecord(options: {
  readonly me: string;
  readonly store: StoreLink;
  toSay(): { readonly value: PeerRecord; readonly revision: number } | null;
  /** The session under this name is ours. */
  owned(): boolean;
}): PeerRecordWriter {
  let writing = false;
  let timer: NodeJS.Timeout | null = null;
  const look = (): void => {
    if (writing || timer !== null || !options.owned()) return;
    const say = options.toSay();
    if (say === null) return;
    writing = true;
    const key = peerKey(options.me);
    void options.store
      .txn([{ key, revision: say.revision }], [{ key, value: JSON.stringify(say.value) }], withinMs)
      .then(() => {
        // Also when it was applied: that is known when it has come back by the watch.
        writing = false;
        timer = setTimeout(() => {
          timer = null;
          look();
        }, againMs);
      });
  };
  return {
    look,
    close() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
