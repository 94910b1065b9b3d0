// What a person's request would be answered now: the core is asked with the present state, and what it decides is thrown away.

import type { IntentAnswer } from '../api.ts';
import type { PersonRequest } from '../decide/input.ts';
import type { State } from '../decide/state.ts';
import { step } from '../decide/step.ts';
import type { Now } from '../model/units.ts';

/** `id` is empty: nothing was asked of anybody. */
export function previewOf(state: State, now: Now, asks: PersonRequest): IntentAnswer {
  // A number that no request has: requests count from 1.
  const { effects, state: after } = step(state, { kind: 'person', request: 0, owner: 'preview', why: '', asks }, now);
  for (const effect of effects) if (effect.kind === 'answer' && effect.request === 0) return effect.answer;
  const written = [...after.requests.values()].find((each) => each.request === 0);
  return { ok: true, id: '', text: written?.text ?? '' };
}
