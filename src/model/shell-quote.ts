// The one rule for putting a text into a line for a POSIX shell.

/** `text` as one word, always in quotes: so it stays what it is wherever in the line it stands. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `text` as one word for people to read and to type: in quotes only where something in it means something to a shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellQuoted(text);
}
