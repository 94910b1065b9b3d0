// An answer as text, made once however many pages get it: answers that are shared are the very same object, and nobody changes one.

const texts = new WeakMap<object, string>();

/** As JSON; what is a text already stays so. */
export function jsonText(body: unknown): string {
  if (typeof body === 'string') return body;
  if (typeof body !== 'object' || body === null) return JSON.stringify(body);
  const known = texts.get(body);
  if (known !== undefined) return known;
  const text = JSON.stringify(body);
  texts.set(body, text);
  return text;
}
