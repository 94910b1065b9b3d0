// From text to plain values, each with its place in the file. Guards come first: a text that is too large, not text at all,
// nested too deeply or grown by aliases is refused before anything recursive or quadratic sees it.

import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Document,
  type ParsedNode,
  type YAMLError,
} from 'yaml';
import type { Findings, Path } from './problem.ts';
import { pathKey } from './problem.ts';

/** Characters of a description; the largest that a person would write is a small part of it. */
export const largestText = 1024 * 1024;
/** Levels of mappings and lists. The format itself needs about ten. */
const deepest = 64;
/** Values after aliases are followed. */
const mostValues = 200_000;

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Source {
  /** Plain objects (without prototype), arrays, strings, numbers, booleans, null. Undefined when there is nothing to read on with. */
  readonly value: unknown;
  /** The place of a value or of its key; of what is missing, the place of what should hold it. */
  place(path: Path, atKey: boolean): Place;
}

/** Reads the text as one YAML 1.2 document. Findings about the text itself go to `findings`. */
export function readSource(text: string, findings: Findings): Source {
  const lines = new LineCounter();
  const places = new Map<string, { readonly key: number; readonly value: number }>();
  const source: { value: unknown; place: Source['place'] } = {
    value: undefined,
    place: (path, atKey) => placeOf(path, atKey, places, lines),
  };
  const refuse = (code: string, offset: number, message: string, next: string): void => {
    const path = [`@${findings.all.length}`];
    places.set(pathKey(path), { key: offset, value: offset });
    findings.add(code, path, message, next);
  };

  lines.addNewLine(0);
  if (text.length > largestText) {
    const size = `${(text.length / largestText).toFixed(1)} MiB`;
    refuse('SF-101', 0, `the description has ${size}; at most 1 MiB is read`, 'Give the description itself, not data.');
    return source;
  }
  const strange = firstControl(text);
  if (strange !== null) {
    for (let at = text.indexOf('\n'); at !== -1 && at < strange; at = text.indexOf('\n', at + 1))
      lines.addNewLine(at + 1);
    const named = `U+${text.charCodeAt(strange).toString(16).toUpperCase().padStart(4, '0')}`;
    refuse('SF-102', strange, `this is not text: it holds the character ${named}`, 'Give a YAML file in UTF-8.');
    return source;
  }
  const documents = compose(text, lines, refuse);
  if (documents === null) return source;
  const [document, second] = documents;
  if (second !== undefined) {
    const offset = second.range[0];
    refuse(
      'SF-107',
      offset,
      'a second document begins here',
      'A description is one document: remove the line `---` and what follows, or split the file.',
    );
  }
  if (document === undefined || document.contents === null || isEmptyScalar(document.contents)) {
    if (findings.all.length === 0)
      refuse('SF-106', 0, 'the description is empty', 'Begin with `system: NAME`; `standfast schema` shows every key.');
    return source;
  }
  if (findings.all.length > 0) return source;
  source.value = valuesOf(document.contents, places, refuse);
  return source;
}

function isEmptyScalar(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null && (node.source === undefined || node.source === '');
}

type Refuse = (code: string, offset: number, message: string, next: string) => void;

/** A control character that no text has, or the sign that bytes were not UTF-8. */
function firstControl(text: string): number | null {
  // oxlint-disable-next-line no-control-regex -- finding them is the point
  const at = text.search(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFD]/);
  return at === -1 ? null : at;
}

/** The documents of the text; null when it is nested too deeply. The parser keeps a stack of its own, so it can be watched; composing recurses. */
function compose(text: string, lines: LineCounter, refuse: Refuse): Document.Parsed[] | null {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({ merge: false, uniqueKeys: false, logLevel: 'silent', stringKeys: false });
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > deepest * 2) {
      refuse(
        'SF-103',
        parser.offset,
        `nested more than ${deepest} levels deep`,
        'Check the brackets and the indentation before this place.',
      );
      return null;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  const documents = [...composer.compose(tokens, true, text.length)];
  for (const document of documents)
    for (const error of [...document.errors, ...document.warnings])
      refuse('SF-104', error.pos[0], wording(error), howToMend(error));
  return documents;
}

function wording(error: YAMLError): string {
  return `this is not valid YAML: ${(error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '').replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`;
}

function howToMend(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'Indent with spaces.';
    case 'BAD_INDENT':
      return 'Keys of one mapping start in the same column, deeper than what holds them.';
    case 'MISSING_CHAR':
    case 'UNEXPECTED_TOKEN':
      return 'Close every quote and bracket; put quotes around text that holds : # { } [ ] or &.';
    case 'BAD_ALIAS':
      return 'Put quotes around text that begins with & or *.';
    case 'TAG_RESOLVE_FAILED':
      return 'Remove the tag (the word that begins with !), or put quotes around the text.';
    default:
      return 'Put quotes around text that holds : # { } [ ] or &, and check the indentation.';
  }
}

/** Plain values of a node, its places noted. Aliases are followed in the order of the file, so that none can hold itself. */
function valuesOf(root: ParsedNode, places: Map<string, { key: number; value: number }>, refuse: Refuse): unknown {
  const anchors = new Map<string, ParsedNode>();
  let values = 0;
  let full = false;
  const walk = (node: ParsedNode | null, path: Path, keyAt: number, viaAlias: boolean): unknown => {
    values += 1;
    if (values > mostValues || path.length > deepest) {
      if (!full)
        refuse(
          'SF-103',
          node?.range[0] ?? keyAt,
          `aliases make this description grow beyond ${mostValues.toLocaleString('en')} values`,
          'Write the values out, or use fewer aliases.',
        );
      full = true;
    }
    if (full) return null;
    const at = viaAlias ? keyAt : (node?.range[0] ?? keyAt);
    places.set(pathKey(path), { key: keyAt, value: at });
    if (node === null) return null;
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) return walk(target, path, node.range[0], true);
      refuse(
        'SF-104',
        at,
        `the alias *${node.source} has no anchor &${node.source} before it`,
        'Put quotes around text that begins with *.',
      );
      return null;
    }
    const value = isMap(node)
      ? walkMap(node.items, path, keyAt, viaAlias)
      : isSeq(node)
        ? node.items.map((item, index) =>
            walk(
              item as ParsedNode,
              [...path, index],
              viaAlias ? keyAt : ((item as ParsedNode).range?.[0] ?? at),
              viaAlias,
            ),
          )
        : scalarOf(node.value, node.source, path);
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    return value;
  };
  const walkMap = (
    items: readonly { key: unknown; value: unknown }[],
    path: Path,
    outer: number,
    viaAlias: boolean,
  ): unknown => {
    const map = Object.create(null) as Record<string, unknown>;
    for (const pair of items) {
      const key = pair.key as ParsedNode | null;
      const keyAt = viaAlias ? outer : (key?.range[0] ?? outer);
      if (!isScalar(key) || (typeof key.value !== 'string' && key.source === undefined)) {
        refuse('SF-104', keyAt, 'a key must be plain text', 'Put quotes around the key.');
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : (key.source ?? '');
      if (name === '<<')
        refuse(
          'SF-104',
          keyAt,
          'merge keys (<<) are not part of YAML 1.2',
          'Write the keys out, or use an alias for a whole value.',
        );
      else if (name === '__proto__')
        refuse('SF-133', keyAt, 'the name "__proto__" cannot be used', 'Choose another name.');
      else if (name in map) refuse('SF-105', keyAt, `"${name}" is given twice`, 'Keep one of the two.');
      else map[name] = walk(pair.value as ParsedNode | null, [...path, name], keyAt, viaAlias);
    }
    return map;
  };
  return walk(root, [], root.range[0], false);
}

/** Values of `env` are text whatever they look like: `PORT: 0700` stays 0700. */
function scalarOf(value: unknown, text: string | undefined, path: Path): unknown {
  if (path.at(-2) === 'env' && typeof value !== 'string') return value === null ? '' : (text ?? JSON.stringify(value));
  if (typeof value === 'bigint') return Number(value);
  return value;
}

function placeOf(
  path: Path,
  atKey: boolean,
  places: ReadonlyMap<string, { key: number; value: number }>,
  lines: LineCounter,
): Place {
  for (let length = path.length; length >= 0; length -= 1) {
    const found = places.get(pathKey(path.slice(0, length)));
    if (found === undefined) continue;
    // What is missing is shown at the key of what should hold it; the only item of a list that is written without brackets at its value.
    const shorthand = length < path.length && typeof path[length] === 'number';
    const offset = (atKey || length < path.length) && !shorthand ? found.key : found.value;
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
  return { line: 1, column: 1 };
}
