// The one sentence: does it stand, what is wrong, what more can be lost. Read by somebody woken five seconds ago, so the answer comes
// first, numbers after it, and never more than three names. The words are those of the sketches.

import { counted } from '../model/amount-words.ts';
import { durationWords, someNames, whyNotWords } from './words.ts';
import type { CanLose } from './lose.ts';
import type { FaultSeverity, Severity } from '../model/system.ts';

/** All that the sentence may speak of. */
export interface SentenceFacts {
  readonly system: string;
  /** The gravest of all verdicts. */
  readonly severity: Severity;
  /** False while nothing was heard of any host since the agent began. */
  readonly known: boolean;
  readonly storeReachable: boolean;
  /** Why not; null or absent: not known. */
  readonly storeWhy?: string | null;
  /** Why all of it is down, when that is as it should be; null: it should be up. */
  readonly plannedDown: PlannedOutage | null;
  /** Services on their first way up, and how many services there are to be up. */
  readonly starting: readonly string[];
  readonly services: number;
  /** Of `serves`: what consumers do not have now, though they may expect it, and for how long; null: since before it was looked. */
  readonly missing: readonly { readonly service: string; readonly forMs: number | null }[];
  /** What is wrong now, the gravest first: what it is about as people name it (`pricer on a`, `host b`) and its cause, without a full stop. */
  readonly troubles: readonly { readonly severity: FaultSeverity; readonly text: string }[];
  readonly canLose: CanLose;
  /** Services, or the system's own name, on which Standfast acts on nothing because a person paused it. */
  readonly paused: readonly string[];
}

/** `nextText`: when the schedule begins again, in words; null: not known. `by`: who asked; null: not known. */
export type PlannedOutage =
  | { readonly kind: 'schedule'; readonly nextText: string | null }
  | { readonly kind: 'asked'; readonly by: string | null }
  | { readonly kind: 'finished' };

/** How it stands, in one to four short sentences. */
export function statusSentence(facts: SentenceFacts): string {
  if (!facts.known) return `Nothing is known of ${facts.system} yet: no agent has reported.`;
  return [state(facts), ...store(facts), ...paused(facts)].join(' ');
}

function state(facts: SentenceFacts): string {
  const { system, severity, missing, starting, plannedDown, canLose } = facts;
  if (missing.length > 0 && severity !== 0) return `${down(facts)} ${trouble(facts, { consumers: false })}`.trim();
  if (plannedDown !== null) {
    const but =
      severity === 0 ? '' : ` Yet something is wrong (severity ${severity}). ${trouble(facts, { consumers: false })}`;
    return `${system} is down ${plannedWords(plannedDown)}.${but}`.trimEnd();
  }
  if (starting.length > 0 && severity === 0) {
    const up = Math.max(0, facts.services - starting.length);
    return `${system} is starting: ${up} of ${counted(facts.services, 'service')} up, waiting for ${someNames(starting)}.`;
  }
  switch (severity) {
    case 0:
      return `It stands. ${canLoseWords(canLose)}`;
    case 1:
      return `${system} is WEAKENED (severity 1). ${trouble(facts, { consumers: true })} ${shortly(canLose)}`;
    case 2:
      return `${system} is NOT AS IT SHOULD BE (severity 2). ${trouble(facts, { consumers: true })} ${shortly(canLose)}`;
    case 3:
      return `${system} is DEGRADED (severity 3). ${trouble(facts, { consumers: true })} ${shortly(canLose)}`;
    default:
      return unreachable(severity);
  }
}

/** What consumers go without; the longest outage says since when. */
function down(facts: SentenceFacts): string {
  const known = facts.missing.map((each) => each.forMs).filter((each) => each !== null);
  const since = known.length === 0 ? '' : ` for ${durationWords(Math.max(...known))}`;
  const names = someNames(
    facts.missing.map((each) => each.service),
    'or',
  );
  return `${facts.system} is DOWN: consumers have had no ${names}${since} (severity ${facts.severity}).`;
}

/** The gravest trouble, and how many more there are. */
function trouble(facts: SentenceFacts, say: { readonly consumers: boolean }): string {
  const [first, ...others] = facts.troubles;
  const lead = say.consumers ? 'Consumers are served' : '';
  if (first === undefined) return say.consumers ? `${lead}.` : '';
  const what = first.text;
  const more = others.length === 0 ? '' : `, and ${counted(others.length, 'more incident')}`;
  return say.consumers ? `${lead}; ${what}${more}.` : `${capital(what)}${more}.`;
}

/** "It can lose host b, or any 1 instance but gateway's. Not host a: gateway runs only there." */
export function canLoseWords(canLose: CanLose): string {
  const { instances, hosts, notInstances, notHosts } = canLose;
  if (instances.length + hosts.length + notInstances.length + notHosts.length === 0)
    return 'Nothing runs that could be lost.';
  const parts: string[] = [];
  if (notHosts.length === 0 && hosts.length > 0)
    parts.push(hosts.length === 1 ? `host ${hosts[0] ?? ''}` : 'any 1 host');
  else if (hosts.length > 0)
    parts.push(hosts.length === 1 ? `host ${hosts[0] ?? ''}` : `any 1 of hosts ${someNames(hosts)}`);
  if (instances.length > 0) parts.push(instancesWords(instances, notInstances));
  if (parts.length === 0)
    return `It can lose nothing: ${reason(canLose, notInstances.length > 0 ? notInstances : notHosts)}.`;
  const not = notHosts.length === 0 ? '' : ` Not ${hostsWords(notHosts)}: ${reason(canLose, notHosts)}.`;
  return `It can lose ${parts.join(', or ')}.${not}`;
}

function instancesWords(instances: readonly string[], notInstances: readonly string[]): string {
  if (notInstances.length === 0) return 'any 1 instance';
  const but = notInstancesOf(instances, notInstances);
  if (but.length <= 3) return `any 1 instance but ${possessives(but)}`;
  return instances.length <= 3
    ? someNames(instances, 'or')
    : `any 1 of ${instances.length} instances, not of the other ${notInstances.length}`;
}

/** A service in place of its instances when none of them can be lost. */
function notInstancesOf(instances: readonly string[], notInstances: readonly string[]): readonly string[] {
  const partly = new Set(instances.map(serviceOf));
  return [...new Set(notInstances.map((name) => (partly.has(serviceOf(name)) ? name : serviceOf(name))))];
}

function possessives(names: readonly string[]): string {
  return someNames(names.map((name) => (name.includes('@') ? name : `${name}'s`)));
}

/** Why the first of these can't be lost; when others can't for other services, those are counted. */
function reason(canLose: CanLose, parts: readonly string[]): string {
  const why = canLose.why.filter((each) => parts.includes(each.part));
  const first = why[0];
  if (first === undefined) return 'consumers would go without';
  const others = new Set(why.map((each) => each.first));
  others.delete(first.first);
  return `${whyNotWords(first)}${others.size === 0 ? '' : `, likewise ${someNames([...others])}`}`;
}

function shortly(canLose: CanLose): string {
  const { instances, hosts } = canLose;
  if (instances.length + hosts.length === 0) return 'It can lose nothing more.';
  if (hosts.length > 0)
    return `It can still lose ${hosts.length === 1 ? `host ${hosts[0] ?? ''}` : `any 1 of hosts ${someNames(hosts)}`}.`;
  return canLose.notHosts.length === 0
    ? 'It can still lose some instances.'
    : 'It can still lose some instances, but no host.';
}

function hostsWords(hosts: readonly string[]): string {
  return `${hosts.length === 1 ? 'host' : 'hosts'} ${someNames(hosts, 'or')}`;
}

function store(facts: SentenceFacts): readonly string[] {
  return facts.storeReachable
    ? []
    : [
        // Where it is told as what is wrong, not again.
        facts.severity !== 0 && facts.troubles[0]?.text.startsWith('store: ') === true
          ? 'What runs goes on, but nothing can take over until it is back.'
          : `The store does not answer${facts.storeWhy === null || facts.storeWhy === undefined ? '' : ` (${facts.storeWhy})`}: what runs goes on, but nothing can take over until it is back.`,
      ];
}

function paused(facts: SentenceFacts): readonly string[] {
  if (facts.paused.length === 0) return [];
  return [`Paused: ${someNames(facts.paused)}; Standfast watches and does nothing there until resumed.`];
}

function plannedWords(planned: PlannedOutage): string {
  switch (planned.kind) {
    case 'schedule':
      return planned.nextText === null ? 'as scheduled' : `as scheduled, next ${planned.nextText}`;
    case 'asked':
      return planned.by === null || planned.by === '' ? 'as somebody asked' : `as ${planned.by} asked`;
    case 'finished':
      return 'as it has finished';
    default:
      return unreachable(planned);
  }
}

function serviceOf(instance: string): string {
  return instance.split('@', 1)[0] ?? instance;
}

/** Names stay as they are described, also where a sentence begins. */
function capital(text: string): string {
  return text.replace(/^(?:host|store)\b/, (word) => word.charAt(0).toUpperCase() + word.slice(1));
}

function unreachable(value: never): never {
  throw new Error(`no words for ${JSON.stringify(value)}`);
}
