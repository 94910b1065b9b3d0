// The one rule for putting a string into a line for the shell.

/** `text` as one word of a POSIX shell line. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
