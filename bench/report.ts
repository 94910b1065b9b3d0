// Prints figures, and keeps them: bench/results/results.json holds each row's latest saved run, results.md shows the same.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import type { Figure } from './row.ts';
import { median, p99 } from './statistics.ts';

/** One row as measured. */
export interface Measured {
  readonly name: string;
  readonly what: string;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

const results = join(import.meta.dirname, 'results');
const json = join(results, 'results.json');

export function printed({ name, what, figures }: Measured): string {
  const head = `\n${name}: ${what}\n${''.padEnd(30)}${['median', 'p99', 'n'].map((each) => each.padStart(11)).join('')}\n`;
  return head + figures.map(line).join('');
}

function line(figure: Figure): string {
  const cells = [shown(median(figure.values)), shown(p99(figure.values)), String(figure.values.length)];
  const numbers = cells.map((each) => each.padStart(11)).join('');
  return `${`${figure.what} ${bracketed(figure.unit)}`.padEnd(30)}${numbers}  ${verdict(figure)}\n`;
}

function verdict({ target, reached }: Figure): string {
  return target === null ? '' : `${reached === true ? '✔' : '✖'} ${target}`;
}

function bracketed(unit: string): string {
  return unit === '' ? '' : `(${unit})`;
}

function shown(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}

/** Puts these rows in the place of their earlier runs. */
export function save(measured: readonly Measured[]): string {
  mkdirSync(results, { recursive: true });
  const before = existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Measured[]) : [];
  const kept = before.filter(({ name }) => !measured.some((row) => row.name === name));
  const all = [...kept, ...measured].toSorted((a, b) => a.name.localeCompare(b.name));
  writeFileSync(json, `${JSON.stringify(all, null, 1)}\n`);
  writeFileSync(join(results, 'results.md'), markdown(all));
  return json;
}

function markdown(rows: readonly Measured[]): string {
  const parts = rows.map(({ name, what, machine, figures }) => {
    const table = figures.map((figure) => {
      const cells = [
        figure.what,
        figure.unit,
        shown(median(figure.values)),
        shown(p99(figure.values)),
        figure.values.length,
        verdict(figure),
      ];
      return `| ${cells.join(' | ')} |\n`;
    });
    const { cpu, cores, memoryGiB, kernel, system, fileSystem, node, load, commit, at } = machine;
    return `## ${name}

${what}

| figure | unit | median | p99 | n | to reach |
|---|---|---|---|---|---|
${table.join('')}
Measured ${at} at ${commit}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Linux ${kernel}, ${fileSystem}, Node ${node}, load ${load} before it began.
`;
  });
  return `# What was measured\n\nBy \`npm run bench -- --save\`. p99 is the value that 99 of 100 do not exceed (nearest rank); all values are in results.json.\n\n${parts.join('\n')}`;
}
