// Another way to the same store: when a description in force names other URLs, certificates or users of an etcd of one's own, agents go over to them as
// they run. Only to the very store that they agree in: its identity and etcd's own name for the cluster must be those known. Two stores could each make an
// instance active, so to another one nobody goes while anything runs.

import { errorWords } from '../model/error-words.ts';
import type { System } from '../model/system.ts';
import { StoreUnreachable, type Store } from '../ports.ts';
import { openStore, placeOf, placeWords, type StorePlace } from '../store/place.ts';

type OwnEtcd = Extract<StorePlace, { kind: 'etcd' }>;

/** A store and the way by which this agent itself reaches it. What is written down is no measure of it: another host's agent of this machine may have written. */
export interface StoreInUse {
  readonly store: Store;
  readonly place: StorePlace;
}

/** Where the description has the store, when that is another way than the one in use; null: it is the same, or none that can be changed under agents. */
export function otherWay({ place: before }: StoreInUse, system: System, storeFile: string): OwnEtcd | null {
  const after = placeOf(system, storeFile);
  if (before.kind !== 'etcd' || after.kind !== 'etcd' || before.managed !== null || after.managed !== null) return null;
  return JSON.stringify(before.access) === JSON.stringify(after.access) ? null : after;
}

/** Why the description's store is not the one that is in use; null: it is, or is reached as before. */
export async function whyNotSame(inUse: StoreInUse | null, system: System, storeFile: string): Promise<string | null> {
  const place = inUse === null ? null : otherWay(inUse, system, storeFile);
  if (place === null || inUse === null) return null;
  try {
    const found = await openSame(inUse.store, place);
    await found.close();
    return null;
  } catch (error) {
    return errorWords(error);
  }
}

/** A way that is to be gone over to, from the store as it is reached now. */
interface WayToGo {
  readonly from: Store;
  readonly place: OwnEtcd;
}

/** Watches whether another way is wanted. */
export interface Moves {
  /** The description or the store in use may be another: goes over where that is wanted. */
  look(): void;
  close(): void;
}

/** A way to the store that does not lead there is tried again after this. */
const againMs = 5000;

/**
 * Goes over to the way that is wanted, one move at a time: two at once would each put the store that it found in the place of the former, and the one that
 * took longer would win. What is described meanwhile is gone over to when the move under way is over.
 */
export function openMoves(options: {
  /** Null: the store is reached as described, or not at all. */
  wanted(): WayToGo | null;
  /** Rejects when it does not lead to the same store: then all is as it was. */
  go(way: WayToGo): Promise<void>;
  readonly log: (text: string) => void;
}): Moves {
  let timer: NodeJS.Timeout | null = null;
  let busy = false;
  let closed = false;
  let said = '';
  const look = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (!busy) void move();
  };
  const move = async (): Promise<void> => {
    busy = true;
    for (let way = options.wanted(); way !== null && !closed; way = options.wanted())
      try {
        await options.go(way);
        said = '';
      } catch (error) {
        const why = `the store is not reached as the description has it (${placeWords(way.place)}), and goes on being reached as before: ${errorWords(error)}`;
        if (why !== said && !closed) options.log(why);
        said = why;
        if (JSON.stringify(options.wanted()?.place) !== JSON.stringify(way.place)) continue;
        if (!closed) timer = setTimeout(look, againMs);
        break;
      }
    busy = false;
  };
  return {
    look,
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** Opens the store in use by the other way. Rejects when it cannot be reached by it, or is another. */
export async function openSame(inUse: Store, place: OwnEtcd): Promise<Store> {
  const found = await openStore(place, false);
  try {
    const [known, its] = await Promise.all([inUse.identity(), found.identity()]);
    if (its === known) return found;
    throw new StoreUnreachable(`another store answers there: ${its}, and the one in use is ${known}`);
  } catch (error) {
    await found.close();
    throw error;
  }
}
