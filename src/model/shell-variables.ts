// Which variables a shell text reads, without running it: a walk through its quotes, substitutions and here-documents, since what stands in single
// quotes, or in a here-document whose word is quoted, belongs to whatever reads it (`awk '{print $NF}'`).

/** Where the walk is. */
interface Walk {
  readonly text: string;
  at: number;
  /** Here-documents whose text begins at the next end of a line. */
  readonly here: { readonly end: string; readonly quoted: boolean }[];
  readonly read: Set<string>;
  /** Given a value by being read: `${NAME:=…}`. */
  readonly set: Set<string>;
}

/** `$NAME` and `${NAME}`; not `$$`, `$1`, `\$NAME`, nor what has a default. */
export function variablesRead(text: string): ReadonlySet<string> {
  const walk: Walk = { text, at: 0, here: [], read: new Set(), set: new Set() };
  code(walk, null);
  for (const name of walk.set) walk.read.delete(name);
  return walk.read;
}

/** Lines of shell, up to what closes them. */
function code(walk: Walk, closes: ')' | '`' | null): void {
  const { text } = walk;
  for (; walk.at < text.length; walk.at += 1) {
    const char = text[walk.at] ?? '';
    if (char === closes) return;
    if (char === '\\') walk.at += 1;
    else if (char === "'") walk.at = endOf(text, "'", walk.at + 1);
    else if (char === '"') quoted(walk, '"');
    else if (char === '#' && /(^|[\s;&|(])$/.test(text.slice(Math.max(0, walk.at - 1), walk.at)))
      walk.at = endOf(text, '\n', walk.at) - 1;
    else if (char === '(') inside(walk, ')');
    else if (char === '<' && text[walk.at + 1] === '<') hereWord(walk);
    else if (char === '\n') hereTexts(walk);
    else expansion(walk, char);
  }
}

/** What stands between double quotes, or in a here-document, where only `$`, `` ` `` and `\` mean something. */
function quoted(walk: Walk, closes: '"' | null): void {
  const { text } = walk;
  if (closes !== null) walk.at += 1;
  for (; walk.at < text.length && text[walk.at] !== closes; walk.at += 1) {
    const char = text[walk.at] ?? '';
    if (char === '\\') walk.at += 1;
    else if (char === '`') inside(walk, '`');
    else expansion(walk, char);
  }
}

/** A `$` and what it stands for. */
function expansion(walk: Walk, char: string): void {
  if (char !== '$') return;
  const { text } = walk;
  if (text[walk.at + 1] === '(') {
    walk.at += 1;
    inside(walk, ')');
    return;
  }
  const found = /^\$(?:([A-Za-z_]\w*)|\{#?([A-Za-z_]\w*)(:?[-=+?])?)/.exec(text.slice(walk.at, walk.at + 200));
  if (found === null) return;
  const name = found[1] ?? found[2] ?? '';
  if (found[3] === undefined) walk.read.add(name);
  else if (found[3].endsWith('=')) walk.set.add(name);
  walk.at += found[0].length - 1;
}

/** From the sign that opens it to the one that closes it. */
function inside(walk: Walk, closes: ')' | '`'): void {
  walk.at += 1;
  code(walk, closes);
}

/** The word of the here-document that begins at `at`, and where the text goes on after it: `<<WORD`, `<<-WORD`, `<<'WORD'`. Null: there is none (`<<<` is of other shells). */
export function hereDocument(
  text: string,
  at: number,
): { readonly end: string; readonly quoted: boolean; readonly next: number } | null {
  const found = /^<<-?[ \t]*(?:'([^']+)'|"([^"]+)"|(\\?)([^\s'"\\;&|<>()]+))/.exec(text.slice(at, at + 200));
  if (found === null) return null;
  const [all, single, double, escaped, bare = ''] = found;
  return { end: single ?? double ?? bare, quoted: escaped !== '', next: at + all.length };
}

function hereWord(walk: Walk): void {
  const found = hereDocument(walk.text, walk.at);
  if (found !== null) walk.here.push(found);
  walk.at = (found?.next ?? walk.at + 3) - 1;
}

/** At the end of a line: the texts of the here-documents that were named in it. */
function hereTexts(walk: Walk): void {
  for (let next = walk.here.shift(); next !== undefined; next = walk.here.shift()) {
    const { end } = next;
    const lines = walk.text.slice(walk.at + 1).split('\n');
    const last = lines.findIndex((line) => line.replace(/^\t+/, '') === end);
    const body = lines.slice(0, last === -1 ? lines.length : last).join('\n');
    if (!next.quoted) {
      const of: Walk = { ...walk, text: body, at: 0, here: [] };
      quoted(of, null);
    }
    walk.at += body.length + (last === -1 ? 0 : (lines[last]?.length ?? 0) + 1);
  }
}

/** Where `sign` stands next, or the end. */
function endOf(text: string, sign: string, from: number): number {
  const found = text.indexOf(sign, from);
  return found === -1 ? text.length : found;
}
