// Reads a description: text in, the system or everything that is wrong with it out. Pure: the caller reads the file.

import { createHash } from 'node:crypto';
import { lower } from './lower.ts';
import { newFindings, type Findings, type Problem } from './problem.ts';
import { readShape } from './read-shape.ts';
import { readSource, type Source } from './source.ts';
import type { System } from './system.ts';

export type { Problem } from './problem.ts';

/** A description as it was found in a file or in the store. */
export interface DescriptionText {
  readonly text: string;
  /** As shown in problems. */
  readonly file: string;
  /** Absolute; relative paths in the description start there. */
  readonly folder: string;
}

/** All of it, or all that is wrong with it: never a system with errors. */
export type DescriptionRead =
  | { readonly system: System; readonly errors: readonly [] }
  | { readonly system: null; readonly errors: readonly Problem[] };

/** More than this nobody reads; the last one says so. */
const mostProblems = 500;

/** The system described by a text, or all that is wrong with it in the order of the file. Never throws on any text. */
export function readDescription({ text, file, folder }: DescriptionText): DescriptionRead {
  const findings = newFindings();
  const source = readSource(text, findings);
  const system = source.value === undefined ? null : readSystem(source, findings, text, folder);
  const errors = problemsOf(findings, source, file);
  return system === null || errors.length > 0 ? { system: null, errors } : { system, errors: [] };
}

function readSystem(source: Source, findings: Findings, text: string, folder: string): System {
  const names = {
    services: keysOf(source.value, 'services'),
    hosts: keysOf(source.value, 'hosts'),
    domains: keysOf(source.value, 'domains'),
  };
  const read = readShape(source.value, source.unread, findings);
  const hash = createHash('sha256').update(text).digest('hex');
  return lower({ findings, wasWrong: (path) => read.wasWrong(path), folder, ...names }, read.shape, hash);
}

/** The names in a part of the text, whether or not what they name can be read. */
function keysOf(value: unknown, part: string): string[] {
  const inside = isMapping(value) ? value[part] : undefined;
  return isMapping(inside) ? Object.keys(inside) : [];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problemsOf(findings: Findings, source: Source, file: string): Problem[] {
  const all = findings.all
    .map(({ code, message, next, path, atKey }) => ({ code, message, next, file, ...source.place(path, atKey) }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column || a.code.localeCompare(b.code));
  if (all.length <= mostProblems) return all;
  const last = all[mostProblems];
  return [
    ...all.slice(0, mostProblems),
    {
      code: 'SF-199',
      message: `there are more problems than these ${mostProblems}`,
      next: 'Mend these first; is this a description at all?',
      file,
      line: last?.line ?? 1,
      column: last?.column ?? 1,
    },
  ];
}
