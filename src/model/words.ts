// A command line split into words as a POSIX shell would, without a shell: quotes and backslashes count, nothing is expanded.
// `${NAME}` is Standfast's own and filled in later; where a shell would not expand it (single quotes, a backslash before it)
// it is kept literal by doubling the dollar sign, which `expand.ts` undoes.

/** The words, or what is wrong with the line and what to write instead. */
export type Words = { readonly words: readonly string[] } | { readonly wrong: string; readonly next: string };

const quoteIt = 'Put it in quotes, or write { shell: "…" } to have /bin/sh run the line.';

/** The words of a line; at least one. */
export function splitWords(line: string): Words {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    const add = (piece: string): void => {
      word = (word ?? '') + piece;
    };
    if (char === "'") {
      const end = line.indexOf("'", at + 1);
      if (end === -1)
        return {
          wrong: "a single quote (') is opened and not closed",
          next: 'Close it, or write "\'" for the character itself.',
        };
      add(line.slice(at + 1, end).replaceAll('${', () => '$${'));
      at = end;
    } else if (char === '"') {
      const quoted = doubleQuoted(line, at + 1);
      if (quoted === null)
        return {
          wrong: 'a double quote (") is opened and not closed',
          next: "Close it, or write '\"' for the character itself.",
        };
      add(quoted.text);
      at = quoted.end;
    } else if (char === '\\') {
      const next = line[at + 1];
      if (next === undefined) return { wrong: 'the line ends in a backslash', next: 'Remove it, or double it.' };
      if (next === '$' && line[at + 2] === '{') add('$$');
      else if (next !== '\n') add(next);
      at += 1;
    } else if (char === ' ' || char === '\t' || char === '\n' || char === '\r') {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === '$' && line[at + 1] === '(') {
      return { wrong: '$( ) needs a shell, and none reads this', next: quoteIt };
    } else if ('|&;<>`'.includes(char)) {
      return { wrong: `the character ${char} needs a shell, and none reads this`, next: quoteIt };
    } else {
      add(char);
    }
  }
  if (word !== null) words.push(word);
  if ((words[0] ?? '') === '')
    return { wrong: 'a command is wanted here, and the text is empty', next: 'Write for example node feed.mjs.' };
  return { words };
}

/** What stands between double quotes from `start` on; null when they are not closed. */
function doubleQuoted(line: string, start: number): { readonly text: string; readonly end: number } | null {
  let text = '';
  for (let at = start; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (char === '"') return { text, end: at };
    const next = line[at + 1] ?? '';
    if (char !== '\\' || !'$`"\\\n'.includes(next) || next === '') text += char;
    else {
      if (next === '$' && line[at + 2] === '{') text += '$$';
      else if (next !== '\n') text += next;
      at += 1;
    }
  }
  return null;
}

/** Enough of what was written to know it by. */
export function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
