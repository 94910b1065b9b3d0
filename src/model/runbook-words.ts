// The words after ``` that say what a fenced block of a runbook is: `sh check within=10s`.

import { parseDuration } from './duration.ts';
import { didYouMean } from './nearest.ts';
import type { Ms } from './units.ts';

/** What the words say of a block, defaults filled in. */
export interface BlockWords {
  readonly kind: 'check' | 'do' | 'undo' | 'person';
  /** From its start; then its whole process group is killed. Null: the usual, see `withinOf`. */
  readonly within: Ms | null;
  /** A host, or `active`: where the service is active; null: the host that the run is about. */
  readonly on: string | null;
  /** The account that it runs as; null: that of the agent. */
  readonly as: string | null;
  /** May be begun again when it is not known whether it was done. */
  readonly repeatable: boolean;
  /** A person is asked also in a run that began by itself. */
  readonly ask: boolean;
  /** What a failure means when nothing below in its step is there to mend it: the run ends, or goes on with the next heading. */
  readonly otherwise: 'end' | 'next';
}

interface WordProblem {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

const kinds = ['check', 'do', 'undo'] as const;
/** What each word may stand on. */
const flags: Readonly<Record<string, readonly string[]>> = { repeatable: ['do'], ask: ['do'] };
const values: Readonly<Record<string, readonly string[]>> = {
  within: ['check', 'do', 'undo'],
  on: ['check', 'do'],
  as: ['check', 'do'],
  otherwise: ['check', 'do'],
};
const otherShells = new Set(['bash', 'shell', 'zsh', 'ksh', 'dash', 'console', 'shell-session']);

/**
 * Reads an info string. `null`: the block is for reading only (```yaml, ```text, or nothing). Everything that is not understood is
 * a problem, and the block then does not run.
 */
export function readBlockWords(info: string): BlockWords | readonly WordProblem[] | null {
  const [written = '', ...words] = info.split(/\s+/).filter((word) => word !== '');
  const language = written.toLowerCase();
  if (language === 'person') return words.length === 0 ? plain('person') : [unknownWord(words[0] ?? '', 'person', [])];
  if (otherShells.has(language) && words.some((word) => isKind(word)))
    return [
      {
        code: 'SF-204',
        message: `blocks run by sh, not by ${language}`,
        next: `Write \`sh ${words.join(' ')}\`; inside, \`${language} -c …\` may be called like any program.`,
      },
    ];
  if (isKind(language) || /^sh[^a-z-]/.test(language))
    return [
      {
        code: 'SF-204',
        message: `"${written}" does not say what runs it`,
        next: `Write \`sh ${kinds.find((kind) => language.includes(kind)) ?? 'check'}\`, and what else there is to say after a space.`,
      },
    ];
  if (language !== 'sh') return null;
  const [kind = '', ...rest] = words;
  if (!isKind(kind))
    return [
      {
        code: 'SF-204',
        message:
          kind === ''
            ? 'this `sh` block does not say whether it checks or does something'
            : `"${kind}" is no kind of block`,
        next: `${didYouMean(kind, kinds)}Write \`sh check\` (changes nothing), \`sh do\` or \`sh undo\`; \`text\` for what is only to be read.`,
      },
    ];
  return readRest(kind, rest);
}

function readRest(kind: 'check' | 'do' | 'undo', words: readonly string[]): BlockWords | readonly WordProblem[] {
  const problems: WordProblem[] = [];
  const read = { ...plain(kind) };
  const seen = new Set<string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    const value = equals === -1 ? null : word.slice(equals + 1);
    const known = [...Object.keys(flags), ...Object.keys(values)];
    const table = value === null ? flags : values;
    if (seen.has(name)) problems.push(wrongValue(word, `${name} stands here twice`, 'Leave one.'));
    else if (!Object.hasOwn(table, name)) {
      if (Object.hasOwn(value === null ? values : flags, name))
        problems.push(
          value === null
            ? wrongValue(word, `${name} needs a value`, `Write ${example(name)}.`)
            : wrongValue(word, `${name} takes no value`, `Write ${name} alone.`),
        );
      else problems.push(unknownWord(word, kind, known));
    } else if (table[name]?.includes(kind) !== true)
      problems.push(
        wrongValue(word, `${name} means nothing on a ${kind}`, `It stands on: ${table[name]?.join(', ') ?? ''}.`),
      );
    else if (value === null) Object.assign(read, { [name]: true });
    else {
      const problem = takeValue(read, name, value);
      if (problem !== null) problems.push(problem);
    }
    seen.add(name);
  }
  return problems.length > 0 ? problems : read;
}

function takeValue(
  read: { -readonly [K in keyof BlockWords]: BlockWords[K] },
  name: string,
  value: string,
): WordProblem | null {
  switch (name) {
    case 'within': {
      read.within = parseDuration(value);
      return read.within === null || read.within <= 0
        ? wrongValue(`within=${value}`, `"${value}" is no duration above 0`, 'Write it as 500ms, 10s, 5m or 1h.')
        : null;
    }
    case 'otherwise':
      read.otherwise = 'next';
      return value === 'next'
        ? null
        : wrongValue(
            `otherwise=${value}`,
            `otherwise=${value} is not known`,
            'Write otherwise=next: go on to the next step.',
          );
    case 'on':
    case 'as': {
      read[name] = value;
      return /^[\w.-]+$/.test(value)
        ? null
        : wrongValue(`${name}=${value}`, `"${value}" is no name`, `Write ${example(name)}.`);
    }
    default:
      return null;
  }
}

function plain(kind: BlockWords['kind']): BlockWords {
  return { kind, within: null, on: null, as: null, repeatable: false, ask: false, otherwise: 'end' };
}

function isKind(word: string): word is (typeof kinds)[number] {
  return kinds.some((kind) => kind === word);
}

function example(name: string): string {
  return { within: 'within=10s', on: 'on=HOST or on=active', as: 'as=USER', otherwise: 'otherwise=next' }[name] ?? name;
}

function unknownWord(word: string, kind: string, known: readonly string[]): WordProblem {
  const name = word.split('=', 1)[0] ?? word;
  return {
    code: 'SF-202',
    message: `"${word}" is not known on a ${kind} block`,
    next: `${didYouMean(name, known)}${known.length === 0 ? 'Nothing may follow it.' : `Known: ${known.join(', ')}.`}`,
  };
}

function wrongValue(word: string, message: string, next: string): WordProblem {
  return { code: 'SF-203', message: word === '' ? message : `${word}: ${message}`, next };
}
