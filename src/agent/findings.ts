// The detectors of this host: told what to watch, by the description and by what runs; what they see is damped and told to the core.

import { findingsOf, remembered, settle, type Standing } from '../judge/modes-settle.ts';
import type { Input } from '../decide/input.ts';
import type { State } from '../decide/state.ts';
import type { HostLayout } from '../layout.ts';
import { paceFacts, type Pace } from '../model/pace.ts';
import type { Now } from '../model/units.ts';
import type { LookTold } from '../observe/modes/messages.ts';
import { openScout } from '../observe/modes/scout.ts';
import type { Plans } from './plans.ts';
import { heardHosts } from './watch-peers.ts';
import { watchFor } from './watch.ts';

/** The detectors under way. */
export interface Findings {
  /** When each detector looked last, Unix ms; of those that have. */
  looks(): Readonly<Record<string, number>>;
  close(): void;
}

/** So many looks after it was told, what others compare with their own is too old to be compared: the detector is held back, or hangs. */
const factsLast = 3;
/** Looks may be late on a busy host. */
const factsLastAtLeastMs = 60_000;

/** What runs and what others report changes all the time: the detectors need not know at once. */
const lookEveryMs = 2000;

/** Begins as soon as a description is known. */
export function openFindings(options: {
  readonly layout: HostLayout;
  readonly state: () => State;
  readonly now: () => Now;
  readonly plans: () => Plans | null;
  /** No detector is begun before. */
  readonly after: Promise<void>;
  readonly tell: (input: Input) => void;
  /** Told of every look, whatever was seen. */
  readonly looked: (look: LookTold) => void;
  readonly log: (text: string) => void;
}): Findings {
  let standing: readonly Standing[] = [];
  let told = '[[],{}]';
  const factsBy = new Map<string, { readonly facts: Readonly<Record<string, string>>; readonly untilMs: number }>();
  const paces = new Map<string, Pace>();
  const looks = new Map<string, number>();
  let watched = '';
  /** What the watch was last made from: as long as all of it is the very same, so is the watch. */
  let madeFrom: readonly unknown[] = [];
  const scout = openScout({
    log: options.log,
    onLook: (look) => {
      options.looked(look);
      looks.set(look.detector, look.atMs);
      standing = settle(standing, look);
      const now = options.now().mono;
      const lastsMs = Math.max(factsLastAtLeastMs, factsLast * look.pace.usualMs);
      factsBy.set(look.detector, { facts: look.facts, untilMs: now + lastsMs });
      paces.set(look.detector, look.pace);
      const findings = findingsOf(standing);
      const fresh = [...factsBy.values()].filter(({ untilMs }) => untilMs > now).map(({ facts }) => facts);
      const facts = Object.fromEntries([...fresh, paceFacts(paces)].flatMap((each) => Object.entries(each)));
      const text = JSON.stringify([findings, facts]);
      if (text === told) return;
      told = text;
      options.tell({ kind: 'found', findings, facts });
    },
  });
  const look = (): void => {
    const state = options.state();
    const plans = options.plans();
    if (state.system === null || plans === null) return;
    const heard = heardHosts(state, options.now()).join(' ');
    const from = [state.system, plans, plans.changes(), state.slots, state.reports, heard];
    if (from.every((each, index) => each === madeFrom[index])) return;
    madeFrom = from;
    if (watched === '') standing = remembered(state.findings);
    const watch = watchFor(state, state.system, plans, options.layout, options.now());
    const text = JSON.stringify(watch);
    if (text === watched) return;
    watched = text;
    scout.watch(watch);
  };
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  void options.after.then(() => {
    if (!closed) timer = setInterval(look, lookEveryMs);
  });
  return {
    looks: () => Object.fromEntries(looks),
    close() {
      closed = true;
      if (timer !== null) clearInterval(timer);
      scout.close();
    },
  };
}
