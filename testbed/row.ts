// A row of the testbed: one fault, what it should come to, and what is to be reached.
import { setTimeout as pause } from 'node:timers/promises';
import type { StatusView } from '../src/api.ts';
import type { Bed, BedOptions, WatchedService } from './bed.ts';
import { outside, type Taken } from './consumers.ts';
import type { Machine } from './machine.ts';
import { judge, type Judgement } from './referee.ts';

export interface Row {
  readonly name: string;
  /** What is done, in a sentence. */
  readonly what: string;
  readonly bed: BedOptions;
  /** How many runs `--all` makes. */
  readonly runs: number;
  /** What it should come to for the service that the fault is aimed at. `either`: both are right, and which is a matter of moments. */
  readonly subject: 'moves' | 'stays' | 'either';
  /** Where a figure is to be reached: the greatest p99 of the gap, in ms. */
  readonly gapP99Ms?: number;
  /** Answers that a client that retries once may lose. */
  readonly lost?: number;
  /** Ends with the fault healed; what is left until all is as planned is waited for by who calls. */
  fault(scene: Scene): Promise<void>;
}

/** What a fault is made with. */
export interface Scene {
  readonly bed: Bed;
  /** Where `subject` is active. */
  readonly active: Machine;
  /** Where it is not, in the order of the description. */
  readonly others: readonly Machine[];
  /** Until a higher term of the service answers, or so long; how long it may take is not judged here. */
  readonly moved: (service?: WatchedService, withinMs?: number) => Promise<boolean>;
  /** Lets so much time pass under the fault. */
  readonly hold: (forMs: number) => Promise<void>;
  /** Keeps what `explain subject` says on this machine; the first of a run counts. */
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
const quietMs = 300;

/** Makes the row's fault once and judges what the clients saw. */
export async function runOnce(row: Row, bed: Bed): Promise<Run> {
  const active = bed.activeOf(await prepared(bed), 'subject');
  const terms = new Map(bed.services.map((service) => [service, bed.consumers.term(service)]));
  await bed.consumers.take();
  await pause(quietMs);
  const started = performance.now();
  const explained: string[] = [];
  const notes: string[] = [];
  const figures: Figure[] = [];
  await row.fault({
    bed,
    active,
    others: bed.others(active),
    moved: (service = 'subject', withinMs = 30_000) => bed.consumers.above(service, terms.get(service) ?? -1, withinMs),
    hold: (forMs) => pause(forMs),
    async explain(on) {
      if (explained.length === 0) explained.push(...(await explainSubject(bed, on)));
    },
    note: (text) => notes.push(text),
    figure: (figure) => figures.push(figure),
  });
  const after = await bed.settled();
  if (explained.length === 0) explained.push(...(await explainSubject(bed, bed.activeOf(after, 'subject'))));
  await pause(quietMs);
  const tookMs = performance.now() - started;
  const taken = await bed.consumers.take();
  const services = Object.fromEntries(
    bed.services.map((service, at) => [service, judge(ofService(taken, at), outside)]),
  );
  const needless = Object.entries(services).reduce((sum, [service, { moves }]) => {
    const aimedAt = service !== 'bystander';
    return sum + (aimedAt && row.subject !== 'stays' ? Math.max(0, moves - 1) : moves);
  }, 0);
  const lateShare = taken.find(({ site }) => site === outside)?.lateShare ?? 0;
  return { services, needless, explained, notes, figures, lateShare, tookMs };
}

/** All as planned, every member of etcd there, and the bystander on another host than the subject. */
async function prepared(bed: Bed): Promise<StatusView> {
  await bed.etcdWhole();
  const view = await bed.settled();
  if (!bed.services.includes('bystander')) return view;
  const { host } = bed.activeOf(view, 'subject');
  const at = bed.activeOf(view, 'bystander');
  if (at.host !== host) return view;
  const to = bed.others(at)[0]?.host ?? host;
  const { code, stderr } = await bed.cli(at, 'failover', 'bystander', '--to', to);
  if (code !== 0) throw new Error(`the bystander could not be moved: ${stderr}`);
  return prepared(bed);
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

/** The last steps that `explain` tells. */
async function explainSubject(bed: Bed, on: Machine): Promise<string[]> {
  const { code, stdout, stderr } = await bed.cli(on, 'explain', 'subject', '--json');
  if (code !== 0) return [`explain ended with ${code}: ${stderr.trim()}`];
  const { steps } = JSON.parse(stdout) as { steps: { text: string; rule: number | null }[] };
  return steps.slice(-6).map(({ text, rule }) => (rule === null ? text : `${text} (${rule})`));
}
