// Text on its way to a terminal: what services say is shown, never obeyed.

/** Control characters, and those that turn the direction of writing. */
const dangerous = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
/** No width of their own: combining marks, joiners, variation selectors. */
const narrow = /\p{Mn}|\p{Me}|\p{Cf}/gu;
/** Two columns: East Asian wide forms and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/gu;
/** Our own colours, which `paint` made. */
const colours = /\p{Cc}\[[\d;]*m/gu;

/** One line with every control character made visible: `\n`, `\x1b`, `\u202e`. */
export function safe(text: string): string {
  return text.replace(dangerous, (character) => {
    switch (character) {
      case '\n':
        return '\\n';
      case '\t':
        return '\\t';
      case '\r':
        return '\\r';
      default: {
        const code = character.charCodeAt(0);
        return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
      }
    }
  });
}

/** How many columns a terminal uses for it. */
export function widthOf(text: string): number {
  return plainWidth(text) ?? exactWidth(text);
}

/** Of text in which every character has one column; null when some may not. Most text is such, and tables ask very often. */
function plainWidth(text: string): number | null {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const known =
      (code >= 0x20 && code < 0x300 && code !== 0xad) || code === 0x2026 || (code >= 0x2500 && code <= 0x25fc);
    if (!known) return null;
  }
  return text.length;
}

function exactWidth(text: string): number {
  const plain = text.replace(colours, '').replace(narrow, '');
  return Array.from(plain).length + (plain.match(wide)?.length ?? 0);
}

/** Cut to `columns` with `…` at its end. Colours inside are dropped when it has to be cut. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let made = '';
  let used = 0;
  for (const character of text.replace(colours, '')) {
    const width = widthOf(character);
    if (used + width > columns - 1) break;
    made += character;
    used += width;
  }
  return columns < 1 ? '' : `${made}…`;
}

/** Filled with spaces on the right. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

/** Lines of at most `columns`, broken at spaces, and inside a word only when it alone is longer. */
export function wrapped(text: string, columns: number): string[] {
  const width = Math.max(8, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && widthOf(line) + 1 + widthOf(rest) > width) {
      lines.push(line);
      line = '';
    } else if (line !== '') {
      line += ` ${rest}`;
      continue;
    }
    while (widthOf(rest) > width) {
      const head = headOf(rest, width);
      lines.push(head);
      rest = rest.slice(head.length);
    }
    line = rest;
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

function headOf(word: string, columns: number): string {
  let head = '';
  for (const character of word) {
    if (widthOf(head + character) > columns) break;
    head += character;
  }
  return head === '' ? word : head;
}
