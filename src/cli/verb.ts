// What a verb is, for the table in verbs.ts and the files in verbs/.

import type { Context } from './context.ts';
import type { ExitStatus } from './failure.ts';

/** One verb with its help. */
export interface Verb {
  readonly name: string;
  /** The words after it, as commander writes them: `<path>`, `[service]`. */
  readonly words: string;
  readonly about: string;
  readonly options: readonly (readonly [flags: string, about: string])[];
  /** Without the leading `standfast`. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  readonly load: () => Promise<Run>;
}

/** Throws a `Failure` where it comes to nothing. */
export type Run = (context: Context, words: readonly string[], options: Options) => Promise<ExitStatus>;

/** The options given to a verb, by their long names in camelCase. */
export interface Options {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
}

/** Options as commander hands them over. */
export function optionsOf(given: Readonly<Record<string, unknown>>): Options {
  return {
    flag: (name) => given[name] === true,
    text: (name) => (typeof given[name] === 'string' ? given[name] : undefined),
    list: (name) => {
      const value = given[name];
      return Array.isArray(value) ? value.map(String) : [];
    },
  };
}
