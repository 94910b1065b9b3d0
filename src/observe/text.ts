// What people read of an answer: one line, bounded, without control characters.

const longest = 300;

/** The first line that says something, made fit to be shown. Empty when there is none. */
export function firstLine(text: string): string {
  for (const line of text.slice(0, 16 * 1024).split(/[\r\n]+/)) {
    const shown = oneLine(line);
    if (shown !== '') return shown;
  }
  return '';
}

/** One line of at most 300 characters; what cannot be printed becomes a dot. */
export function oneLine(text: string): string {
  const clean = text
    .slice(0, longest * 2)
    .replace(/[\t\r\n]+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/gu, '·')
    .trim();
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean;
}
