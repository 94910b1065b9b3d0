// What stands in the documents of what was measured: docs/failover.md shows every row that is kept, docs/safety.md for how long two were active where nobody
// could end one of them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, p99 } from '../bench/statistics.ts';
import { cells, figuresOf, missed, overlapWords, servicesOf, targetWords, type Measured } from './figures.ts';

const docs = join(import.meta.dirname, '..', 'docs');
/** What stands between these lines of a page is made from the results. */
const marks = ['<!-- measured -->', '<!-- /measured -->'] as const;

/** Writes both pages anew. */
export function writePages(all: readonly Measured[]): void {
  if (all.length === 0) return;
  put(join(docs, 'failover.md'), failoverText(all));
  put(join(docs, 'safety.md'), safetyText(all));
}

function put(page: string, content: string): void {
  const text = readFileSync(page, 'utf8');
  const [from, to] = marks.map((mark) => text.indexOf(mark));
  if (from === undefined || to === undefined || from < 0 || to < from)
    throw new Error(`${page} lacks the lines ${marks.join(' and ')}`);
  const written = `${text.slice(0, from + marks[0].length)}\n\n${content}\n${text.slice(to)}`;
  if (written !== text) writeFileSync(page, written);
}

/** The tables of docs/failover.md. */
export function failoverText(all: readonly Measured[]): string {
  const head =
    '| fault | service | runs | gap: median, ms | p99, ms | moved | needless | overlaps | to reach | |\n|---|---|---|---|---|---|---|---|---|---|\n';
  const rows = all.flatMap((measured) =>
    servicesOf(measured).map((service, at) => {
      const [runs, middle, worst, moved, needless, overlaps] = cells(measured, service);
      const short = missed(measured);
      const verdict = at > 0 ? '' : short.length === 0 ? '✔' : `✖ ${short.map(plain).join('; ')}`;
      const name = at > 0 ? '' : `**${measured.row.name}**: ${measured.row.what}`;
      const target = at > 0 ? '' : targetWords(measured.row);
      return `| ${[name, service, runs, middle, worst, moved, needless, overlaps, target, verdict].join(' | ')} |\n`;
    }),
  );
  const figures = all.flatMap((measured) =>
    figuresOf(measured).map(({ what, values, atMost }) => {
      const reached = atMost === null || p99(values) <= atMost ? '✔' : '✖';
      const to = atMost === null ? '' : ` (to reach: ${atMost})`;
      return `- **${measured.row.name}**, ${what}: ${median(values).toFixed(1)}, at most ${p99(values).toFixed(1)}${to} ${reached}\n`;
    }),
  );
  return [
    `${circumstances(all)}\n\n`,
    head,
    ...rows,
    '\n',
    ...figures,
    '\nWhat `explain` said, of the last run that it was asked in:\n\n',
    ...all.flatMap(explainText),
  ].join('');
}

/** Where, when, of which state of the product, and how busy the machine was. */
function circumstances(all: readonly Measured[]): string {
  const machines = all.flatMap(({ machines: of }) => of);
  const last = machines.toSorted((x, y) => x.at.localeCompare(y.at)).at(-1);
  const runs = all.flatMap((measured) => measured.runs);
  if (last === undefined || runs.length === 0) return '';
  const loads = runs.map(({ load }) => load);
  const late = runs.map(({ lateShare }) => 100 * lateShare);
  const days = [...new Set(machines.map(({ at }) => at.slice(0, 10)))].toSorted();
  const commits = [...new Set(machines.map(({ commit }) => commit))];
  return [
    `Measured on ${last.cpu}, ${last.cores} cores, ${last.memoryGiB} GiB, Linux ${last.kernel}, Node ${last.node}; three hosts, their etcd and all clients on this one machine.`,
    `${days.length === 1 ? days[0] : `${days[0]} to ${days.at(-1)}`}, at ${commits.slice(0, 4).join(', ')}${commits.length > 4 ? ` and ${commits.length - 4} more states` : ''}.`,
    `Load before a run: ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}, median ${median(loads).toFixed(1)}.`,
    `Of the questions of the client outside ${median(late).toFixed(1)} % went out more than 5 ms after the one before (median of all runs; at worst ${Math.max(...late).toFixed(1)} %).`,
  ].join(' ');
}

function explainText({ row, runs }: Measured): string[] {
  const told = runs.findLast((run) => run.explained.length > 0)?.explained.slice(0, 5) ?? [];
  const notes = [...new Set(runs.flatMap((run) => run.notes))].slice(0, 3);
  return [...told, ...notes].length === 0 ? [] : [`- **${row.name}**: ${[...told, ...notes].map(plain).join(' / ')}\n`];
}

/** As text in a line of Markdown. */
function plain(text: string): string {
  return text.replaceAll(/[*_|<>`]/g, (sign) => `\\${sign}`);
}

/** The rows that stop something, with a service that asks `member` beside one that does not. */
export function safetyText(all: readonly Measured[]): string {
  const rows = all.flatMap((measured) => {
    const of = (service: string): string => overlapWords(measured.runs.flatMap((run) => run.services[service] ?? []));
    if (!servicesOf(measured).includes('plain')) return [];
    return [
      `| \`${measured.row.name}\`: ${measured.row.what} | ${measured.runs.length} | ${of('subject')} | ${of('plain')} |\n`,
    ];
  });
  return [
    '| row | runs | two active, as clients saw it: with `member` | without |\n| --- | --- | --- | --- |\n',
    ...rows,
  ].join('');
}
