/** What was thrown, as a clause for people: an error's message without its kind and stack, anything else as text. */
export function errorWords(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
