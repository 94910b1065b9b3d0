// `${NAME}` in a description's text: filled in from an environment. `$${` stands for a literal `${`; a lone `$` is itself.

import { nameForm } from './environment.ts';

/** A piece of text with `${NAME}` in it. */
interface Expanded {
  readonly text: string;
  /** Names that the environment does not have; they are left as they stand. */
  readonly missing: readonly string[];
}

const reference = /\$\$\{|\$\{([^}]*)\}?/g;

/** Fills in every `${NAME}`. */
export function expand(text: string, env: Readonly<Record<string, string>>): Expanded {
  const missing: string[] = [];
  const filled = text.replaceAll(reference, (whole, name: string | undefined) => {
    if (name === undefined) return '${';
    if (Object.hasOwn(env, name)) return env[name] ?? '';
    missing.push(name);
    return whole;
  });
  return { text: filled, missing };
}

/** The names that a text refers to, and the references that are not of the form `${NAME}`. */
export function namesIn(text: string): { readonly names: readonly string[]; readonly malformed: readonly string[] } {
  const names: string[] = [];
  const malformed: string[] = [];
  for (const match of text.matchAll(reference)) {
    const name = match[1];
    if (name === undefined) continue;
    if (match[0].endsWith('}') && nameForm.test(name)) names.push(name);
    else malformed.push(match[0].slice(0, 40));
  }
  return { names, malformed };
}
