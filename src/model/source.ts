// From text to plain values, each with its place in the file. Guards come first: a text that is too large, not text at all,
// nested too deeply or grown by aliases is refused before anything recursive or quadratic sees it.

import { Composer, isScalar, Lexer, LineCounter, Parser, type Document, type ParsedNode, type YAMLError } from 'yaml';
import { pathKey, type Findings, type Path } from './problem.ts';
import { deepest, valuesOf, type Offsets, type Refuse } from './yaml-values.ts';

/** Characters of a description; the largest that a person would write is a small part of it. */
const largestText = 1024 * 1024;
/** Words, spaces and signs, which is what takes time to read. Thousands of services stay below it. */
const mostLexemes = 300_000;

/** Both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A text that was read as YAML. */
export interface Source {
  /** Mappings (without prototype), lists, text, numbers, true, false, null. Undefined when there is nothing to read on with. */
  readonly value: unknown;
  /** Places whose value could not be told (an alias of nothing, a key that is none): what was meant there is not missing. */
  readonly unread: readonly Path[];
  /** The place of a value or of its key; of what is missing, the place of what should hold it. */
  place(path: Path, atKey: boolean): Place;
}

/** Reads the text as one YAML 1.2 document. Findings about the text itself go to `findings`. */
export function readSource(text: string, findings: Findings): Source {
  const lines = new LineCounter();
  lines.addNewLine(0);
  // What is wrong with the text itself has an offset and no path: it gets a path of its own.
  const ownPlaces = new Map<string, Offsets>();
  const refuse: Refuse = (code, offset, message, next) => {
    const path = ['(text)', offset];
    if (ownPlaces.has(pathKey(path)) && code === 'SF-104') return;
    ownPlaces.set(pathKey(path), { key: offset, value: offset, shared: false });
    findings.add(code, path, message, next);
  };
  const contents = contentsOf(text, lines, findings, refuse);
  if (contents === null)
    return { value: undefined, unread: [], place: (path) => placeOf(path, false, [ownPlaces], lines) };
  const { value, places, unread } = valuesOf(contents, refuse);
  return { value, unread, place: (path, atKey) => placeOf(path, atKey, [ownPlaces, places], lines) };
}

/** The document; null when it cannot be read on with, which is said. */
function contentsOf(text: string, lines: LineCounter, findings: Findings, refuse: Refuse): ParsedNode | null {
  if (text.length > largestText) {
    const message = `the description has ${(text.length / largestText).toFixed(1)} MiB; at most 1 MiB is read`;
    refuse('SF-101', 0, message, 'Give the description itself, not data.');
    return null;
  }
  const strange = firstControl(text);
  if (strange !== null) {
    for (let at = text.indexOf('\n'); at !== -1 && at < strange; at = text.indexOf('\n', at + 1))
      lines.addNewLine(at + 1);
    const named = `U+${text.charCodeAt(strange).toString(16).toUpperCase().padStart(4, '0')}`;
    refuse('SF-102', strange, `this is not text: it holds the character ${named}`, 'Give a YAML file in UTF-8.');
    return null;
  }
  const documents = compose(text, lines, refuse);
  if (documents === null) return null;
  const [document, second] = documents;
  if (second !== undefined) {
    const next = 'A description is one document: remove the line `---` and what follows, or split the file.';
    refuse('SF-107', second.range[0], 'a second document begins here', next);
  }
  if (findings.all.length > 0) return null;
  const contents = document?.contents ?? null;
  if (contents !== null && !isNothing(contents)) return contents;
  const nothing = text.trim() === '' ? 'is empty' : 'holds nothing but comments';
  refuse('SF-106', 0, `the description ${nothing}`, 'Begin with `system: NAME`; `standfast schema` shows every key.');
  return null;
}

function isNothing(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null && (node.source ?? '') === '';
}

/** A control character that no text has, or the sign that bytes were not UTF-8. */
function firstControl(text: string): number | null {
  // oxlint-disable-next-line no-control-regex -- finding them is the point
  const at = text.search(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFD]/);
  return at === -1 ? null : at;
}

/** The documents of the text; null when it is nested too deeply. The parser keeps a stack of its own, so it can be watched; composing recurses. */
function compose(text: string, lines: LineCounter, refuse: Refuse): Document.Parsed[] | null {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({ merge: false, uniqueKeys: false, logLevel: 'silent' });
  const tokens = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > mostLexemes) {
      const message = `the description has more than ${mostLexemes.toLocaleString('en')} words and signs`;
      refuse('SF-101', parser.offset, message, 'Give the description itself, not data.');
      return null;
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length <= deepest * 2) continue;
    const next = 'Check the brackets and the indentation before this place.';
    refuse('SF-103', parser.offset, `nested more than ${deepest} levels deep`, next);
    return null;
  }
  for (const token of parser.end()) tokens.push(token);
  const documents = [...composer.compose(tokens, true, text.length)];
  for (const document of documents)
    for (const error of document.errors.concat(document.warnings).slice(0, mostErrors))
      refuse('SF-104', error.pos[0], wording(error), howToMend(error));
  return documents;
}

/** Of each document; what follows so many follows from them. */
const mostErrors = 1000;

function wording(error: YAMLError): string {
  const message = (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  return `this is not valid YAML: ${message.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`;
}

function howToMend(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'Indent with spaces.';
    case 'BAD_INDENT':
      return 'Keys of one mapping start in the same column, deeper than what holds them; close every bracket.';
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

function placeOf(
  path: Path,
  atKey: boolean,
  places: readonly ReadonlyMap<string, Offsets>[],
  lines: LineCounter,
): Place {
  for (let length = path.length; length >= 0; length -= 1) {
    const key = pathKey(path.slice(0, length));
    const found = places.map((each) => each.get(key)).find((each) => each !== undefined);
    if (found === undefined) continue;
    const { line, col } = lines.linePos(offsetOf(found, path, length, atKey));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
  return { line: 1, column: 1 };
}

/** The offset to show for a path of which the first `length` parts were found. */
function offsetOf(found: Offsets, path: Path, length: number, atKey: boolean): number {
  if (length === path.length) return atKey ? found.key : found.value;
  // What is missing is shown at the key of what should hold it; what stands in an alias, or in a list that is written without
  // brackets because it has one item, at the value.
  return found.shared || typeof path[length] === 'number' ? found.value : found.key;
}
