// Situations that were lived through before. When the world has settled (it repeats itself, and everything that happened lies longer
// back than any rule looks), what it does next hangs only on what comes from outside and when. So an episode, from one settled
// situation over a fault to the next settled one, is lived once; when the same comes again its result is remembered.
//
// Two settled situations are the same when they differ only in what decides nothing: how long ago old things were, counters, terms and
// epochs (which only grow), names of lives and pids, how often something restarted, old outages. That this is so is not proved
// but tried: a test lives through the same faults with and without remembering.

import type { AvailabilityPicture, Turn } from './availability.ts';
import type { Picture } from './picture.ts';

/** A settled situation. */
export interface Situation {
  readonly id: number;
  /** After so many milliseconds it comes back to where it was. */
  readonly periodMs: number;
  readonly before: Picture;
  readonly now: Picture;
  readonly availability: AvailabilityPicture;
  readonly down: readonly string[];
  /** Rules that fire in each such period. */
  readonly quiet: readonly (readonly [rule: number, times: number])[];
}

/** What followed. */
export interface Episode {
  readonly to: Situation;
  readonly lastsMs: number;
  readonly failovers: number;
  readonly overlaps: number;
  readonly fired: readonly (readonly [rule: number, times: number])[];
  readonly turns: readonly Turn[];
}

const mostSituations = 5000;
const mostEpisodes = 100_000;

/** What was lived through, by situation and by what came then. */
export class Memory {
  readonly #situations = new Map<string, Situation>();
  readonly #episodes = new Map<string, Episode>();
  /** How many episodes were remembered instead of lived. */
  remembered = 0;

  /** The situation of that name, kept as it is seen the first time; null: too many are. */
  situation(name: string, make: (id: number) => Situation): Situation | null {
    const known = this.#situations.get(name);
    if (known !== undefined) return known;
    if (this.#situations.size >= mostSituations) return null;
    const made = make(this.#situations.size);
    this.#situations.set(name, made);
    return made;
  }

  recall(situation: Situation, events: string): Episode | null {
    return this.#episodes.get(`${situation.id}|${events}`) ?? null;
  }

  keep(situation: Situation, events: string, episode: Episode): void {
    if (this.#episodes.size < mostEpisodes) this.#episodes.set(`${situation.id}|${events}`, episode);
  }
}
