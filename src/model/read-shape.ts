// Holds a description's values against its schema. What is wrong becomes findings and is taken out, so that all the rest can
// still be read and checked: one slip does not hide another.

import type { z } from 'zod';
import { kindOf, type Wrong } from './leaf.ts';
import { nearest } from './nearest.ts';
import { pathKey, pathText, type Findings, type Path } from './problem.ts';
import { some } from './reading.ts';
import { homeOf, keysAt } from './schema.ts';
import { descriptionShape, type DescriptionShape } from './shape.ts';

interface ReadShape {
  readonly shape: DescriptionShape;
  /** True when something stood there that could not be read: then it is not missing. */
  wasWrong(path: Path): boolean;
}

/** Reads all that can be read; `value` is left without its wrong parts. `unread` could not be told before. */
export function readShape(value: unknown, unread: readonly Path[], findings: Findings): ReadShape {
  const removed = new Set(unread.map(pathKey));
  let rest = value;
  if (kindOf(rest) !== 'a mapping') {
    findings.add(
      'SF-112',
      [],
      `a description is a mapping of keys, and this is ${kindOf(rest)}`,
      'Begin with `system: NAME`.',
    );
    removed.add(pathKey([]));
    rest = {};
  }
  // Each round takes out at least one value of those that are there; a handful is enough for any text.
  for (;;) {
    const result = descriptionShape.safeParse(rest);
    if (result.success) return { shape: result.data, wasWrong: (path) => anyPrefix(path, removed) };
    // Taken out when all of the round are told: what stands behind one in the same list is told by what it is.
    const wrong: Path[] = [];
    for (const issue of result.error.issues) report(issue, [], rest, findings, { removed, wrong });
    for (const path of wrong) takeOut(path, rest, removed);
  }
}

function anyPrefix(path: Path, removed: ReadonlySet<string>): boolean {
  for (let length = 0; length <= path.length; length += 1) if (removed.has(pathKey(path.slice(0, length)))) return true;
  return false;
}

interface Told {
  readonly removed: Set<string>;
  /** What is to be taken out. */
  readonly wrong: Path[];
}

function report(issue: z.core.$ZodIssue, above: Path, root: unknown, findings: Findings, told: Told): void {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const name of issue.keys) unknownKey(name, path, findings, told);
      return;
    case 'invalid_union': {
      const branch = fitting(issue.errors);
      if (branch !== null) {
        for (const inner of branch) report(inner, path, root, findings, told);
        return;
      }
      const wanted = [...new Set(issue.errors.map((errors) => wantedBy(errors[0])))].join(', or ');
      findings.add(
        'SF-112',
        path,
        `${wanted} is wanted here, and this is ${kindOf(valueAt(path, root))}`,
        'See `standfast schema`, or docs/description.md.',
      );
      break;
    }
    case 'invalid_type': {
      const given = kindOf(valueAt(path, root));
      const next =
        given === 'nothing' ? 'Give it, or leave the key out.' : 'See `standfast schema`, or docs/description.md.';
      findings.add('SF-112', path, `${wantedBy(issue)} is wanted here, and this is ${given}`, next);
      break;
    }
    case 'custom': {
      const wrong = wrongOf(issue);
      if (wrong === null) findings.add('SF-112', path, issue.message, 'See docs/description.md.');
      else if (valueAt(path, root) === null)
        findings.add('SF-114', path, 'the key has no value', 'Give it one, or leave the key out.');
      else findings.add(wrong.code, path, wrong.message, wrong.next);
      break;
    }
    default:
      findings.add('SF-112', path, issue.message, 'See docs/description.md.');
  }
  told.wrong.push(path);
}

function wrongOf(issue: z.core.$ZodIssue): Wrong | null {
  if (issue.code !== 'custom') return null;
  const wrong: unknown = issue.params?.['wrong'];
  return isWrong(wrong) ? wrong : null;
}

function isWrong(value: unknown): value is Wrong {
  return typeof value === 'object' && value !== null && 'code' in value && 'kind' in value;
}

/** The alternative that was meant: the one whose kind of value this is. */
function fitting(alternatives: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | null {
  const ofThisKind = alternatives.filter(
    (issues) =>
      !issues.some(
        (issue) =>
          issue.path.length === 0 &&
          (issue.code === 'invalid_type' ||
            wrongOf(issue)?.kind === true ||
            (issue.code === 'invalid_union' && fitting(issue.errors) === null)),
      ),
  );
  return ofThisKind[0] ?? null;
}

function wantedBy(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_type') return issue.expected === 'array' ? 'a list' : 'a mapping';
  if (issue?.code === 'invalid_union')
    return [...new Set(issue.errors.map((errors) => wantedBy(errors[0])))].join(', or ');
  const wrong = issue === undefined ? null : wrongOf(issue);
  return wrong?.message.split(' is wanted')[0] ?? 'something else';
}

function unknownKey(name: string, path: Path, findings: Findings, { removed, wrong }: Told): void {
  wrong.push([...path, name]);
  if (findings.full) return;
  const known = keysAt(path);
  const near = nearest(name, known);
  const home = homeOf(name);
  const owner =
    path.length === 0 ? 'a description' : pathText(path.slice(path.findLastIndex((part) => typeof part === 'string')));
  const misplaced = near === null && home !== null;
  const message = misplaced ? `"${name}" does not belong in ${owner}` : `${owner} has no key "${name}"`;
  const next = misplaced
    ? `It belongs under ${home}.`
    : near !== null
      ? `Did you mean "${near}"?${home === null ? '' : ` Or move it: "${name}" belongs under ${home}.`}`
      : `Known here: ${some(known)}${known.length > 8 ? '; see docs/description.md' : ''}.`;
  findings.add('SF-110', [...path, name], message, next, { atKey: true });
  // What was meant is not missing.
  if (near !== null) removed.add(pathKey([...path, near]));
}

function valueAt(path: Path, root: unknown): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** Removes what could not be read: a key with its value; an item with its whole list, since the places of the others must stand. */
function takeOut(path: Path, root: unknown, removed: Set<string>): void {
  let cut = path;
  while (typeof cut.at(-1) === 'number') cut = cut.slice(0, -1);
  const last = cut.at(-1);
  removed.add(pathKey(path));
  removed.add(pathKey(cut));
  const holder = valueAt(cut.slice(0, -1), root);
  if (last !== undefined && typeof holder === 'object' && holder !== null)
    delete (holder as Record<string | number, unknown>)[last];
}
