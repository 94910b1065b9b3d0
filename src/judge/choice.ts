// Who takes over: one pure choice that every agent computes alike from what the store holds, so that only the chosen one acts.
// And whether a restart or a hand-over brings the service back sooner.
//
// The order: able at all, healthy, most up to date, preferred, the order of `on`. Nothing here is measured on one host alone,
// except what that host itself reported; two agents that read the same records rank alike.

import type { Phase } from '../model/states.ts';
import { gravity } from './reason.ts';
import type { Policy, Severity } from '../model/system.ts';

/** What people can have against a host: that it is worked on, that it must not be active there, or that it is not to run there. */
export type Barred = 'maintenance' | 'banned' | 'asked';

/** A host that could take over, as the store tells of it. */
export interface Candidate {
  readonly host: string;
  /** Its agent's session is alive. */
  readonly live: boolean;
  /** What keeps it from taking over by a person's wish. */
  readonly barred: Barred | null;
  readonly phase: Phase;
  readonly severity: Severity;
  /** It waits before it tries again, after failing; in milliseconds from now, null or not above 0: it does not. */
  readonly failedForMs: number | null;
  /** By how much its state is older than the active's; null: not known. */
  readonly behindMs: number | null;
  /** Declared `mayLose`; null: any loss is borne. */
  readonly mayLoseMs: number | null;
}

/** What the description and people say of the choice. */
export interface ChoiceTerms {
  readonly policy: Policy;
  /** Null: the order of `on` alone. */
  readonly prefer: string | null;
  /** Hosts in the order of `on`. */
  readonly order: readonly string[];
  /** A person accepts the loss: `mayLose` excludes nobody. */
  readonly acceptLoss?: boolean;
}

/** All candidates, each once: able, or excluded with why. */
export interface Ranking {
  /** Hosts that can take over, the best first. */
  readonly ranked: readonly string[];
  readonly excluded: readonly Exclusion[];
}

/** Why a host is not among them, and what would change that. */
export interface Exclusion {
  readonly host: string;
  readonly waitsFor:
    | 'host'
    | 'maintenance-end'
    | 'ban-end'
    | 'person'
    | 'restart'
    | 'ready'
    | 'stop'
    | 'report'
    | 'health'
    | 'catch-up';
  readonly facts: Readonly<Record<string, string | number | null>>;
}

/** States that differ by less are equally good: finer differences are those of when it was asked. */
const sameStateMs = 1000;

/** Ranks who could take over. */
export function rankCandidates(candidates: readonly Candidate[], terms: ChoiceTerms): Ranking {
  const able: Candidate[] = [];
  const excluded: Exclusion[] = [];
  for (const candidate of candidates) {
    const exclusion = whyNot(candidate, terms);
    if (exclusion === null) able.push(candidate);
    else excluded.push(exclusion);
  }
  const ages = stateAges(able);
  const place = (host: string): number => {
    const index = terms.order.indexOf(host);
    return index < 0 ? terms.order.length : index;
  };
  const ranked = able.toSorted(
    (a, b) =>
      Number(a.phase === 'failed') - Number(b.phase === 'failed') ||
      gravity(a.severity) - gravity(b.severity) ||
      (ages.get(a.host) ?? 0) - (ages.get(b.host) ?? 0) ||
      Number(b.host === terms.prefer) - Number(a.host === terms.prefer) ||
      place(a.host) - place(b.host) ||
      (a.host < b.host ? -1 : a.host > b.host ? 1 : 0),
  );
  return { ranked: ranked.map((each) => each.host), excluded };
}

function whyNot(candidate: Candidate, terms: ChoiceTerms): Exclusion | null {
  const { host, live, barred, phase, severity, failedForMs, behindMs, mayLoseMs } = candidate;
  const no = (waitsFor: Exclusion['waitsFor'], facts: Exclusion['facts'] = {}): Exclusion => ({
    host,
    waitsFor,
    facts,
  });
  if (!live) return no('host');
  if (barred === 'maintenance') return no('maintenance-end');
  if (barred === 'banned') return no('ban-end');
  if (barred === 'asked') return no('person');
  if (failedForMs !== null && failedForMs > 0) return no('restart', { inMs: failedForMs });
  const waitsFor = phaseWaitsFor(phase, terms.policy);
  if (waitsFor !== null) return no(waitsFor, { phase });
  if (severity === 1 && phase !== 'down' && phase !== 'starting') return no('health', { severity });
  if (terms.acceptLoss !== true && behindMs !== null && mayLoseMs !== null && behindMs > mayLoseMs)
    return no('catch-up', { behindMs, mayLoseMs });
  return null;
}

/** What an instance of this phase lacks to become active next under the policy; null: nothing. */
function phaseWaitsFor(phase: Phase, policy: Policy): Exclusion['waitsFor'] | null {
  switch (phase) {
    case 'active':
      return null;
    case 'standby':
    case 'passive':
      return null;
    case 'starting':
      return startsWhenChosen(policy) ? null : 'ready';
    // One that failed and waits no more may try: it comes last.
    case 'down':
    case 'failed':
      return startsWhenChosen(policy) ? null : 'restart';
    case 'stopping':
      return 'stop';
    case 'unknown':
      return 'report';
    default:
      return unreachable(phase);
  }
}

/** The chosen one need not run yet. */
function startsWhenChosen(policy: Policy): boolean {
  switch (policy) {
    case 'hot-active/cold-passive':
    case 'single':
    case 'hot-active/hot-active':
      return true;
    case 'hot-active/warm-passive':
    case 'hot-active/warm-active':
      return false;
    default:
      return unreachable(policy);
  }
}

/**
 * The same small number for states that are equally up to date. Groups begin at the most up to date: a plain "differs by less than a
 * second" is not transitive, and an order made of it depends on who compares first. Not known is last. Healthy and less healthy
 * are grouped apart, so that nobody's rank hangs on one who is out of the question.
 */
function stateAges(able: readonly Candidate[]): ReadonlyMap<string, number> {
  const ages = new Map<string, number>();
  for (const severity of [0, 1, 2, 3] as const) {
    let group = 0;
    let begins: number | null = null;
    const alike = able.filter((each) => each.severity === severity);
    for (const each of alike.toSorted((a, b) => (a.behindMs ?? Infinity) - (b.behindMs ?? Infinity))) {
      const behind = each.behindMs ?? Infinity;
      if (begins === null) begins = behind;
      else if (behind !== begins && behind - begins >= sameStateMs) {
        group += 1;
        begins = behind;
      }
      ages.set(each.host, group);
    }
  }
  return ages;
}

/** What a restart and a hand-over would take. Durations in ms. */
export interface RecoveryFacts {
  /** Worst of recent b + i, and what the back-off still waits; null: never measured. */
  readonly restartMs: number | null;
  /** Worst of recent switch (+ b + i of the one who takes over, as far as it has them still before it); null: never measured. */
  readonly handOverMs: number | null;
  /** The best of who could take over: `warm` runs and is ready, `cold` would have to start; null: nobody can. */
  readonly other: 'warm' | 'cold' | null;
  /** Failures in a row on this host, this one included. */
  readonly failures: number;
}

/** The sooner way back, and why. */
export interface Recovery {
  readonly choice: 'restart' | 'handOver';
  readonly because: 'nobody-else' | 'fails-repeatedly' | 'sooner' | 'other-is-ready' | 'first-failure';
  readonly facts: Readonly<Record<string, string | number | null>>;
}

/** A restart that failed this often has had its chance. */
const repeated = 3;

/** A cold one elsewhere costs as much as a restart and moves the service, so it waits for the first restart to have failed. */
const repeatedForCold = 2;

/** What brings it back sooner. */
export function restartOrHandOver(facts: RecoveryFacts): Recovery {
  const { restartMs, handOverMs, other, failures } = facts;
  const say = (choice: Recovery['choice'], because: Recovery['because']): Recovery => ({
    choice,
    because,
    facts: { restartMs, handOverMs, other, failures },
  });
  if (other === null) return say('restart', 'nobody-else');
  if (failures >= repeated) return say('handOver', 'fails-repeatedly');
  // Equal: rather where it was, which moves nothing.
  if (restartMs !== null && handOverMs !== null) return say(restartMs <= handOverMs ? 'restart' : 'handOver', 'sooner');
  if (other === 'warm') return say('handOver', 'other-is-ready');
  return failures >= repeatedForCold ? say('handOver', 'fails-repeatedly') : say('restart', 'first-failure');
}

function unreachable(value: never): never {
  throw new Error(`not a phase or policy: ${String(value)}`);
}
