// The one loop: inputs in order, one step each, effects out at once, the journal afterwards. One timer, for the moment that the core asked for.

import { step } from '../decide/step.ts';
import type { Because } from '../decide/draft.ts';
import type { Effect } from '../decide/effect.ts';
import type { Input } from '../decide/input.ts';
import type { State } from '../decide/state.ts';
import { ms, type Now } from '../model/units.ts';

/** One agent's core under way. */
export interface Loop {
  readonly tell: (input: Input) => void;
  readonly state: () => State;
  stop(): void;
}

interface LoopOptions {
  readonly initial: State;
  readonly now: () => Now;
  act(effect: Effect, state: State): void;
  record(because: Because): void;
  /** An invariant broke: the agent must stop loudly. */
  broken(error: unknown, input: Input): void;
  /** After every step. */
  stepped(state: State): void;
}

/** Our own timer this late is not held against the services, and what arrived meanwhile is heard first. */
const lateMs = 40;
const longestTimerMs = 2 ** 31 - 1;

/** Starts the loop; it runs when told something or when its timer rings. */
export function openLoop(options: LoopOptions): Loop {
  let state = options.initial;
  let timer: NodeJS.Timeout | null = null;
  let timerAt = Number.POSITIVE_INFINITY;
  let running = false;
  let stopped = false;
  const queue: Input[] = [];

  const drain = (): void => {
    if (running) return;
    running = true;
    for (let input = queue.shift(); input !== undefined && !stopped; input = queue.shift()) once(input);
    running = false;
    arm();
  };
  const once = (input: Input): void => {
    try {
      const decided = step(state, input, options.now());
      ({ state } = decided);
      for (const effect of decided.effects) options.act(effect, state);
      for (const because of decided.because) options.record(because);
      options.stepped(state);
    } catch (error) {
      stopped = true;
      options.broken(error, input);
    }
  };
  const arm = (): void => {
    const at = state.wakeAt ?? Number.POSITIVE_INFINITY;
    if (stopped || (at === timerAt && timer !== null)) return;
    if (timer !== null) clearTimeout(timer);
    timerAt = at;
    timer =
      at === Number.POSITIVE_INFINITY
        ? null
        : setTimeout(rang, Math.min(longestTimerMs, Math.max(0, Math.ceil(at - options.now().mono))));
  };
  const rang = (): void => {
    const late = options.now().mono - timerAt;
    timer = null;
    timerAt = Number.POSITIVE_INFINITY;
    if (late <= lateMs) {
      tell({ kind: 'tick' });
      return;
    }
    // Deadlines are looked at with this very input; silence of others is judged only after what they said meanwhile was read.
    tell({ kind: 'ownLateness', lateMs: ms(late) });
    setImmediate(() => setImmediate(() => tell({ kind: 'tick' })));
  };
  const tell = (input: Input): void => {
    if (stopped) return;
    queue.push(input);
    drain();
  };
  return {
    tell,
    state: () => state,
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
