// Episodes: from one settled situation over what comes from outside to the next. Each is lived once, and recalled from then on.

import type { Turn } from './availability.ts';
import type { External } from './externals.ts';
import { Memory, type Episode, type Situation } from './memory.ts';
import type { Overlaps } from './overlap.ts';
import { Settled, type Stage } from './settled.ts';
import type { Tally } from './tally.ts';

/** Of what comes from outside within one episode. */
const mostEvents = 4;
const longestMs = 3_600_000;

interface Recording {
  readonly situation: Situation;
  readonly at: number;
  readonly events: string[];
  readonly turns: Turn[];
  readonly fired: Float64Array;
  readonly failovers: number;
  readonly overlaps: number;
}

/** Tells where an episode begins and ends, and recalls those that are known. */
export class Episodes {
  readonly #stage: Stage;
  readonly #tally: Tally;
  readonly #overlaps: Overlaps;
  readonly #memory = new Memory();
  readonly settled: Settled;
  /** The episode that is being lived and will be kept. */
  #recording: Recording | null = null;

  constructor(stage: Stage, tally: Tally, overlaps: Overlaps) {
    this.#stage = stage;
    this.#tally = tally;
    this.#overlaps = overlaps;
    this.settled = new Settled(stage, this.#memory);
  }

  /** How many were recalled instead of lived. */
  get remembered(): number {
    return this.#memory.remembered;
  }

  /** What is being lived is not kept: it did not come to rest. */
  forget(): void {
    this.#recording = null;
  }

  turned(turn: Turn): void {
    this.#recording?.turns.push({ ...turn, at: turn.at - this.#recording.at });
  }

  happened(event: External): void {
    this.#recording?.events.push(eventWords(event, this.#recording.at));
  }

  /** The world has come to rest: what was lived ends here, and what is remembered of what comes next is gone through until `end`. */
  settle(situation: Situation, at: number, end: number): void {
    this.#keep(situation, at);
    this.#recording = null;
    this.#recall(situation, at, end);
  }

  #keep(to: Situation, at: number): void {
    const recording = this.#recording;
    if (recording === null || recording.events.length === 0 || recording.events.length > mostEvents) return;
    if (at - recording.at > longestMs) return;
    this.#memory.keep(recording.situation, recording.events.join('|'), {
      to,
      lastsMs: at - recording.at,
      failovers: this.#tally.failovers - recording.failovers,
      overlaps: this.#overlaps.count - recording.overlaps,
      fired: this.#tally.since(recording.fired),
      turns: recording.turns,
    });
  }

  /** From a settled situation over what is remembered, until something is not; the world is then put there. */
  #recall(begin: Situation, beginAt: number, end: number): void {
    const { externals } = this.#stage;
    let situation = begin;
    let at = beginAt;
    for (;;) {
      const next = Math.min(externals.nextAt, end);
      const periods = Math.max(0, Math.ceil((next - at) / situation.periodMs) - 1);
      this.#tally.repeat(situation.quiet, periods);
      at += periods * situation.periodMs;
      const found = this.#recalled(situation, at, end);
      if (found === null) break;
      this.#goThrough(found.episode, found.events, at);
      at += found.episode.lastsMs;
      situation = found.episode.to;
    }
    this.settled.put(situation, at);
    if (externals.nextAt >= end) return;
    this.#recording = {
      situation,
      at,
      events: [],
      turns: [],
      fired: this.#tally.mark(),
      failovers: this.#tally.failovers,
      overlaps: this.#overlaps.count,
    };
  }

  #goThrough(episode: Episode, events: number, at: number): void {
    for (let event = 0; event < events; event += 1) {
      const taken = this.#stage.externals.take();
      if (taken?.kind === 'fault' && taken.fault.down) this.#tally.faults += 1;
    }
    this.#tally.failovers += episode.failovers;
    this.#tally.repeat(episode.fired, 1);
    this.#overlaps.count += episode.overlaps;
    this.#stage.availability.replay(episode.turns, at);
    this.#memory.remembered += 1;
  }

  /** An episode that begins so and is over before anything else comes. */
  #recalled(
    situation: Situation,
    at: number,
    end: number,
  ): { readonly episode: Episode; readonly events: number } | null {
    const { externals } = this.#stage;
    const events: string[] = [];
    for (let place = 0; place < mostEvents; place += 1) {
      const event = externals.peek(place);
      if (event === null || event.at - at > longestMs) return null;
      events.push(eventWords(event, at));
      const episode = this.#memory.recall(situation, events.join('|'));
      if (episode === null) continue;
      const over = at + episode.lastsMs;
      if (over <= end && over < (externals.peek(place + 1)?.at ?? Infinity)) return { episode, events: events.length };
    }
    return null;
  }
}

function eventWords(event: External, from: number): string {
  return `${event.at - from} ${event.words}`;
}
