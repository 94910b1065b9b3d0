// Plain values of a parsed YAML document, with the offset of each. Aliases are followed in the order of the file, so that none
// can hold itself; what they grow into is counted, so that a few lines cannot become a million values.

import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import { pathKey, type Path } from './problem.ts';

/** Levels of mappings and lists; the format itself needs about ten. */
export const deepest = 64;
/** Values, after aliases are followed. */
const mostValues = 100_000;

/** Where a value begins, and its key. `shared`: it stands in the file once and is used here by an alias. */
export interface Offsets {
  readonly key: number;
  readonly value: number;
  readonly shared: boolean;
}

/** Takes a problem; `offset` counts characters from the beginning of the text. */
export type Refuse = (code: string, offset: number, message: string, next: string) => void;

/** Plain values, and where each stands. */
export interface Values {
  /** Undefined when reading was given up. Mappings have no prototype. */
  readonly value: unknown;
  /** By `pathKey`. */
  readonly places: ReadonlyMap<string, Offsets>;
  /** Places of which it cannot be told what was meant. */
  readonly unread: readonly Path[];
}

/** The values below a node. */
export function valuesOf(root: ParsedNode, refuse: Refuse): Values {
  const walk: Walk = { refuse, places: new Map(), unread: [], anchors: new Map(), values: 0, gaveUp: false };
  const value = walkNode(walk, root, [], root.range[0], false);
  return { value: walk.gaveUp ? undefined : value, places: walk.places, unread: walk.unread };
}

interface Walk {
  readonly refuse: Refuse;
  readonly places: Map<string, Offsets>;
  readonly unread: Path[];
  readonly anchors: Map<string, ParsedNode>;
  values: number;
  gaveUp: boolean;
}

function walkNode(walk: Walk, node: ParsedNode | null, path: Path, keyAt: number, shared: boolean): unknown {
  const at = node === null || shared ? keyAt : node.range[0];
  walk.values += 1;
  if (!walk.gaveUp && (path.length > deepest || walk.values > mostValues)) giveUp(walk, path, at);
  if (walk.gaveUp) return undefined;
  // Inside an alias every place is that of the alias itself, which the search for a place falls back to.
  if (!shared) walk.places.set(pathKey(path), { key: keyAt, value: at, shared: isAlias(node) });
  if (node === null) return null;
  if (isAlias(node)) {
    const target = walk.anchors.get(node.source);
    if (target !== undefined) return walkNode(walk, target, path, at, true);
    walk.unread.push(path);
    const message = `the alias *${node.source} has no anchor &${node.source} before it`;
    walk.refuse('SF-104', at, message, 'Put quotes around text that begins with *.');
    return undefined;
  }
  const value = isMap(node)
    ? walkMap(walk, node.items, path, at, shared)
    : isSeq(node)
      ? walkSeq(walk, node.items, path, at, shared)
      : scalarOf(node.value, node.source, path);
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, node);
  return value;
}

function giveUp(walk: Walk, path: Path, at: number): void {
  walk.gaveUp = true;
  if (path.length > deepest) {
    const next = 'Check the brackets and the indentation before this place.';
    walk.refuse('SF-103', at, `nested more than ${deepest} levels deep`, next);
  } else {
    const next = 'Write the values out, or use fewer aliases.';
    walk.refuse('SF-103', at, `the description grows beyond ${mostValues.toLocaleString('en')} values`, next);
  }
}

function walkSeq(walk: Walk, items: readonly unknown[], path: Path, at: number, shared: boolean): unknown {
  const list = items.map((item, index) => {
    const node = item as ParsedNode | null;
    return walkNode(walk, node, [...path, index], shared ? at : (node?.range[0] ?? at), shared);
  });
  return list.includes(undefined) ? undefined : list;
}

function walkMap(
  walk: Walk,
  items: readonly { readonly key: unknown; readonly value: unknown }[],
  path: Path,
  at: number,
  shared: boolean,
): unknown {
  const map = Object.create(null) as Record<string, unknown>;
  for (const pair of items) {
    if (walk.gaveUp) break;
    const key = pair.key as ParsedNode | null;
    const keyAt = shared ? at : (key?.range[0] ?? at);
    const name = nameOf(key);
    const wrong = name === null ? plainKey : name === '<<' ? mergeKey : name === '__proto__' ? prototypeKey : null;
    if (name === null || wrong !== null) {
      walk.unread.push(path);
      if (wrong !== null) walk.refuse(wrong.code, keyAt, wrong.message, wrong.next);
    } else if (name in map) walk.refuse('SF-105', keyAt, `"${name}" is given twice`, 'Keep one of the two.');
    else {
      const value = walkNode(walk, pair.value as ParsedNode | null, [...path, name], keyAt, shared);
      if (value !== undefined) map[name] = value;
    }
  }
  return map;
}

const plainKey = { code: 'SF-104', message: 'a key must be plain text', next: 'Put quotes around the key.' };
const mergeKey = {
  code: 'SF-104',
  message: 'merge keys (<<) are not part of YAML 1.2',
  next: 'Write the keys out, or use an alias for a whole value.',
};
const prototypeKey = { code: 'SF-133', message: 'the name "__proto__" cannot be used', next: 'Choose another name.' };

function nameOf(key: ParsedNode | null): string | null {
  if (!isScalar(key)) return null;
  if (typeof key.value === 'string') return key.value;
  return key.source ?? null;
}

/** Values of `env` are text whatever they look like: `PORT: 0700` stays 0700. */
function scalarOf(value: unknown, text: string | undefined, path: Path): unknown {
  if (path.at(-2) === 'env' && typeof value !== 'string') return value === null ? '' : (text ?? JSON.stringify(value));
  return typeof value === 'bigint' ? Number(value) : value;
}
