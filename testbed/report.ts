// Prints what the rows came to, and keeps every run: testbed/results/ROW.json. docs/failover.md shows the same tables.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../bench/machine.ts';
import { median, p99 } from '../bench/statistics.ts';
import type { Judgement } from './referee.ts';
import type { Row, Run } from './row.ts';

/** A row as measured. `failed`: what kept runs from being made. */
export interface Measured {
  readonly name: string;
  readonly what: string;
  readonly subject: Row['subject'];
  readonly recoverWithin: string;
  readonly gapP99Ms: number | null;
  readonly lost: number | null;
  readonly machine: Machine;
  readonly runs: readonly Run[];
  readonly failed: readonly string[];
}

const results = join(import.meta.dirname, 'results');

const columns = ['runs', 'gap median', 'p99', 'moved', 'needless', 'overlaps', 'lost'] as const;

/** The figures of one service of a row, in the order of `columns`. */
function cells(measured: Measured, service: string): string[] {
  const of = measured.runs.flatMap((run) => run.services[service] ?? []);
  const gaps = of.map(({ gapMs }) => gapMs);
  const moved = of.filter(({ moves }) => moves > 0).length;
  const needless = service === 'subject' ? measured.runs.reduce((sum, run) => sum + run.needless, 0) : null;
  const lost = of.reduce((sum, each) => sum + each.lost, 0);
  return [
    String(of.length),
    shown(median(gaps)),
    shown(p99(gaps)),
    String(moved),
    needless === null ? '' : String(needless),
    overlapWords(of),
    String(lost),
  ];
}

function overlapWords(of: readonly Judgement[]): string {
  const with_ = of.filter(({ lateAnswers, sharedTerms }) => lateAnswers > 0 || sharedTerms > 0);
  if (with_.length === 0) return '0';
  const worst = Math.max(...with_.map(({ overlapMs }) => overlapMs));
  return `${with_.length} (${shown(worst)} ms)`;
}

function shown(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(0);
}

/** The services that were watched, the one that the row is about first. */
function servicesOf({ runs }: Measured): string[] {
  return Object.keys(runs[0]?.services ?? {});
}

/** What else was measured, each with all its values. */
function figuresOf({ runs }: Measured): { what: string; values: number[]; atMost: number | null }[] {
  const all = runs.flatMap(({ figures }) => figures);
  return [...Map.groupBy(all, ({ what }) => what)].map(([what, of]) => {
    return { what, values: of.map(({ value }) => value), atMost: of[0]?.atMost ?? null };
  });
}

/** What was to be reached and was not; empty: all was. */
export function missed(measured: Measured): string[] {
  const subject = measured.runs.flatMap((run) => run.services['subject'] ?? []);
  const others = measured.runs.flatMap((run) => run.services['bystander'] ?? []);
  const worst = p99(subject.map(({ gapMs }) => gapMs));
  const lost = subject.reduce((sum, each) => sum + each.lost, 0);
  const needless = measured.runs.reduce((sum, run) => sum + run.needless, 0);
  const still = subject.filter(({ moves }) => moves === 0).length;
  return [
    ...measured.failed,
    ...(overlapWords([...subject, ...others]) === '0' ? [] : ['two were active']),
    ...(measured.gapP99Ms !== null && worst > measured.gapP99Ms
      ? [`p99 of the gap ${shown(worst)} ms, to reach ${measured.gapP99Ms}`]
      : []),
    ...(measured.lost !== null && lost > measured.lost ? [`${lost} answers lost, to reach ${measured.lost}`] : []),
    ...figuresOf(measured).flatMap(({ what, values, atMost }) =>
      atMost !== null && p99(values) > atMost ? [`${what}: ${p99(values).toFixed(1)}, to reach ${atMost}`] : [],
    ),
    ...(needless > 0 ? [`${needless} needless moves`] : []),
    ...(measured.subject === 'moves' && still > 0 ? [`did not move in ${still} runs`] : []),
  ];
}

export function printed(measured: Measured): string {
  const rows = servicesOf(measured).map((service) => [service, ...cells(measured, service)]);
  const widths = ['', ...columns].map((_, at) =>
    Math.max(...[['', ...columns], ...rows].map((row) => row[at]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string => row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join('  ');
  const short = missed(measured);
  return [
    `\n${measured.name}: ${measured.what} (recoverWithin ${measured.recoverWithin})`,
    line(['', ...columns]),
    ...rows.map(line),
    ...figuresOf(measured).map(
      ({ what, values }) => `  ${what}: median ${median(values).toFixed(1)}, p99 ${p99(values).toFixed(1)}`,
    ),
    short.length === 0 ? '✔ as it should be' : `✖ ${short.join('; ')}`,
    ...(measured.runs.at(-1)?.explained ?? []).slice(-3).map((text) => `  explain: ${text}`),
    ...new Set(measured.runs.flatMap(({ notes }) => notes)),
  ].join('\n');
}

const page = join(import.meta.dirname, '..', 'docs', 'failover.md');
/** What stands between these lines of the page is made from the results. */
const marks = ['<!-- measured -->', '<!-- /measured -->'] as const;

/** Keeps every run of the row, in the place of an earlier measurement, and shows all that is kept on the page; `names`: in this order. */
export function save(measured: Measured, names: readonly string[]): void {
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${measured.name}.json`), `${JSON.stringify(measured)}\n`);
  const text = readFileSync(page, 'utf8');
  const [from, to] = marks.map((mark) => text.indexOf(mark));
  if (from === undefined || to === undefined || from < 0 || to < from)
    throw new Error(`${page} lacks the lines ${marks.join(' and ')}`);
  const before = text.slice(0, from + marks[0].length);
  writeFileSync(page, `${before}\n\n${markdown(saved(names))}\n${text.slice(to)}`);
}

/** All that was ever saved, in the order of `names`. */
function saved(names: readonly string[]): Measured[] {
  if (!existsSync(results)) return [];
  const all = readdirSync(results)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(results, file), 'utf8')) as Measured);
  return all.toSorted((x, y) => names.indexOf(x.name) - names.indexOf(y.name));
}

/** The tables of docs/failover.md. */
function markdown(all: readonly Measured[]): string {
  const explained = all.flatMap(({ name, runs }) => {
    const told = runs.findLast((run) => run.explained.length > 0)?.explained.slice(-2) ?? [];
    const notes = [...new Set(runs.flatMap((run) => run.notes))].slice(0, 3);
    return [...told, ...notes].length === 0 ? [] : [`- **${name}**: ${[...told, ...notes].map(plain).join(' / ')}\n`];
  });
  const figures = all.flatMap((measured) =>
    figuresOf(measured).map(({ what, values, atMost }) => {
      const reached = atMost === null || p99(values) <= atMost ? '✔' : '✖';
      const to = atMost === null ? '' : ` (to reach: ${atMost})`;
      return `- **${measured.name}**, ${what}: ${median(values).toFixed(1)}, at most ${p99(values).toFixed(1)}${to} ${reached}\n`;
    }),
  );
  const last = all.at(-1)?.machine;
  const where =
    last === undefined
      ? ''
      : `${last.cpu}, ${last.cores} cores, ${last.memoryGiB} GiB, Linux ${last.kernel}, Node ${last.node}; three hosts, their etcd and all clients on this one machine. `;
  const loads = all.map(({ machine }) => machine.load);
  const load = `Load before a row began: ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.`;
  const shares = all.flatMap(({ runs }) => runs.map(({ lateShare }) => 100 * lateShare));
  const late = `Of the questions of the client outside ${median(shares).toFixed(1)} % went out more than 5 ms after the one before (median of all runs; at worst ${Math.max(...shares).toFixed(1)} %).`;
  const head =
    '| fault | service | runs | gap: median, ms | p99, ms | moved | needless | overlaps | to reach | |\n|---|---|---|---|---|---|---|---|---|---|\n';
  const rows = all.flatMap((measured) =>
    servicesOf(measured).map((service, at) => {
      const [runs, middle, worst, moved, needless, overlaps] = cells(measured, service);
      const target = at > 0 ? '' : targetWords(measured);
      const verdict = at > 0 ? '' : missed(measured).length === 0 ? '✔' : `✖ ${missed(measured).join('; ')}`;
      const name = at > 0 ? '' : `**${measured.name}**: ${measured.what}`;
      return `| ${[name, service, runs, middle, worst, moved, needless, overlaps, target, verdict].join(' | ')} |\n`;
    }),
  );
  return [
    `Measured on ${where}${load} ${late}\n\n`,
    head,
    ...rows,
    '\n',
    ...figures,
    '\nWhat `explain` said at the end of the last run:\n\n',
    ...explained,
  ].join('');
}

/** As text in a line of Markdown. */
function plain(text: string): string {
  return text.replaceAll(/[*_|<>`]/g, (sign) => `\\${sign}`);
}

function targetWords({ gapP99Ms, lost, subject }: Measured): string {
  const words = [
    ...(gapP99Ms === null ? [] : [`p99 ≤ ${gapP99Ms}`]),
    ...(lost === null ? [] : [`${lost} answers lost`]),
    ...(subject === 'stays' ? ['stays'] : []),
    '0 overlaps',
  ];
  return words.join(', ');
}
