// What people of this host want to know of others: asked over the peers' lines, each question for so long.

import type { ElsewhereAnswers, FailoverView } from '../api.ts';
import { errorWords } from '../model/error-words.ts';
import { failoversHere } from './peer-answers.ts';
import type { Peers } from './peers.ts';

/** Less than a client waits for its agent. */
const askWithinMs = 8000;
const failoversWithinMs = 1500;
/** Who follows asks at every change. */
const failoversKeptMs = 1000;

/** Carries questions to other hosts. */
export function openElsewhere(peers: Peers): ElsewhereAnswers {
  return {
    async ask({ host, what, body }) {
      try {
        return { ok: true, body: await peers.call(host, what, body, askWithinMs) };
      } catch (error) {
        return { ok: false, why: errorWords(error) };
      }
    },
    peers: () => peers.states(),
  };
}

/** The failovers of every host that can be asked: each is in the journal of the host that took over. Oldest first. */
export function openFailovers(of: {
  /** Journals in this state folder. */
  files(): readonly string[];
  /** Hosts whose journals lie elsewhere. */
  others(): readonly string[];
  readonly peers: Peers;
  readonly now: () => number;
}): () => Promise<readonly FailoverView[]> {
  let kept: Promise<readonly FailoverView[]> | null = null;
  let keptAt = 0;
  const read = async (): Promise<readonly FailoverView[]> => {
    const asked = of.others().map(async (host) => {
      const answer = await of.peers.call(host, 'failovers', null, failoversWithinMs).catch(() => []);
      // Hosts of one system trust one another; one of another version may say less of a failover.
      return Array.isArray(answer) ? (answer as readonly FailoverView[]) : [];
    });
    const found = await Promise.all([failoversHere(of.files()), ...asked]);
    return found.flat().toSorted((one, other) => one.atMs - other.atMs);
  };
  return () => {
    if (kept === null || of.now() - keptAt > failoversKeptMs) {
      keptAt = of.now();
      kept = read();
      // A failure is told to who asked; the next one asks anew.
      kept.catch(() => {
        kept = null;
      });
    }
    return kept;
  };
}
