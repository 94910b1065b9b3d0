// Markdown to runbook: a heading is a step, a fenced block is what it does, text alone is for a person to confirm. By a real Markdown reader,
// so that what a page shows is what runs; a block that is not understood is a problem with its place, never skipped in silence.

import { fromMarkdown } from 'mdast-util-from-markdown';
import type { Block, Runbook, RunbookProblem, Step } from '../../model/runbook.ts';
import { readBlockWords, type BlockWords } from '../../model/runbook-words.ts';

/** A runbook and what is wrong with it. */
export interface ReadRunbook {
  /** What could be read, also when there are problems: to be shown, not to be run. */
  readonly runbook: Runbook;
  readonly problems: readonly RunbookProblem[];
}

/** Longer than any page that a person reads in an emergency. In characters. */
export const longestRunbook = 256 * 1024;

type Root = ReturnType<typeof fromMarkdown>;
type Piece = Root['children'][number];
type Header = Extract<Piece, { type: 'html' }>;
type Code = Extract<Piece, { type: 'code' }>;

interface Section {
  readonly title: string;
  readonly depth: number;
  readonly line: number;
  readonly pieces: Piece[];
}

/** Reads a runbook. Never throws: what is wrong stands in `problems`. */
export function readRunbook(markdown: string, name: string): ReadRunbook {
  const problems: RunbookProblem[] = [];
  // Of a page that was written on Windows the shell would take the end of each line for a part of its last word, and what is read counts no mark at
  // its beginning.
  const text = markdown.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
  const root = fromMarkdown(text.slice(0, longestRunbook));
  if (text.length > longestRunbook)
    problems.push({
      code: 'SF-201',
      message: `it is longer than ${longestRunbook / 1024} KiB`,
      next: 'Split it in several runbooks.',
      line: 1,
      column: 1,
    });
  const { sections, headers } = sectionsOf(root, name);
  const first = sections[0];
  const titled = first !== undefined && first.depth === 1;
  const steps: Step[] = [];
  const blocks: Block[] = [];
  let about = '';
  for (const [index, section] of sections.entries()) {
    const words = wordsOf(text, section);
    const found = blocksOf(text, section, { step: steps.length, problems });
    const group = (sections[index + 1]?.depth ?? 0) > section.depth;
    if (found.length === 0) {
      if (section === first && (titled || section.depth === 0)) about = words;
      if ((section === first && (titled || section.depth === 0)) || group || words === '') continue;
      found.push(personBlock(words, section.line, steps.length));
    }
    steps.push({ title: section.title, text: words, line: section.line });
    blocks.push(...found);
  }
  if (blocks.length === 0 && problems.length === 0)
    problems.push({
      code: 'SF-206',
      message: 'it has no step',
      next: 'Write headings, and below each a block that begins with ```sh check or ```sh do, or words for a person.',
      line: 1,
      column: 1,
    });
  const said = headerOf(headers, problems);
  return { runbook: { title: titled ? first.title : name, about, ...said, steps, blocks }, problems };
}

function sectionsOf(root: Root, name: string): { sections: Section[]; headers: Header[] } {
  const sections: Section[] = [];
  const headers: Header[] = [];
  for (const piece of root.children) {
    if (piece.type === 'html' && /^<!--\s*runbook:/.test(piece.value)) headers.push(piece);
    else if (piece.type === 'heading')
      sections.push({ title: plainText(piece), depth: piece.depth, line: piece.position?.start.line ?? 1, pieces: [] });
    else {
      if (sections.length === 0) sections.push({ title: name, depth: 0, line: 1, pieces: [] });
      sections.at(-1)?.pieces.push(piece);
    }
  }
  return { sections, headers };
}

/** All but what runs, as it stands in the file. */
function wordsOf(text: string, section: Section): string {
  return section.pieces
    .filter((piece) => piece.type !== 'code' || readBlockWords(infoOf(piece)) === null)
    .map((piece) => text.slice(piece.position?.start.offset ?? 0, piece.position?.end.offset ?? 0))
    .join('\n\n')
    .trim();
}

function blocksOf(text: string, section: Section, into: { step: number; problems: RunbookProblem[] }): Block[] {
  const { step, problems } = into;
  const found: Block[] = [];
  for (const piece of flat(section.pieces)) {
    if (piece.type !== 'code') continue;
    const line = piece.position?.start.line ?? section.line;
    const column = piece.position?.start.column ?? 1;
    const words = readBlockWords(infoOf(piece));
    if (words === null) continue;
    if (!('kind' in words)) {
      for (const problem of words) problems.push({ ...problem, line, column });
      continue;
    }
    if (piece.value.trim() === '') {
      problems.push({
        code: 'SF-204',
        message: 'this block is empty',
        next: 'Write what it is to do, or remove it.',
        line,
        column,
      });
      continue;
    }
    const problem = openOf(text, piece) ?? take(found, words, { text: piece.value, line, step });
    if (problem !== null) problems.push({ ...problem, line, column });
  }
  return found;
}

/** A block whose end was forgotten has all that follows in it, and a shell would take that for commands. */
function openOf(text: string, { position }: Code): Pick<RunbookProblem, 'code' | 'message' | 'next'> | null {
  const lines = text.slice(position?.start.offset ?? 0, position?.end.offset ?? 0).split('\n');
  const [fence = ''] = /^(`+|~+)/.exec(lines[0] ?? '') ?? [];
  // In a quotation each line begins with its sign.
  const others = lines.slice(1).map((line) => line.replace(/^[\s>]*/, ''));
  const another = others.findIndex((line) => line.startsWith(fence) && /^[`~]+\s*[^\s`~]/.test(line));
  if (another === -1 && others.at(-1)?.startsWith(fence) === true) return null;
  return {
    code: 'SF-204',
    message:
      another === -1
        ? 'this block is not closed: what follows may be in it'
        : `this block is not closed where line ${(position?.start.line ?? 1) + another + 1} begins another`,
    next: `Write ${fence} on a line of its own below its last line. What is to hold such a line begins and ends with more of them.`,
  };
}

function take(
  found: Block[],
  words: BlockWords,
  at: { text: string; line: number; step: number },
): Pick<RunbookProblem, 'code' | 'message' | 'next'> | null {
  const { kind, ...rest } = words;
  if (kind !== 'undo') {
    found.push({ kind, ...rest, ...at, undo: null });
    return null;
  }
  const last = found.findLastIndex((block) => block.kind === 'do');
  const of = found[last];
  if (of === undefined || of.undo !== null)
    return {
      code: 'SF-204',
      message:
        of === undefined ? 'this undo has no `sh do` above it in its step' : 'the `sh do` above it has an undo already',
      next: 'An undo takes back the `sh do` that stands above it below the same heading.',
    };
  found[last] = { ...of, undo: { text: at.text, line: at.line, within: words.within } };
  return null;
}

function personBlock(text: string, line: number, step: number): Block {
  return {
    kind: 'person',
    text,
    line,
    step,
    within: null,
    on: null,
    as: null,
    repeatable: false,
    ask: false,
    otherwise: 'end',
    undo: null,
  };
}

/** Blocks may stand in a list or a quotation. */
function* flat(pieces: readonly Piece[]): Generator<Piece> {
  for (const piece of pieces) {
    yield piece;
    if (piece.type === 'list') for (const item of piece.children) yield* flat(item.children);
    else if (piece.type === 'blockquote') yield* flat(piece.children);
  }
}

function infoOf(piece: Code): string {
  return `${piece.lang ?? ''} ${piece.meta ?? ''}`.trim();
}

function plainText(piece: Piece): string {
  if ('value' in piece) return piece.value;
  return 'children' in piece ? piece.children.map((child) => plainText(child)).join('') : '';
}

/** `<!-- runbook: service=controller on=a asks=DATE,TABLE -->`, which no page shows. */
function headerOf(headers: readonly Header[], problems: RunbookProblem[]): Pick<Runbook, 'service' | 'on' | 'asks'> {
  const said: { service: string | null; on: string | null; asks: string[] } = { service: null, on: null, asks: [] };
  const words = headers.flatMap(({ value, position }) =>
    value
      .replace(/^<!--\s*runbook:/, '')
      .replace(/-->[^]*$/, '')
      .split(/\s+/)
      .filter((each) => each !== '')
      .map((word) => ({ word, position })),
  );
  for (const { word, position } of words) {
    const [name = '', value = ''] = word.split('=', 2);
    const names = value.split(',');
    if (name === 'service' && value !== '') said.service = value;
    else if (name === 'on' && value !== '') said.on = value;
    else if (name === 'asks' && names.every((each) => /^[A-Za-z_]\w*$/.test(each))) said.asks = names;
    else
      problems.push({
        code: 'SF-202',
        message: `"${word}" is not known in a runbook's comment`,
        next: 'Known: service=NAME, on=HOST, asks=NAME,NAME (names of variables).',
        line: position?.start.line ?? 1,
        column: position?.start.column ?? 1,
      });
  }
  return said;
}
