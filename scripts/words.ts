// The words that a script of package.json was given. Who asks for help, or gives a word that is not known, is answered in lines, and nothing begins.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { errorWords } from '../src/model/error-words.ts';

/** What was given. `--help` prints `usage` and ends with 0; an option that is not known, or lacks its value, ends with 2. */
export function readWords<const T extends NonNullable<ParseArgsConfig['options']>>(usage: string, options: T) {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    // The sentences after the first are about words that begin with a hyphen.
    const [first = ''] = errorWords(error).split('. ');
    return refuse(`${first.replace(/\.$/, '')}.`, usage);
  }
}

/** Says what is wrong with the words and what is taken, the first line of `usage`; ends with 2. */
export function refuse(why: string, usage: string): never {
  console.error(`${why}\n${usage.split('\n', 1)[0] ?? ''}   (--help says more)`);
  process.exit(2);
}

/** Refuses words that are not among those known. */
export function demandKnown(words: readonly string[], known: readonly string[], usage: string): void {
  const strange = words.filter((word) => !known.includes(word));
  if (strange.length > 0) refuse(`Not known: ${strange.join(', ')}.`, usage);
}

/** The whole number that an option was given; refused when it is none, or below `least`. */
export function numberOf(option: string, text: string, least: number, usage: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return number >= least ? number : refuse(`${option} takes a whole number from ${least}, not ${text}.`, usage);
}
