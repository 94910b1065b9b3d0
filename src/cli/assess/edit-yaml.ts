// Changes single values of a YAML text and leaves every other character as it is: comments, order, layout.

import { isMap, isScalar, parseDocument } from 'yaml';
import type { ParsedNode, YAMLMap } from 'yaml';
import type { Edit } from '../../prove/changes.ts';

/** The text with these edits made one after the other; null when one has no place in it. */
export function edited(text: string, edits: readonly Edit[]): string | null {
  let made: string | null = text;
  for (const edit of edits) made = made === null ? null : editedOnce(made, edit);
  return made;
}

type ParsedMap = YAMLMap.Parsed<ParsedNode, ParsedNode | null>;

function editedOnce(text: string, { path, value }: Edit): string | null {
  let node: ParsedNode | null = parseDocument(text).contents;
  for (const [depth, key] of path.entries()) {
    if (!isMap(node)) return null;
    const map = node as ParsedMap;
    const pair = map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    const found: ParsedNode | null = pair?.value ?? null;
    if (pair !== undefined && depth === path.length - 1) {
      if (found === null) return null;
      return text.slice(0, found.range[0]) + value + text.slice(found.range[1]);
    }
    if (pair === undefined) return added(text, map, key, nested(path.slice(depth + 1), value));
    node = found;
  }
  return null;
}

/** `{ b: { c: value } }` for what has no place yet. */
function nested(path: readonly string[], value: string): string {
  return path.reduceRight((inner, key) => `{ ${key}: ${inner} }`, value);
}

function added(text: string, map: ParsedMap, key: string, value: string): string | null {
  const last = map.items.at(-1);
  if (map.flow === true) {
    const end = last === undefined ? map.range[0] + 1 : (last.value?.range[1] ?? last.key.range[1]);
    return `${text.slice(0, end)}${last === undefined ? ' ' : ', '}${key}: ${value}${last === undefined ? ' ' : ''}${text.slice(end)}`;
  }
  const first = map.items[0];
  if (first === undefined || last === undefined) return null;
  const start = first.key.range[0];
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1);
  const end = last.value?.range[1] ?? last.key.range[1];
  // After the line that the last value ends on, so that its comment stays with it.
  const lineEnd = text[end - 1] === '\n' ? end - 1 : text.indexOf('\n', end);
  const at = lineEnd === -1 ? text.length : lineEnd;
  return `${text.slice(0, at)}\n${' '.repeat(indent)}${key}: ${value}${text.slice(at)}`;
}
