// A row of the testbed: one fault, what it should come to, and what is to be reached.
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { StatusView } from '../src/api.ts';
import type { Bed, BedOptions } from './bed.ts';
import { outside, type Taken } from './consumers.ts';
import type { WatchedService } from './description.ts';
import type { Fault } from './fault.ts';
import type { Machine } from './machine.ts';
import { judge, type Judgement } from './referee.ts';

export interface Row {
  readonly name: string;
  /** What is done, in a sentence. */
  readonly what: string;
  readonly bed: BedOptions;
  /** How many runs `--all` makes. */
  readonly runs: number;
  /** So many beds at once, for what lasts long and keeps no processor busy; absent: one. */
  readonly abreast?: number;
  /** What it should come to for the service that the fault is aimed at. `either`: both are right, and which is a matter of moments. */
  readonly subject: 'moves' | 'stays' | 'either';
  /** Where a figure is to be reached: the greatest p99 of the gap, in ms. */
  readonly gapP99Ms?: number;
  /** Answers that a client that retries once may lose. */
  readonly lost?: number;
  /** Ends healed; what is left until all is as planned is waited for by who calls. */
  readonly fault: Fault;
}

/** What a fault is made with. */
export interface Scene {
  readonly bed: Bed;
  /** All as planned, just before. */
  readonly view: StatusView;
  /** Where `subject` is active. */
  readonly active: Machine;
  /** Where it is not, in the order of the description. */
  readonly others: readonly Machine[];
  /** Until a higher term of the service answers, or so long; how long it may take is not judged here. */
  readonly moved: (service?: WatchedService, withinMs?: number) => Promise<boolean>;
  /** Lets so much time pass under the fault. */
  readonly hold: (forMs: number) => Promise<void>;
  /** Keeps what `explain subject` says on this machine, if this run is one that it is kept of; the first of a run counts. */
  readonly explain: (on: Machine) => Promise<void>;
  /** Something else that was seen, in words. */
  readonly note: (text: string) => void;
  /** Something else that was measured. `atMost` null: nothing is to be reached. */
  readonly figure: (figure: Figure) => void;
}

/** Something measured beside gaps and overlaps. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly atMost: number | null;
}

/** One run, as kept. */
export interface Run {
  /** When it began, ISO 8601, and the load of the machine over the minute before. */
  readonly at: string;
  readonly load: number;
  readonly services: Readonly<Record<string, Judgement>>;
  /** Moves of services that should have stayed. */
  readonly needless: number;
  readonly explained: readonly string[];
  readonly notes: readonly string[];
  readonly figures: readonly Figure[];
  /** Of the client outside: the share of questions sent more than 5 ms after the one before. */
  readonly lateShare: number;
  readonly tookMs: number;
}

/** So long is watched before a fault and after all is as planned. */
const quietMs = 200;

/** Makes the row's fault once and judges what the clients saw. `explained`: what `explain` says is kept, which takes a second. */
export async function runOnce(row: Row, bed: Bed, explained = true): Promise<Run> {
  const view = await prepared(bed);
  const active = bed.activeOf(view, 'subject');
  const at = new Date().toISOString();
  const [load = 0] = loadavg();
  const terms = new Map(bed.services.map((service) => [service, bed.consumers.term(service)]));
  await bed.consumers.take();
  await pause(quietMs);
  const started = performance.now();
  const sinceMs = Date.now();
  const said: string[] = [];
  const notes: string[] = [];
  const figures: Figure[] = [];
  await row.fault.befall({
    bed,
    view,
    active,
    others: bed.others(active),
    moved: (service = 'subject', withinMs = 120_000) =>
      bed.consumers.above(service, terms.get(service) ?? -1, withinMs),
    hold: (forMs) => pause(forMs),
    async explain(on) {
      if (explained && said.length === 0) said.push(...(await explainSubject(bed, on, sinceMs)));
    },
    note: (text) => notes.push(text),
    figure: (figure) => figures.push(figure),
  });
  const after = await bed.settled();
  if (explained && said.length === 0)
    said.push(...(await explainSubject(bed, bed.activeOf(after, 'subject'), sinceMs)));
  await pause(quietMs);
  const tookMs = performance.now() - started;
  const taken = await bed.consumers.take();
  const services = Object.fromEntries(
    bed.services.map((service, place) => [service, judge(ofService(taken, place), outside)]),
  );
  const needless = Object.entries(services).reduce((sum, [service, { moves }]) => {
    const aimedAt = service !== 'bystander';
    return sum + (aimedAt && row.subject !== 'stays' ? Math.max(0, moves - 1) : moves);
  }, 0);
  const lateShare = taken.find(({ site }) => site === outside)?.lateShare ?? 0;
  return { at, load, services, needless, explained: said, notes, figures, lateShare, tookMs };
}

/** All as planned, every member of etcd there, the bystander on another host than the subject, and `plain` on the same, so that the fault befalls both. */
async function prepared(bed: Bed): Promise<StatusView> {
  await bed.etcdWhole();
  return placed(bed);
}

async function placed(bed: Bed): Promise<StatusView> {
  const view = await bed.settled();
  const { host } = bed.activeOf(view, 'subject');
  for (const service of bed.services) {
    if (service === 'subject') continue;
    const at = bed.activeOf(view, service);
    if ((at.host === host) === (service === 'plain')) continue;
    await bed.failover(at, service, service === 'plain' ? host : (bed.others(at)[0]?.host ?? host));
    return placed(bed);
  }
  return view;
}

/** Lines go by service, then by host: three of each. */
function ofService(taken: readonly Taken[], at: number): { site: string; answers: Taken['answers'] }[] {
  return taken.map(({ site, answers }) => ({
    site,
    answers: answers
      .filter(({ line }) => Math.floor(line / 3) === at)
      .map((each) => Object.assign({}, each, { line: each.line % 3 })),
  }));
}

/** Rules of what detectors find: on one busy machine they tell of its processors and disk, again and again. */
const ofModes = [710, 712, 714];
const mostSteps = 12;

/** The first steps that `explain` tells of the time since the fault, Unix ms. */
async function explainSubject(bed: Bed, on: Machine, sinceMs: number): Promise<string[]> {
  const { code, stdout, stderr } = await bed.cli(on, 'explain', 'subject', '--json');
  if (code !== 0) return [`explain ended with ${code}: ${stderr.trim()}`];
  const { steps } = JSON.parse(stdout) as { steps: { atMs: number; text: string; rule: number | null }[] };
  return steps
    .filter(({ atMs, rule }) => atMs >= sinceMs && (rule === null || !ofModes.includes(rule)))
    .slice(0, mostSteps)
    .map(({ text, rule }) => (rule === null ? text : `${text} (${rule})`));
}
