// A session that stands still and that nobody who is left may end: only a person can know that its machine is off, so the first sentence says what to do.

import type { StatusView } from '../api.ts';
import type { State } from '../decide/state.ts';
import type { MonoMs } from '../model/units.ts';

/** Who may end it would have done so within a little more than one of its lives. */
const livesWaited = 3;

/** Adds to the sentence what a person has to say. */
export function withStanding(view: StatusView, state: State, now: MonoMs): StatusView {
  const hosts = standing(state, now);
  if (hosts.length === 0) return view;
  const said = hosts.map((host) =>
    host === state.me
      ? `The session in the store is of a former machine named ${host}, and nobody who is left may end it: once you have seen that machine off, standfast fence ${host} --confirm --why "…".`
      : `Host ${host} is lost, and nobody who is left may end its session: once you have seen it off, standfast fence ${host} --confirm --why "…".`,
  );
  return { ...view, sentence: [view.sentence, ...said].join(' ') };
}

function standing(state: State, now: MonoMs): string[] {
  const { own, store, me } = state;
  if (!store.reachable) return [];
  const since = store.backAt ?? Number.NEGATIVE_INFINITY;
  const stands = (seenAt: number, ttlMs: number): boolean => now - Math.max(seenAt, since) > livesWaited * ttlMs;
  const former = own.revision === 0 && own.entrySeenAt !== null ? own.entry : null;
  const mine = former !== null && !former.value.dead && stands(own.entrySeenAt ?? now, former.value.ttlMs) ? [me] : [];
  const others = [...state.sessions]
    .filter(([host, { value, seenAt }]) => host !== me && !value.dead && stands(seenAt, value.ttlMs))
    .filter(([, { value }]) => value.mayDepose.length > 0)
    .map(([host]) => host);
  return [...mine, ...others];
}
