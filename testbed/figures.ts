// What the runs of a row came to, and what of it is not as it should be.
import { median, p99 } from '../bench/statistics.ts';
import type { Kept } from './kept.ts';
import type { Judgement } from './referee.ts';
import type { Row, Run } from './row.ts';

/** A row as measured so far. */
export interface Measured extends Kept {
  readonly row: Row;
}

export const columns = ['runs', 'gap median', 'p99', 'moved', 'needless', 'overlaps', 'lost'] as const;

/** The services that were watched, the one that the row is about first. */
export function servicesOf({ runs }: Measured): string[] {
  return Object.keys(runs[0]?.services ?? {});
}

/** The figures of one service of a row, in the order of `columns`. */
export function cells({ runs }: Measured, service: string): string[] {
  const of = runs.flatMap((run) => run.services[service] ?? []);
  const gaps = of.map(({ gapMs }) => gapMs);
  const needless = service === 'subject' ? runs.reduce((sum, run) => sum + run.needless, 0) : null;
  return [
    String(of.length),
    shown(median(gaps)),
    shown(p99(gaps)),
    String(of.filter(({ moves }) => moves > 0).length),
    needless === null ? '' : String(needless),
    overlapWords(of),
    String(of.reduce((sum, each) => sum + each.lost, 0)),
  ];
}

/** In how many runs two were active as clients saw it, and for how long at worst. */
export function overlapWords(of: readonly Judgement[]): string {
  const overlapping = of.filter(({ lateAnswers, sharedTerms }) => lateAnswers > 0 || sharedTerms > 0);
  if (overlapping.length === 0) return '0';
  return `${overlapping.length} (${shown(Math.max(...overlapping.map(({ overlapMs }) => overlapMs)))} ms)`;
}

function shown(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(0);
}

/** What else was measured, each with all its values. */
export function figuresOf({ runs }: Measured): { what: string; values: number[]; atMost: number | null }[] {
  const all = runs.flatMap(({ figures }) => figures);
  return [...Map.groupBy(all, ({ what }) => what)].map(([what, of]) => {
    return { what, values: of.map(({ value }) => value), atMost: of[0]?.atMost ?? null };
  });
}

/** What was to be reached and was not; empty: all was. */
export function missed(measured: Measured): string[] {
  const { row, runs, failed } = measured;
  const subject = runs.flatMap((run) => run.services['subject'] ?? []);
  const others = runs.flatMap((run) => run.services['bystander'] ?? []);
  const worst = p99(subject.map(({ gapMs }) => gapMs));
  const lost = subject.reduce((sum, each) => sum + each.lost, 0);
  const needless = runs.reduce((sum, run) => sum + run.needless, 0);
  const still = subject.filter(({ moves }) => moves === 0).length;
  return [
    ...failed,
    ...(overlapWords([...subject, ...others]) === '0' ? [] : ['two were active']),
    ...(row.gapP99Ms !== undefined && worst > row.gapP99Ms
      ? [`p99 of the gap ${shown(worst)} ms, to reach ${row.gapP99Ms}`]
      : []),
    ...(row.lost !== undefined && lost > row.lost ? [`${lost} answers lost, to reach ${row.lost}`] : []),
    ...figuresOf(measured).flatMap(({ what, values, atMost }) =>
      atMost !== null && p99(values) > atMost ? [`${what}: ${p99(values).toFixed(1)}, to reach ${atMost}`] : [],
    ),
    ...(needless > 0 ? [`${needless} needless moves`] : []),
    ...(row.subject === 'moves' && still > 0 ? [`did not move in ${still} runs`] : []),
  ];
}

/** What is to be reached, in words. */
export function targetWords({ gapP99Ms, lost, subject }: Row): string {
  const words = [
    ...(gapP99Ms === undefined ? [] : [`p99 ≤ ${gapP99Ms}`]),
    ...(lost === undefined ? [] : [`${lost} answers lost`]),
    ...(subject === 'stays' ? ['stays'] : []),
    '0 overlaps',
  ];
  return words.join(', ');
}

/** One run in a line: of each service the gap, how often it moved, and what should not be. */
export function runWords({ services, needless, load, notes }: Run): string {
  const told = Object.entries(services).map(([service, { gapMs, moves, lateAnswers, sharedTerms, overlapMs }]) => {
    const moved = moves === 0 ? 'stayed' : moves === 1 ? 'moved' : `moved ${moves} times`;
    const two = lateAnswers > 0 || sharedTerms > 0 ? `, TWO ACTIVE for ${shown(overlapMs)} ms` : '';
    return `${service} ${shown(gapMs)} ms, ${moved}${two}`;
  });
  return [...told, ...(needless > 0 ? [`${needless} NEEDLESS`] : []), ...notes, `load ${load.toFixed(1)}`].join('; ');
}

/** A row in lines, for who watches. */
export function printed(measured: Measured): string {
  const { row, runs } = measured;
  const table = servicesOf(measured).map((service) => [service, ...cells(measured, service)]);
  const widths = ['', ...columns].map((_, at) =>
    Math.max(...[['', ...columns], ...table].map((line) => line[at]?.length ?? 0)),
  );
  const line = (of: readonly string[]): string => of.map((cell, at) => cell.padStart(widths[at] ?? 0)).join('  ');
  const short = missed(measured);
  const told = runs.findLast(({ explained }) => explained.length > 0)?.explained ?? [];
  return [
    `\n${row.name}: ${row.what} (recoverWithin ${row.bed.recoverWithin})`,
    line(['', ...columns]),
    ...table.map(line),
    ...figuresOf(measured).map(
      ({ what, values }) => `  ${what}: median ${median(values).toFixed(1)}, p99 ${p99(values).toFixed(1)}`,
    ),
    short.length === 0 ? '✔ as it should be' : `✖ ${short.join('; ')}`,
    ...told.slice(0, 5).map((text) => `  explain: ${text}`),
    '',
  ].join('\n');
}
