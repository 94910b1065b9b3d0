// The program files that a command runs: what it calls, and the script that an interpreter is given, since that is what is replaced at the next release.

import { shellMentions } from '../model/shell-words.ts';
import type { Command } from '../model/system.ts';

/** They run a file that they are told. */
const interpreters = /^(?:python|perl|ruby|node|nodejs|php|java|bash|dash|ksh|sh|zsh)[\d.]*$/;
/** What follows is a text, a module or a list of folders, and no script. */
const withoutScript = /^-(?:c|e|m|p|cp|classpath)$/;
/** A line of the shell that is a command and its words, nothing else. */
const plainLine = /^\s*(?:exec\s+)?([\w./:=,@%+-]+(?:[ \t]+[\w./:=,@%+-]+)*)\s*$/;

/** Bare names are to be found on the PATH; what has a slash is a path, perhaps from the service's folder. */
export function programsOf(command: Command): readonly string[] {
  const words = command.kind === 'argv' ? command.argv : (plainLine.exec(command.line)?.[1]?.split(/[ \t]+/) ?? null);
  if (words === null) return shellMentions(command.kind === 'argv' ? '' : command.line).commands;
  const [program = ''] = words;
  const script = interpreters.test(program.slice(program.lastIndexOf('/') + 1)) ? scriptOf(words.slice(1)) : null;
  return [program, ...(script === null ? [] : [script.includes('/') ? script : `./${script}`])].filter(
    (each) => each !== '',
  );
}

function scriptOf(words: readonly string[]): string | null {
  for (const [index, word] of words.entries()) {
    if (word === '-jar') return words[index + 1] ?? null;
    if (withoutScript.test(word)) return null;
    if (!word.startsWith('-')) return word;
  }
  return null;
}
